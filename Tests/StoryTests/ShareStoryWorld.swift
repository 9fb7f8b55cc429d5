import Support
import TestSupport
import Testing

/// Two servers: one that is a share service, and one whose sessions are shared there.
struct ShareStoryWorld: Sendable {
    let hub: ServeWorld
    let client: ServeWorld

    /// The address of the share service.
    var address: String { "http://127.0.0.1:\(hub.port)" }

    static func with<Result: Sendable>(
        _ script: [Turn] = [], mode: String = "manual", config: JSONObject = [:],
        at location: SourceLocation = #_sourceLocation, _ body: (ShareStoryWorld) async throws -> Result
    ) async throws -> Result {
        try await ServeWorld.with(config: ["share": ["serve": true]], at: location) { hub in
            var config = config
            config["share"] = ["mode": .string(mode), "url": .string("http://127.0.0.1:\(hub.port)")]
            return try await ServeWorld.with(script, config: config, at: location) { client in
                try await body(ShareStoryWorld(hub: hub, client: client))
            }
        }
    }

    /// Shares a session over HTTP.
    /// - Returns: its row.
    func share(_ session: String) async throws -> JSON {
        let reply = try await client.http.send("POST", "/api/session/\(session)/share")
        guard reply.status == 200, let data = try reply.json()["data"] else {
            throw TestSupportError("Not shared: \(reply.status) \(reply.text)")
        }
        return data
    }

    /// Reads a share as a stranger.
    func read(_ url: String, accept: String = "application/json") async throws -> HTTPReply {
        let path = String(url.dropFirst(address.utf8.count))
        return try await hub.stranger.send("GET", path, headers: ["accept": accept])
    }

    /// What a stranger sees, once it is what is waited for: asks again and again, for at most 20 s.
    func read(_ url: String, until isThere: (HTTPReply) -> Bool) async throws -> HTTPReply {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        var reply = try await read(url)
        while !isThere(reply), clock.now < end {
            // The server answers this one after a moment, so that the loop does not spin.
            _ = try await client.http.send("GET", "/api/share")
            reply = try await read(url)
        }
        return reply
    }
}
