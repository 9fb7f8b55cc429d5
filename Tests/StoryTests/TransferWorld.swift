import Support
import SystemPackage
import TestSupport
import Testing

/// Homes and a workspace for export, import and lists; no model is needed.
struct TransferWorld: Sendable {
    let workspace: TempWorkspace
    let home: CodetetherHome
    let other: CodetetherHome

    static func with<Result: Sendable>(_ body: (TransferWorld) async throws -> Result) async throws -> Result {
        try await CodetetherHome.with { home in
            try await CodetetherHome.with { other in
                try await TempWorkspace.with(git: true) { workspace in
                    try await body(TransferWorld(workspace: workspace, home: home, other: other))
                }
            }
        }
    }

    /// The command line on the first home.
    var cli: CLIProcess { CLIProcess(home: home, directory: workspace.path) }
    /// The command line on the second home.
    var otherCLI: CLIProcess { CLIProcess(home: other, directory: workspace.path) }

    /// Imports a session and returns its id.
    @discardableResult
    func add(_ json: JSON, at location: SourceLocation = #_sourceLocation) async throws -> String {
        let result = try await cli.run(["import", "-", "--json"], input: json.text())
        #expect(result.code == 0, "\(result.story)", sourceLocation: location)
        return try #require(try result.json()["id"]?.stringValue)
    }

    /// The rows of `session list … --json`.
    func list(_ arguments: String..., at location: SourceLocation = #_sourceLocation) async throws -> [JSON] {
        let result = try await cli.run(["session", "list", "--json"] + arguments)
        #expect(result.code == 0, "\(result.story)", sourceLocation: location)
        return try result.json().arrayValue ?? []
    }

    /// A session of OpenCode 2.1 with one prompt and one answer.
    /// - Parameter number: makes ids and times.
    static func session(
        _ number: Int, title: String, updated: Int64? = nil, agent: String = "build", model: String = "m",
        text: String = "An answer", toolState: JSON? = nil
    ) -> JSON {
        let digits = String(number)
        let tail = String(repeating: "0", count: 26 - digits.count) + digits
        let created: Int64 = 1_780_000_000_000 + Int64(number) * 1_000
        var content: [JSON] = [["type": "text", "partID": .string("prt_\(tail)"), "text": .string(text)]]
        if let toolState {
            content.append([
                "type": "tool", "id": "call_1", "name": "bash", "state": toolState, "time": ["created": .int(created)],
            ])
        }
        return [
            "info": [
                "id": .string("ses_\(tail)"), "projectID": "theirs", "agent": .string(agent),
                "model": ["id": .string(model), "providerID": "prov"], "cost": 0.5,
                "tokens": ["input": 5, "output": 6, "reasoning": 0, "cache": ["read": 0, "write": 0]],
                "time": ["created": .int(created), "updated": .int(updated ?? created + 100)],
                "title": .string(title), "location": ["directory": "/home/them/project"],
            ],
            "messages": [
                [
                    "id": .string("msg_\(tail)"), "type": "user", "time": ["created": .int(created)],
                    "text": .string("Prompt of \(title)"),
                ],
                [
                    "id": .string("msg_a\(tail.dropFirst())"), "type": "assistant",
                    "time": ["created": .int(created), "completed": .int(created + 50)], "agent": .string(agent),
                    "model": ["id": .string(model), "providerID": "prov"], "content": .array(content), "finish": "stop",
                ],
            ],
        ]
    }
}

extension JSON {
    /// The ids of a list of sessions.
    var ids: [String] { (arrayValue ?? []).compactMap { $0["id"]?.stringValue } }
}
