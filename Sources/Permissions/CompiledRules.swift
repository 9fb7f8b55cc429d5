import Configuration
import Support

/// A permission table made ready for many questions: bytes instead of strings, literal characters counted.
struct CompiledRules: Sendable {
    /// One rule. `rank` orders rules that match: an exact name beats a wildcard name, then the literal characters of the
    /// name, then those of the pattern.
    struct Entry: Sendable {
        let rule: ConfiguredRule
        let name: [UInt8]
        let pattern: [UInt8]
        let nameLiterals: Int
        let patternLiterals: Int
        /// `mcp` stands for every `<server>__<tool>`.
        let isMCP: Bool
    }

    let entries: [Entry]

    /// - Parameter home: what `~` and `$HOME` at the start of a pattern stand for.
    init(_ config: PermissionConfig, home: String) {
        self.init(config.rules, home: home)
    }

    init(_ rules: [ConfiguredRule], home: String) {
        entries = rules.map { rule in
            let pattern = Self.expanded(rule.pattern, home: home)
            return Entry(
                rule: rule, name: Array(rule.permission.utf8), pattern: Array(pattern.utf8),
                nameLiterals: Wildcard.literalCount(rule.permission), patternLiterals: Wildcard.literalCount(pattern),
                isMCP: rule.permission == "mcp")
        }
    }

    /// The rule that decides about a resource, which is known by several names; on a tie the stricter one. `nil` when
    /// no rule matches. Time: rules × bytes of the names.
    func best(_ permission: [UInt8], isMCPTool: Bool, _ names: [[UInt8]]) -> ConfiguredRule? {
        var best: (rank: (Int, Int, Int), rule: ConfiguredRule)?
        for entry in entries {
            let isExact = entry.name == permission
            guard isExact || (entry.isMCP && isMCPTool) || ByteWildcard.matches(entry.name, permission) else {
                continue
            }
            let rank = (isExact ? 1 : 0, entry.nameLiterals, entry.patternLiterals)
            if let best, rank < best.rank { continue }
            if let best, rank == best.rank, entry.rule.action <= best.rule.action { continue }
            guard names.contains(where: { ByteWildcard.matches(entry.pattern, $0) }) else { continue }
            best = (rank, entry.rule)
        }
        return best?.rule
    }

    /// The rules for a permission in the order in which `best` prefers them.
    func ranked(_ permission: [UInt8], isMCPTool: Bool) -> [Entry] {
        func rank(_ entry: Entry) -> (Int, Int, Int, PermissionAction) {
            (entry.name == permission ? 1 : 0, entry.nameLiterals, entry.patternLiterals, entry.rule.action)
        }
        return entries.filter { entry in
            entry.name == permission || (entry.isMCP && isMCPTool) || ByteWildcard.matches(entry.name, permission)
        }
        .sorted { rank($0) > rank($1) }
    }

    private static func expanded(_ pattern: String, home: String) -> String {
        for prefix in ["~", "$HOME"] where pattern == prefix || pattern.hasPrefix(prefix + "/") {
            return (home == "/" ? "" : home) + pattern.dropFirst(prefix.count)
        }
        return pattern
    }
}

/// `Wildcard` over bytes that are already there: no allocation per question.
enum ByteWildcard {
    /// As `Wildcard.matches`: `*` is any text, `?` one character, and a pattern that ends with ` *` also matches
    /// without it.
    static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        if pattern.count >= 2, pattern[pattern.count - 1] == 0x2A, pattern[pattern.count - 2] == 0x20,
            match(pattern, pattern.count - 2, text)
        {
            return true
        }
        return match(pattern, pattern.count, text)
    }

    private static func match(_ pattern: [UInt8], _ length: Int, _ text: [UInt8]) -> Bool {
        var p = 0
        var t = 0
        var starAt = -1
        var resumeAt = 0
        while t < text.count {
            if p < length, pattern[p] == 0x2A {
                p += 1
                starAt = p
                resumeAt = t
            } else if p < length, pattern[p] == 0x3F {
                p += 1
                t = afterCharacter(text, t)
            } else if p < length, pattern[p] == text[t] {
                p += 1
                t += 1
            } else if starAt >= 0 {
                resumeAt = afterCharacter(text, resumeAt)
                p = starAt
                t = resumeAt
            } else {
                return false
            }
        }
        while p < length, pattern[p] == 0x2A { p += 1 }
        return p == length
    }

    private static func afterCharacter(_ text: [UInt8], _ index: Int) -> Int {
        var end = index + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}
