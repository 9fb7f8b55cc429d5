import Support

/// A patch in Codex's format: `*** Begin Patch`, file sections, `*** End Patch`.
package struct Patch: Sendable, Equatable {
    /// The sections in the order they are written; at least one.
    package let sections: [Section]

    /// What one section does to one file. Paths are as the model wrote them.
    package enum Section: Sendable, Equatable {
        /// Creates `path` with `lines`, each ended with LF.
        case add(path: String, lines: [[UInt8]])
        /// Removes `path`.
        case delete(path: String)
        /// Changes `path` and then moves it when `moveTo` is given. No hunks: a move only.
        case update(path: String, moveTo: String?, hunks: [Hunk])
    }

    /// A run of lines to change.
    package struct Hunk: Sendable, Equatable {
        /// Texts after `@@`, outermost first: lines that come before the hunk.
        package var headers: [[UInt8]] = []
        /// The lines in order.
        package var lines: [Line] = []
        /// True when `*** End of File` follows: the hunk is at the end.
        package var atEnd = false
        /// 1-based line of the patch where it starts.
        package var patchLine = 0
    }

    /// A line of a hunk, without its mark.
    package enum Line: Sendable, Equatable {
        /// A line that stays.
        case context([UInt8])
        /// A line that goes.
        case removed([UInt8])
        /// A line that comes.
        case added([UInt8])
    }
}

/// Why a patch cannot be read or applied; `message` is a sentence for the model with the next step.
package struct PatchError: Error, Sendable, Equatable {
    package let message: String
}

/// Reads patches. Tolerates a heredoc or code fence around the patch, CR LF, and empty context lines without their
/// space; everything else that is wrong is an error with the line of the patch.
package struct PatchParser {
    /// Largest patch, bytes.
    package static let limitBytes = 4 * 1024 * 1024
    /// Most file sections in a patch.
    package static let sectionLimit = 500

    private let lines: [ArraySlice<UInt8>]
    private var index = 0

    /// Parses `text`.
    package static func parse(_ text: String) throws(PatchError) -> Patch {
        guard text.utf8.count <= limitBytes else {
            throw PatchError(
                message: "The patch has \(text.utf8.count) bytes, more than \(limitBytes). Split it into several.")
        }
        var parser = PatchParser(Array(text.utf8))
        return try parser.patch()
    }

    private init(_ bytes: [UInt8]) {
        let text = FileText.normalize(bytes)
        lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    }

    private var current: ArraySlice<UInt8>? { lines.indices.contains(index) ? lines[index] : nil }

    private mutating func patch() throws(PatchError) -> Patch {
        while let line = current, !Self.isMarker(line, "*** Begin Patch") { index += 1 }
        guard current != nil else {
            throw PatchError(
                message: "The patch has no line '*** Begin Patch'. Start with it and end with '*** End Patch'.")
        }
        index += 1
        var sections: [Patch.Section] = []
        while let line = current {
            if Self.isMarker(line, "*** End Patch") {
                guard !sections.isEmpty else { throw PatchError(message: "The patch is empty: it changes no file.") }
                return Patch(sections: sections)
            }
            if TextBytes.trimmed(line).isEmpty {
                index += 1
                continue
            }
            guard sections.count < Self.sectionLimit else {
                throw PatchError(
                    message: "The patch changes more than \(Self.sectionLimit) files. Split it into several.")
            }
            sections.append(try section(line))
        }
        throw PatchError(message: "The patch has no line '*** End Patch'; it may be cut off. Send it again as a whole.")
    }

    private mutating func section(_ line: ArraySlice<UInt8>) throws(PatchError) -> Patch.Section {
        let number = index + 1
        if let path = Self.value(of: line, after: "*** Add File:") {
            index += 1
            return .add(path: try Self.checked(path, number), lines: try addedLines())
        }
        if let path = Self.value(of: line, after: "*** Delete File:") {
            index += 1
            return .delete(path: try Self.checked(path, number))
        }
        guard let path = Self.value(of: line, after: "*** Update File:") else {
            throw PatchError(
                message: "Line \(number) of the patch, '\(Self.shown(line))', is not a file header. "
                    + "Use '*** Add File: PATH', '*** Update File: PATH' or '*** Delete File: PATH'.")
        }
        index += 1
        var target: String?
        if let line = current, let moved = Self.value(of: line, after: "*** Move to:") {
            target = try Self.checked(moved, index + 1)
            index += 1
        }
        let hunks = try hunks()
        if hunks.isEmpty, target == nil {
            throw PatchError(
                message: "The section '*** Update File: \(path)' at line \(number) of the patch has no hunk.")
        }
        return .update(path: try Self.checked(path, number), moveTo: target, hunks: hunks)
    }

    private mutating func addedLines() throws(PatchError) -> [[UInt8]] {
        var result: [[UInt8]] = []
        while let line = current, !Self.startsSection(line) {
            if line.first == UInt8(ascii: "+") {
                result.append(Array(line.dropFirst()))
            } else if !TextBytes.trimmed(line).isEmpty {
                throw PatchError(
                    message: "Line \(index + 1) of the patch, '\(Self.shown(line))', is in an added file "
                        + "and must start with '+'.")
            }
            index += 1
        }
        return result
    }

    private mutating func hunks() throws(PatchError) -> [Patch.Hunk] {
        var result: [Patch.Hunk] = []
        var hunk = Patch.Hunk()
        var open = false
        func finished(_ hunk: Patch.Hunk) throws(PatchError) {
            guard !hunk.lines.isEmpty else {
                throw PatchError(message: "The hunk at line \(hunk.patchLine) of the patch has no lines.")
            }
        }
        while let line = current, !Self.startsSection(line) {
            if line.starts(with: "@@".utf8) {
                if open, !hunk.lines.isEmpty {
                    result.append(withoutLayout(hunk))
                    hunk = Patch.Hunk()
                }
                if !open || hunk.headers.isEmpty { hunk.patchLine = index + 1 }
                open = true
                if let header = Self.header(line) { hunk.headers.append(header) }
            } else if Self.isMarker(line, "*** End of File") {
                guard open else {
                    throw PatchError(message: "Line \(index + 1) of the patch ends a file without a hunk before it.")
                }
                hunk.atEnd = true
                try finished(hunk)
                result.append(hunk)
                hunk = Patch.Hunk()
                open = false
            } else if line.starts(with: "\\ No newline".utf8) {
                // The end of the file stays as it is.
            } else {
                guard let body = Self.line(line) else {
                    throw PatchError(
                        message: "Line \(index + 1) of the patch, '\(Self.shown(line))', must start with "
                            + "' ', '+', '-' or '@@'.")
                }
                if !open { hunk.patchLine = index + 1 }
                open = true
                hunk.lines.append(body)
            }
            index += 1
        }
        guard open else { return result }
        hunk = withoutLayout(hunk)
        try finished(hunk)
        result.append(hunk)
        return result
    }

    /// An empty line without a mark at the end of a hunk is layout of the patch rather than context.
    private func withoutLayout(_ hunk: Patch.Hunk) -> Patch.Hunk {
        var result = hunk
        var last = index - 1
        while result.lines.count > 1, case .context(let text)? = result.lines.last, text.isEmpty,
            lines.indices.contains(last), lines[last].isEmpty
        {
            result.lines.removeLast()
            last -= 1
        }
        return result
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> Patch.Line? {
        guard let mark = bytes.first else { return .context([]) }
        let rest = Array(bytes.dropFirst())
        switch mark {
        case UInt8(ascii: " "): return .context(rest)
        case UInt8(ascii: "-"): return .removed(rest)
        case UInt8(ascii: "+"): return .added(rest)
        default: return nil
        }
    }

    /// The text after `@@`; none for a bare `@@` or for line numbers as in `@@ -1,2 +1,3 @@`.
    private static func header(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        var text = TextBytes.trimmed(line.dropFirst(2))
        let marker = Array("@@".utf8)[...]
        if text.first == UInt8(ascii: "-"), let end = TextBytes.occurrences(of: marker, in: text, limit: 1).first {
            text = TextBytes.trimmed(text[(end + 2)...])
        }
        if text.suffix(2).elementsEqual("@@".utf8) { text = TextBytes.trimmed(text.dropLast(2)) }
        return text.isEmpty ? nil : Array(text)
    }

    private static func startsSection(_ line: ArraySlice<UInt8>) -> Bool {
        line.starts(with: "*** Add File:".utf8) || line.starts(with: "*** Update File:".utf8)
            || line.starts(with: "*** Delete File:".utf8) || isMarker(line, "*** End Patch")
    }

    private static func isMarker(_ line: ArraySlice<UInt8>, _ marker: String) -> Bool {
        TextBytes.trimmed(line).elementsEqual(marker.utf8)
    }

    private static func value(of line: ArraySlice<UInt8>, after marker: String) -> String? {
        guard line.starts(with: marker.utf8) else { return nil }
        return String(decoding: TextBytes.trimmed(line.dropFirst(marker.utf8.count)), as: UTF8.self)
    }

    private static func checked(_ path: String, _ line: Int) throws(PatchError) -> String {
        guard !path.isEmpty else { throw PatchError(message: "Line \(line) of the patch names no path.") }
        return path
    }

    private static func shown(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line.prefix(80), as: UTF8.self)
    }
}
