package import Support

/// A configuration that cannot be used: bad syntax, an unknown key, a wrong type, an unreadable file. Exit code 78.
///
/// The message names the file, the key path and, when the position is known, `line:column`.
package struct ConfigError: AppError, Equatable {
    /// What is wrong; open, so that new kinds do not break a switch.
    package struct Code: Sendable, Hashable {
        package let name: String
        /// The text is not JSONC.
        package static let syntax = Code(name: "syntax")
        /// A key that does not exist.
        package static let unknownKey = Code(name: "unknownKey")
        /// A value of the right type that cannot be used.
        package static let value = Code(name: "value")
        /// A value of the wrong type or outside its limits.
        package static let wrongType = Code(name: "wrongType")
        /// A file that cannot be read or written.
        package static let file = Code(name: "file")
        /// A `{file:…}` that cannot be followed.
        package static let reference = Code(name: "reference")
        /// A key path that cannot be read or set.
        package static let key = Code(name: "key")
    }

    package let kind: Code
    /// What is wrong and what to do, without the place.
    package let detail: String
    /// The file, or `$CODETETHER_CONFIG_CONTENT`.
    package let source: String?
    package let key: ConfigKey?
    package let position: TextPosition?
    package let cause: FileError?

    /// An error at a place; every part of the place may be unknown.
    package init(
        _ kind: Code, _ detail: String, source: String? = nil, key: ConfigKey? = nil, position: TextPosition? = nil,
        cause: FileError? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.source = source
        self.key = key
        self.position = position
        self.cause = cause
    }

    package var code: String { "config.\(kind.name)" }
    package var underlying: (any Error)? { cause }

    package var message: String {
        var place = source ?? "configuration"
        if let position { place += ":\(position.line):\(position.column)" }
        if let key, !key.components.isEmpty { place += ": \(key)" }
        return HostileText.escaped("\(place): \(detail)", multiline: false)
    }

    package var metadata: [String: String] {
        var fields: [String: String] = [:]
        fields["file"] = source
        if let key { fields["key"] = key.description }
        if let position {
            fields["line"] = String(position.line)
            fields["column"] = String(position.column)
        }
        return fields
    }

    package static func == (a: ConfigError, b: ConfigError) -> Bool {
        a.kind == b.kind && a.message == b.message
    }

    /// The same error with the file it happened in.
    func located(in source: String) -> ConfigError {
        ConfigError(kind, detail, source: self.source ?? source, key: key, position: position, cause: cause)
    }
}

/// A place in a text: both numbers count from 1; the column counts Unicode scalars.
package struct TextPosition: Sendable, Hashable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of a byte offset, which may be the end of the text.
    package init(offset: Int, in bytes: [UInt8]) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(max(0, offset)) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}
