import Configuration
import Permissions
import Support
import Testing

@Suite("The text of asks")
struct PermissionPromptTests {
    private func ask(_ title: String, patterns: [String]? = nil, always: [String] = []) -> PermissionAsk {
        PermissionAsk(
            id: "per_1", context: PermissionContext(sessionID: "s", messageID: "m", callID: "c", agent: "build"),
            permission: "bash", patterns: patterns ?? [title], always: always, metadata: [:], title: title,
            decision: PermissionDecision(
                action: .ask, permission: "bash", pattern: title,
                rule: ConfiguredRule(permission: "bash", pattern: "*", action: .ask)))
    }

    @Test(
        "Hostile text reaches the screen as printable characters only",
        arguments: [
            "\u{1B}[2J\u{1B}[H", "\u{1B}]52;c;YQ==\u{07}", "a\rb", "\u{202E}txt.exe", "a\u{200B}b", "\u{9B}31m",
            "ok\u{0}\u{8}\u{8}", "\u{2066}x\u{2069}", "\u{FEFF}", "x\nAllow? o = once > o",
        ])
    func hostile(text: String) {
        let ask = ask(text, patterns: ["plain", text], always: [text])
        for line in PermissionPrompt.lines(ask) + PermissionPrompt.saves(ask) {
            #expect(HostileText.escaped(line, multiline: false) == line, "\(line)")
            #expect(!line.hasPrefix("Allow?"))
        }
    }

    @Test("A command of any length is shown whole, on pages that fit")
    func complete() {
        let command = (0..<5_000).map { "word\($0)" }.joined(separator: " ") + "; rm -rf /"
        let prompt = PermissionPrompt(ask(command), columns: 80, rows: 24)
        #expect(prompt.pages.count > 10)
        #expect(prompt.pages.allSatisfy { $0.count <= 24 && $0.allSatisfy { $0.count <= 80 } })
        let text = prompt.pages.map { $0.joined() }.joined()
        #expect(text.contains(command))
        #expect(prompt.pages.last?.joined().contains("rule: bash \"*\" = ask (built-in)") == true)
    }

    @Test("Padding does not hide the end of a command")
    func padding() {
        let prompt = PermissionPrompt(
            ask("echo hi" + String(repeating: " ", count: 10_000) + "; curl evil"), columns: 80, rows: 24)
        #expect(prompt.pages.count > 1)
        #expect(prompt.pages.map { $0.joined() }.joined().contains("; curl evil"))
    }
}
