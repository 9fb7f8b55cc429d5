import Support
import SystemPackage
import TestSupport
import Testing

/// `Peers/pty_peer.py`: python `websockets` as a client of a server's terminals.
enum TerminalPeer {
    static func options(_ world: ServeWorld, _ scenario: String, _ arguments: [String] = []) throws -> ChildOptions {
        let script = FilePath(#filePath).removingLastComponent().appending("Peers/pty_peer.py").string
        var options = ChildOptions(
            try TestPython.path(), [script, String(world.port), world.token, scenario] + arguments, directory: "/",
            environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"])
        options.timeout = .seconds(120)
        return options
    }

    /// Plays a scenario: what the client saw.
    static func run(_ world: ServeWorld, _ scenario: String, _ arguments: String...) async throws -> JSON {
        let result = try await ChildProcess.run(try options(world, scenario, arguments))
        guard result.code == 0 else { throw TestSupportError("\(scenario): \(result.story)") }
        return try result.json()
    }
}

extension ServeWorld {
    /// Opens a terminal; a `ttl` keeps it when this connection is gone.
    func terminal(_ script: String, _ fields: JSONObject = [:]) async throws -> JSON {
        var body: JSONObject = ["command": "bash", "args": ["-c", .string(script)], "ttl": 600]
        for (name, value) in fields { body[name] = value }
        let reply = try await http.send("POST", "/api/pty", json: .object(body))
        guard reply.status == 200, let info = try reply.json()["data"] else {
            throw TestSupportError("No terminal: \(reply.status) \(reply.text)")
        }
        return info
    }

    /// The `pty.*` events up to the first of a type, from a stream that was opened before.
    func terminalEvents(_ stream: HTTPStream, until type: String) async throws -> [JSON] {
        try await stream.events { $0["type"]?.stringValue == type }.map(\.json)
            .filter { $0["type"]?.stringValue?.hasPrefix("pty.") == true }
    }
}
