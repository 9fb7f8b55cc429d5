import Support

/// The rules of `.gitignore` files from the root down to one directory. The last matching rule wins, deeper files after
/// those above them. Patterns match in linear time.
package struct IgnoreRules: Sendable {
    /// Most rules kept in one file; the rest is not read.
    package static let ruleLimit = 5_000

    private struct Rule: Sendable {
        let glob: Glob
        let negated: Bool
        let directoryOnly: Bool
        /// Matched against the path below the folder of the file; otherwise against the name alone.
        let anchored: Bool
        /// Bytes of the folder of the file with a trailing `/`; empty for the root.
        let base: [UInt8]
    }

    private var rules: [Rule] = []

    /// No rule.
    package init() {}

    /// These rules and those of the `.gitignore` with the given bytes in `directory`, a path relative to the root
    /// without a trailing `/` (empty for the root). Lines that are no valid pattern are skipped.
    package func adding(_ file: [UInt8], in directory: [UInt8]) -> IgnoreRules {
        var result = self
        let base = directory.isEmpty ? [] : directory + [UInt8(ascii: "/")]
        for line in FileText.normalize(file).split(separator: 0x0A).prefix(Self.ruleLimit) {
            if let rule = Self.rule(line, base: base) { result.rules.append(rule) }
        }
        return result
    }

    /// True when `path`, relative to the root, is ignored by a rule of its own. Whether a folder above is ignored is
    /// for the caller, who does not descend into it.
    package func isIgnored(_ path: [UInt8], isDirectory: Bool) -> Bool {
        guard !rules.isEmpty else { return false }
        let name = path.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? path
        for rule in rules.reversed() {
            if rule.directoryOnly, !isDirectory { continue }
            guard path.starts(with: rule.base) else { continue }
            let matched = rule.glob.matches(rule.anchored ? Array(path.dropFirst(rule.base.count)) : name)
            if matched { return !rule.negated }
        }
        return false
    }

    private static func rule(_ line: ArraySlice<UInt8>, base: [UInt8]) -> Rule? {
        var text = line
        while let last = text.last, last == 0x20 || last == 0x09 {
            if text.dropLast().last == UInt8(ascii: "\\") { break }
            text = text.dropLast()
        }
        guard let first = text.first, first != UInt8(ascii: "#") else { return nil }
        let negated = first == UInt8(ascii: "!")
        if negated { text = text.dropFirst() }
        let directoryOnly = text.last == UInt8(ascii: "/")
        if directoryOnly { text = text.dropLast() }
        let anchored = text.contains(UInt8(ascii: "/"))
        if text.first == UInt8(ascii: "/") { text = text.dropFirst() }
        guard !text.isEmpty, let glob = try? Glob(escapingBraces(text)) else { return nil }
        return Rule(glob: glob, negated: negated, directoryOnly: directoryOnly, anchored: anchored, base: base)
    }

    /// `.gitignore` knows no `{a,b}`: braces are literal there.
    private static func escapingBraces(_ text: ArraySlice<UInt8>) -> String {
        var result: [UInt8] = []
        var escaped = false
        for byte in text {
            if !escaped, byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") { result.append(UInt8(ascii: "\\")) }
            escaped = !escaped && byte == UInt8(ascii: "\\")
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
