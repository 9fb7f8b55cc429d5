import Support
import SystemPackage
import TestSupport
import Testing

/// Everything a story needs: the scripted model, a home with its config, a workspace and the command line between them.
struct StoryWorld: Sendable {
    let server: ScriptedModelServer
    let home: CodetetherHome
    let workspace: TempWorkspace
    var cli: CLIProcess

    /// The key in the environment; it must never turn up in a body, a log or a stored session.
    static let canary = "canary-5f2c9a71e0d84b63-do-not-leak"

    /// Runs `body` with a world whose model plays `script`; afterwards expects that no request was wrong and that the
    /// key was stored nowhere. `sideRequestsUseScript`: requests that offer no tools are the agent's too.
    static func with<Result: Sendable>(
        _ script: [Turn], wire: ModelProtocol = .openAIChat, files: [String: String] = [:],
        config: JSONObject = [:], wantsSameTools: Bool = true, sideRequestsUseScript: Bool = false,
        at location: SourceLocation = #_sourceLocation, _ body: (StoryWorld) async throws -> Result
    ) async throws -> Result {
        try await ScriptedModelServer.withServer(
            script, canary: canary, wantsSameTools: wantsSameTools, sideRequestsUseScript: sideRequestsUseScript,
            at: location
        ) { server in
            try await CodetetherHome.with(
                config: Self.config(baseURL: server.baseURL(wire), wire: wire, extra: config)
            ) { home in
                try await TempWorkspace.with(files: files, git: true) { workspace in
                    let cli = CLIProcess(
                        home: home, directory: workspace.path, environment: ["MOCK_API_KEY": canary])
                    let world = StoryWorld(server: server, home: home, workspace: workspace, cli: cli)
                    let result = try await body(world)
                    for file in TestFiles.tree(home.path) where try TestFiles.read(file).holds(Array(canary.utf8)) {
                        Issue.record("The key was written to \(file).", sourceLocation: location)
                    }
                    return result
                }
            }
        }
    }

    /// The user's config: one provider `mock` with one model `m`, everything allowed, and `extra` over it.
    static func config(baseURL: String, wire: ModelProtocol, extra: JSONObject = [:]) -> JSON {
        var config: JSONObject = [
            "provider": [
                "mock": [
                    "api": .string(wire.api), "base_url": .string(baseURL), "env": ["MOCK_API_KEY"],
                    "options": ["retry_base_ms": 1],
                    "models": ["m": ["limit": ["context": 128_000, "output": 8_192]]],
                ]
            ], "model": "mock/m", "permission": "allow",
        ]
        for (key, value) in extra { config[key] = value }
        return .object(config)
    }

    /// `codetether run --format json --title Story …`: the result and the parsed document.
    func run(_ arguments: String...) async throws -> (result: ChildResult, json: JSON) {
        let result = try await cli.run(["run", "--format", "json", "--title", "Story"] + arguments)
        return (result, try result.json())
    }

    /// `codetether run --format jsonl --title Story …`: the result and its events.
    func events(_ arguments: String..., input: String? = nil) async throws -> (result: ChildResult, events: [JSON]) {
        let result = try await cli.run(["run", "--format", "jsonl", "--title", "Story"] + arguments, input: input)
        return (result, try result.jsonLines())
    }

    /// The stored session as `codetether session show --json` prints it.
    func show(_ sessionID: String, at location: SourceLocation = #_sourceLocation) async throws -> StoredSession {
        let result = try await cli.run("session", "show", sessionID, "--json")
        #expect(result.code == 0, "\(result.story)", sourceLocation: location)
        return StoredSession(try result.json())
    }

    /// All sessions of the workspace.
    func sessions() async throws -> [JSON] {
        let result = try await cli.run("session", "list", "--json")
        #expect(result.code == 0, "\(result.story)")
        return try result.json().arrayValue ?? []
    }

    /// The id of the only session.
    func onlySession() async throws -> String {
        let all = try await sessions()
        #expect(all.count == 1)
        return try #require(all.first?["id"]?.stringValue)
    }
}

/// A session as the outside sees it.
struct StoredSession {
    let info: JSON
    let messages: [JSON]

    init(_ json: JSON) {
        info = json["info"] ?? json
        messages = json["messages"]?.arrayValue ?? []
    }

    var users: [String] { messages.filter { $0["type"] == "user" }.compactMap { $0["text"]?.stringValue } }
    private var items: [JSON] {
        messages.filter { $0["type"] == "assistant" }.flatMap { $0["content"]?.arrayValue ?? [] }
    }
    /// Everything the model said, in order.
    var answers: [String] { items.filter { $0["type"] == "text" }.compactMap { $0["text"]?.stringValue } }
    /// Tool items, in order.
    var tools: [JSON] { items.filter { $0["type"] == "tool" } }
    var toolStates: [String] { tools.compactMap { $0["state"]?["status"]?.stringValue } }
}

extension JSON {
    /// The value at a path of keys.
    func at(_ keys: String...) -> JSON? {
        keys.reduce(Optional(self)) { $0?[$1] }
    }
}

extension [JSON] {
    /// The types of these events, in order.
    var types: [String] { compactMap { $0["type"]?.stringValue } }

    /// The events of this type.
    func of(_ type: String) -> [JSON] { filter { $0["type"]?.stringValue == type } }
}

/// The source tree this test was built from.
enum SourceTree {
    static let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()

    /// Swift files of a target with their text.
    static func files(_ target: String) throws -> [(path: FilePath, text: String)] {
        try TestFiles.tree(root.appending("Sources").appending(target))
            .filter { $0.extension == "swift" }
            .map { ($0, try TestFiles.text($0)) }
    }

    /// Names of all targets.
    static var targets: [String] { TestFiles.list(root.appending("Sources")) }
}
