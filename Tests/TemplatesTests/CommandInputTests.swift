import Support
import Testing

@testable import Templates

@Suite("Arguments of commands")
struct CommandInputTests {
    private let command = CommandDefinition(
        name: "s:review", description: nil,
        arguments: [
            CommandArgument(name: "file", description: "Which file", isRequired: true),
            CommandArgument(name: "style"), CommandArgument(name: "depth", isRequired: true),
        ], origin: .mcp(server: "s", prompt: "review"))

    @Test("Words fill arguments in their order, names win, and nothing in them is expanded")
    func values() throws {
        #expect(
            try CommandInput.words(["a b.swift", "$(id)", "`x`"]).values(for: command)
                == ["file": "a b.swift", "style": "$(id)", "depth": "`x`"])
        #expect(
            try CommandInput.words(["style=short", "a", "3"]).values(for: command)
                == ["file": "a", "style": "short", "depth": "3"])
        #expect(
            try CommandInput.words(["depth=", "other=1"]).values(for: command) == ["file": "other=1", "depth": ""],
            "an unknown name is a value, an empty value is one")
    }

    @Test("A text is split at blanks, quotes keep together, the last argument takes the rest")
    func text() throws {
        #expect(
            try CommandInput.text(#" "a b" style='x y' very  deep "indeed" "#).values(for: command)
                == ["file": "a b", "style": "x y", "depth": "very deep indeed"])
        #expect(CommandInput.split(#"it's 5" "" x"#) == ["it's", "5\"", "", "x"])
        #expect(CommandInput.split("") == [])
    }

    @Test(
        "What is missing, given twice or too much is named",
        arguments: [
            (["a"], "depth"), ([], "arguments file, depth"), (["a", "b", "c", "d"], "takes 3 arguments"),
            (["file=a", "file=b"], "file is given twice"), (["a", "b", "style=c", "d", "depth=2"], "5 were given"),
        ])
    func refuses(words: [String], message: String) {
        do throws(CommandError) {
            _ = try CommandInput.words(words).values(for: command)
            Issue.record("\(words) were taken")
        } catch {
            #expect(error.kind == .usage)
            #expect(error.message.contains(message), "\(error.message)")
        }
    }

    @Test("A command without arguments takes none")
    func none() throws {
        var command = command
        command.arguments = []
        #expect(try CommandInput.text("  ").values(for: command) == [:])
        #expect(throws: CommandError.self) { _ = try CommandInput.text("x").values(for: command) }
    }

    @Test("Words that somebody hostile named are escaped in messages")
    func hostile() {
        var command = command
        command.arguments = [CommandArgument(name: "a\u{1B}[31m", description: "b\u{202E}", isRequired: true)]
        do throws(CommandError) {
            _ = try CommandInput.words([]).values(for: command)
            Issue.record("nothing was missing")
        } catch {
            #expect(
                !error.message.unicodeScalars.contains("\u{1B}") && !error.message.unicodeScalars.contains("\u{202E}"))
        }
    }
}
