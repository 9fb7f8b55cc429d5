import Configuration
import Support

/// How an ask looks, for every face: the text is safe to show and complete. What came from a model or a repository is
/// escaped, so it cannot move the cursor, hide characters or imitate the prompt; nothing is ever cut, long asks have
/// pages, and an approval may be offered on the last one only.
package struct PermissionPrompt: Sendable, Equatable {
    /// Pages of at most `rows` lines of at most `columns` characters; at least one.
    package let pages: [[String]]

    /// - Parameters:
    ///   - columns: of the screen, at least 20.
    ///   - rows: lines of a page, at least 4.
    package init(_ ask: PermissionAsk, columns: Int = 100, rows: Int = 30) {
        let width = max(20, columns)
        let height = max(4, rows)
        let lines = Self.lines(ask).flatMap { Self.wrapped($0, width) }
        pages = stride(from: 0, to: max(1, lines.count), by: height).map {
            Array(lines[$0..<min($0 + height, lines.count)])
        }
    }

    /// All lines, not wrapped.
    package static func lines(_ ask: PermissionAsk) -> [String] {
        func safe(_ text: String) -> String { HostileText.escaped(text, multiline: false) }
        let who = ask.isNested ? " (agent \(safe(ask.context.agent)))" : ""
        var lines: [String] = []
        let subject = ask.title.isEmpty ? ask.patterns.first ?? "" : ask.title
        let parts = subject.split(separator: "\n", omittingEmptySubsequences: false).map { safe(String($0)) }
        lines.append("\(safe(ask.permission))\(who): \(parts.first ?? "")")
        lines += parts.dropFirst().map { "  \($0)" }
        for pattern in ask.patterns where ask.patterns.count > 1 || (!ask.title.isEmpty && pattern != ask.title) {
            lines.append("  - \(safe(pattern))")
        }
        for detail in ask.metadata["details"]?.arrayValue ?? [] {
            if let text = detail.stringValue { lines.append("  \(safe(text))") }
        }
        if let sandbox = ask.metadata["sandbox"]?.stringValue { lines.append("  sandbox: \(safe(sandbox))") }
        lines.append("  rule: \(safe(ask.decision.ruleText)) (\(safe(ask.decision.source)))")
        return lines
    }

    /// What "always" would save, a rule a line, escaped; empty when there is nothing to save.
    package static func saves(_ ask: PermissionAsk) -> [String] {
        ask.always.map {
            "\(HostileText.escaped(ask.permission, multiline: false)) \"\(HostileText.escaped($0, multiline: false))\" = allow"
        }
    }

    /// Cuts at characters, never drops one.
    private static func wrapped(_ line: String, _ width: Int) -> [String] {
        var rest = line[...]
        var result: [String] = []
        repeat {
            result.append(String(rest.prefix(width)))
            rest = rest.dropFirst(width)
        } while !rest.isEmpty
        return result
    }
}
