import Permissions
import Schema
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Tools

@Suite("The registry")
struct CoreRegistryTests {
    private static let full = ToolRegistry.builtIn(
        subagents: [SubagentInfo(name: "general", description: "For a self-contained piece of work of several steps.")],
        webSearch: true, question: true)

    private func bytes(_ definitions: [ToolDefinition]) -> [UInt8] {
        JSON.array(definitions.map(\.json)).bytes()
    }

    @Test("all definitions fit in 10 kB, descriptions in 350 bytes")
    func budget() {
        let model = ToolModel(providerID: "p", modelID: "m", tools: true, context: 200_000)
        let definitions = Self.full.definitions(for: model, agent: ToolFilter(agent: "build"))
        #expect(bytes(definitions).count <= 10_000)
        for definition in definitions where definition.name != "task" {
            #expect(!definition.description.isEmpty && definition.description.utf8.count <= 350, "\(definition.name)")
        }
        let all = Self.full.names.count
        #expect(all == 19, "\(Self.full.names)")
    }

    @Test("the compact set fits in 3.5 kB")
    func compactBudget() {
        let model = ToolModel(providerID: "p", modelID: "m", tools: true, context: 8_192)
        let definitions = Self.full.definitions(for: model, agent: ToolFilter(agent: "build"))
        #expect(Set(definitions.map(\.name)) == ["read", "write", "edit", "bash", "grep", "glob"])
        #expect(bytes(definitions).count <= 3_500)
    }

    @Test("the tools array is the same bytes every time")
    func stable() {
        let model = ToolModel(providerID: "p", modelID: "m", tools: true, context: 200_000)
        let first = bytes(Self.full.definitions(for: model, agent: ToolFilter(agent: "build")))
        for _ in 0..<20 {
            let again = ToolRegistry.builtIn(
                subagents: [
                    SubagentInfo(name: "general", description: "For a self-contained piece of work of several steps.")
                ], webSearch: true, question: true)
            #expect(bytes(again.definitions(for: model, agent: ToolFilter(agent: "build"))) == first)
        }
    }

    @Test("every schema is an object schema whose required arguments exist, and passes its own example")
    func schemas() {
        for name in Self.full.names {
            let model = ToolModel(providerID: "p", modelID: "gpt-5", tools: true, context: 0)
            for definition in Self.full.definitions(for: model, agent: ToolFilter(agent: "x"))
            where definition.name == name {
                #expect(definition.inputSchema["type"] == "object")
                let properties = definition.inputSchema["properties"]?.objectValue ?? [:]
                for required in definition.inputSchema["required"]?.arrayValue ?? [] {
                    #expect(properties[required.stringValue ?? ""] != nil, "\(name)")
                }
            }
        }
    }

    @Test("an unknown tool is told the names there are")
    func unknown() async throws {
        try await ToolWorld.with { (world) async throws in
            let error = await world.failure("launch\u{1B}rocket", [:], offered: ["read", "bash"])
            #expect(error?.kind == .notFound)
            #expect(error?.message == "There is no tool 'launch\\u{1b}rocket' here. Use one of: read, bash.")
        }
    }

    @Test("bad arguments name the path, and nothing is asked")
    func badArguments() async throws {
        try await ToolWorld.with { (world) async throws in
            let error = await world.failure("bash", ["command": ["x"]])
            #expect(error?.kind == .invalidArguments)
            #expect(error?.message.contains("'command' must be string, but is [\"x\"]") == true)
            #expect(world.gate.demands.isEmpty)
        }
    }

    @Test("a denied call is the JSON of the contract, and does not run")
    func denied() async throws {
        try await ToolWorld.with { (world) async throws in
            world.gate.deny("bash")
            let error = await world.failure("bash", ["command": "touch made"])
            #expect(error?.isDenial == true && error?.structuredType == "PermissionDeniedError")
            let json = try JSON(parsing: error?.message ?? "")["error"]
            #expect(json?["name"] == "PermissionDeniedError")
            #expect(json?["permission"] == "bash" && json?["pattern"] == "touch made")
            #expect(json?["rule"] == "deny" && json?["source"] == "test:1")
            #expect(!world.workspace.exists("made"))
        }
    }

    @Test("a tool that is not offered because it is denied gives the same denial, another one is not found")
    func notOffered() async throws {
        try await ToolWorld.with { (world) async throws in
            #expect(await world.failure("bash", ["command": "touch a"], offered: ["read"])?.kind == .notFound)
            world.gate.deny("bash")
            #expect(await world.failure("bash", ["command": "touch a"], offered: ["read"])?.isDenial == true)
            #expect(!world.workspace.exists("a"))
        }
    }

    @Test("a writer that was not offered runs when another was")
    func siblingWriter() async throws {
        try await ToolWorld.with { (world) async throws in
            _ = try await world.call(
                "write", ["filePath": "a.txt", "content": "hi\n"], offered: ["apply_patch", "read"])
            #expect(try world.workspace.text("a.txt") == "hi\n")
            #expect(
                await world.failure("write", ["filePath": "b", "content": ""], offered: ["read"])?.kind == .notFound)
        }
    }

    @Test("0.1.5's argument names and other spellings of a tool's name work")
    func aliases() async throws {
        try await ToolWorld.with(files: ["a.txt": "one\n"]) { (world) async throws in
            #expect(try await world.call("Read", ["path": "a.txt"]).text.contains("00001| one"))
            #expect(try await world.call("functions.read", ["file_path": "a.txt"]).text.contains("00001| one"))
        }
    }

    /// Answers with a long text.
    private struct LongTool: Tool {
        let lines: Int
        let name = "long"
        var isReadOnly: Bool { true }
        var definition: ToolDefinition {
            ToolDefinition(name: name, description: "x", inputSchema: ["type": "object", "properties": [:]])
        }
        func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] { [] }
        func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
            ToolOutput(text: (0..<lines).map { "line \($0) é" }.joined(separator: "\n"), title: "long")
        }
    }

    @Test("a long result is cut at both limits and names the file of its full text")
    func truncation() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await ToolRegistry([LongTool(lines: 20_000)]).execute(
                "long", input: [:], context: world.context())
            let file = try #require(output.truncatedFile)
            #expect(output.text.contains(file.string))
            #expect(output.text.utf8.count <= 51_200 + 400)
            #expect(output.text.hasPrefix("line 0 é\n") && output.text.contains("line 19999 é"))
            #expect(output.storedMetadata["outputPath"]?.stringValue == file.string)
            #expect(
                UTF8Text.lossy(try FileIO.read(file)) == (0..<20_000).map { "line \($0) é" }.joined(separator: "\n"))
            let short = try await ToolRegistry([LongTool(lines: 2_000)]).execute(
                "long", input: [:], context: world.context())
            #expect(short.truncatedFile == nil && short.text.hasSuffix("line 1999 é"))
        }
    }

    @Test("a result that cannot be stored is still cut and says so")
    func unstorable() async throws {
        try await ToolWorld.with { (world) async throws in
            var context = world.context()
            context.dataDirectory = "/proc/nowhere"
            let output = try await ToolRegistry([LongTool(lines: 20_000)]).execute("long", input: [:], context: context)
            #expect(output.truncatedFile == nil && output.text.contains("could not be stored"))
        }
    }

    @Test("the stored metadata carries the title, and content starts with the text")
    func output() {
        let output = ToolOutput(text: "t", content: [.text("more")], metadata: ["a": 1], title: "T")
        #expect(output.content == [.text("t"), .text("more")])
        #expect(output.storedMetadata == ["a": 1, "title": "T"])
    }
}
