import Support
import SystemPackage

/// Replaces `{env:NAME}` and `{file:path}` in string values, after parsing, so that a value can never add keys.
struct ConfigSubstitution {
    let environment: Environment
    let paths: AppPaths
    /// Relative `{file:}` paths start here.
    let directory: FilePath
    static let maxFileBytes = 1 << 20

    /// What was put in, for redaction.
    private(set) var inserted: [String] = []
    private(set) var warnings: [String] = []

    init(environment: Environment, paths: AppPaths, directory: FilePath) {
        self.environment = environment
        self.paths = paths
        self.directory = directory
    }

    /// True when the text has a placeholder.
    static func isNeeded(_ text: String) -> Bool { text.contains("{env:") || text.contains("{file:") }

    /// True when any string of the value has a placeholder.
    static func isNeeded(in json: JSON) -> Bool {
        switch json {
        case .string(let text): isNeeded(text)
        case .array(let values): values.contains { isNeeded(in: $0) }
        case .object(let object): object.contains { isNeeded(in: $0.value) }
        default: false
        }
    }

    /// The value with placeholders replaced. Throws `.reference` for a file that cannot be read.
    mutating func apply(_ json: JSON, at key: ConfigKey) throws(ConfigError) -> JSON {
        switch json {
        case .string(let text):
            return Self.isNeeded(text) ? .string(try apply(text, at: key)) : json
        case .array(let values):
            var result: [JSON] = []
            for (index, value) in values.enumerated() {
                result.append(try apply(value, at: key.appending(String(index))))
            }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for (name, value) in object { result[name] = try apply(value, at: key.appending(name)) }
            return .object(result)
        default: return json
        }
    }

    private mutating func apply(_ text: String, at key: ConfigKey) throws(ConfigError) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            result += rest[..<open]
            rest = rest[open...]
            guard rest.hasPrefix("{env:") || rest.hasPrefix("{file:"), let close = rest.firstIndex(of: "}") else {
                result.append("{")
                rest = rest.dropFirst()
                continue
            }
            let isFile = rest.hasPrefix("{file:")
            let name = String(rest[..<close].dropFirst(isFile ? 6 : 5))
            let value = isFile ? try fileText(name, at: key) : variable(name, at: key)
            if value.utf8.count >= 6 { inserted.append(value) }
            result += value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    private mutating func variable(_ name: String, at key: ConfigKey) -> String {
        if let value = environment[name] { return value }
        warnings.append(
            "\(key): the variable \(HostileText.escaped(name, multiline: false)) is not set; empty text is used.")
        return ""
    }

    private func fileText(_ name: String, at key: ConfigKey) throws(ConfigError) -> String {
        let expanded = paths.expandingHome(name)
        let path = directory.pushing(FilePath(expanded))
        do {
            guard let bytes = try ConfigFileReader.read(path, limit: Self.maxFileBytes) else {
                throw ConfigError(.reference, "The file \(path) of “{file:\(name)}” does not exist.", key: key)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ConfigError(.reference, "The file \(path) of “{file:\(name)}” is not UTF-8 text.", key: key)
            }
            return text.trimmingBlanks
        } catch let error as FileError {
            throw ConfigError(.reference, "“{file:\(name)}” cannot be read. \(error.message)", key: key, cause: error)
        } catch {
            throw error as? ConfigError ?? ConfigError(.reference, "“{file:\(name)}” cannot be read.", key: key)
        }
    }
}

extension String {
    /// Without blanks and line ends at both ends.
    var trimmingBlanks: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = utf8.drop(while: isBlank)
        guard let last = bytes.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(bytes[...last]) ?? self
    }
}
