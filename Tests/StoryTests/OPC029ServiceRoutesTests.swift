import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-029 The log and language servers over HTTP")
struct OPC029ServiceRoutesTests {
    @Test("A client's line goes into the server's log, escaped; language servers are listed as configured")
    func services() async throws {
        let config: JSONObject = [
            "lsp": ["swift": ["command": ["sourcekit-lsp"], "extensions": [".swift"]], "ts": ["disabled": true]]
        ]
        try await ServeWorld.with(config: config) { world in
            let servers = try await world.http.send("GET", "/api/lsp").json()["data"]?.arrayValue ?? []
            #expect(servers.map { $0["id"] } == ["swift", "ts"])
            #expect(servers.map { $0["status"] } == ["stopped", "disabled"])
            #expect(try await world.http.send("GET", "/api/plugin").json()["data"] == [])
            let line: JSON = [
                "service": "editor", "level": "error", "message": "it broke\nlevel=error forged", "extra": ["a": 1],
            ]
            #expect(try await world.http.send("POST", "/api/log", json: line).status == 204)
            let wrong = try await world.http.send("POST", "/api/log", json: ["service": "x", "level": "loud"])
            #expect(wrong.status == 400)
            world.process.send(15)
            _ = try await world.process.finish()
            let logs = TestFiles.tree(world.story.home.path.appending("state/log"))
            let text = try logs.map { try TestFiles.text($0) }.joined()
            #expect(text.contains("client: it broke"))
            #expect(!text.contains("\nlevel=error forged"))
        }
    }
}
