import Support
import Testing

@testable import Templates

@Suite("The catalogue of commands")
struct CommandCatalogueTests {
    private struct Fixed: CommandSource {
        var names: [String]
        var answer: String

        func commands() async -> [CommandDefinition] { names.map(made) }
        func command(_ name: String) async throws -> CommandDefinition? { names.contains(name) ? made(name) : nil }
        func message(_ command: CommandDefinition, _ input: CommandInput) async throws -> CommandMessage {
            CommandMessage(text: answer)
        }
        private func made(_ name: String) -> CommandDefinition {
            CommandDefinition(name: name, description: answer, arguments: [], origin: .mcp(server: "s", prompt: name))
        }
    }

    private let catalogue = CommandCatalogue(sources: [
        Fixed(names: ["b", "a/x"], answer: "first"), Fixed(names: ["peer:review", "b"], answer: "second"),
    ])

    @Test("Sources are one list, sorted; the earlier one wins a name")
    func sources() async throws {
        let list = await catalogue.list()
        #expect(list.map(\.name) == ["a/x", "b", "peer:review"])
        #expect(list[1].description == "first")
        #expect(try await catalogue.message("b", .words([])).text == "first")
        #expect(try await catalogue.message("peer:review", .words([])).text == "second")
    }

    @Test(
        "An unknown command names near ones, or those there are",
        arguments: [
            ("peer:reviw", "Did you mean \"peer:review\""), ("other:review", "\"peer:review\""),
            ("peer", "\"peer:review\""), ("nothing-like-it", "There are: a/x, b, peer:review."),
            ("\u{1B}]0;x", "\\u{1b}]0;x"),
        ])
    func unknown(name: String, words: String) async {
        do {
            _ = try await catalogue.message(name, .words([]))
            Issue.record("\(name) was found")
        } catch {
            let error = error as? CommandError
            #expect(error?.kind == .notFound)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
    }
}
