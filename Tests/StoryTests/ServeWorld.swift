import Support
import SystemPackage
import TestSupport
import Testing

/// A running `codetether serve` with the scripted model behind it.
struct ServeWorld: Sendable {
    let story: StoryWorld
    let process: ChildProcess
    let ready: JSON
    let token: String
    let port: Int

    /// With the right token.
    var http: HTTPProbe { HTTPProbe(port: port, token: token) }
    /// Without a credential.
    var stranger: HTTPProbe { HTTPProbe(port: port) }

    /// Starts a server in the workspace, runs `body`, and ends it.
    static func with<Result: Sendable>(
        _ script: [Turn] = [], arguments: [String] = [], environment: [String: String] = [:],
        config: JSONObject = [:], files: [String: String] = [:], at location: SourceLocation = #_sourceLocation,
        _ body: (ServeWorld) async throws -> Result
    ) async throws -> Result {
        try await StoryWorld.with(script, files: files, config: config, at: location) { story in
            try await start(story, arguments: arguments, environment: environment, body)
        }
    }

    /// Starts a server (`serve` or `web`) for a story that exists.
    static func start<Result: Sendable>(
        _ story: StoryWorld, command: String = "serve", arguments: [String] = [], environment: [String: String] = [:],
        _ body: (ServeWorld) async throws -> Result
    ) async throws -> Result {
        var story = story
        story.cli.environment.merge(environment) { $1 }
        return try await story.cli.start([command, "--port", "0", "--json"] + arguments) { process in
            guard await process.waitForOutput("\n") else {
                let ended = try await process.finish()
                throw TestSupportError("serve did not start: \(ended.story)")
            }
            let line = process.output.prefix { $0 != 0x0a }
            let ready = try JSON(parsing: Array(line))
            let url = ready["url"]?.stringValue ?? ""
            let authority = url.split(separator: "/").dropFirst().first ?? ""
            guard let port = authority.split(separator: ":").last.flatMap({ Int($0) }),
                let file = ready["tokenFile"]?.stringValue
            else { throw TestSupportError("serve printed \(ready.text())") }
            let token = try TestFiles.text(.init(file))
            return try await body(
                ServeWorld(story: story, process: process, ready: ready, token: token, port: port))
        }
    }

    /// A new session of the workspace.
    func session(_ fields: JSONObject = [:]) async throws -> String {
        let reply = try await http.send("POST", "/api/session", json: .object(fields))
        guard reply.status == 200, let id = try reply.json().at("data", "id")?.stringValue else {
            throw TestSupportError("No session: \(reply.status) \(reply.text)")
        }
        return id
    }

    /// Prompts and waits for the answer.
    func ask(_ session: String, _ text: String, _ fields: JSONObject = [:]) async throws -> HTTPReply {
        var body = fields
        body["text"] = .string(text)
        return try await http.send(
            "POST", "/api/session/\(session)/prompt", headers: ["prefer": "wait"], json: .object(body))
    }

    /// The messages of a session.
    func messages(_ session: String) async throws -> [JSON] {
        try await http.send("GET", "/api/session/\(session)/message").json()["data"]?.arrayValue ?? []
    }

    /// The durable events of a session.
    func log(_ session: String) async throws -> [JSON] {
        let stream = try await http.open("GET", "/api/session/\(session)/log")
        let events = try await stream.events { $0["type"] == "log.synced" }.map(\.json)
        guard events.last?["type"] == "log.synced" else {
            throw TestSupportError("The log ended without log.synced, after \(events.last?.text() ?? "nothing")")
        }
        return events
    }
}
