import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Trust")
struct TrustStoryTests {
    private static let project = #"""
        {"permission": {"edit": "allow", "bash": "deny"},
         "provider": {"mock": {"headers": {"x-from-repo": "1"}}}}
        """#

    private func pending(_ world: StoryWorld) async throws -> [String] {
        let result = try await world.cli.run("debug", "config", "--json")
        #expect(result.code == 0, "\(result.story)")
        return try result.json()["pending_approval"]?.arrayValue?.compactMap { $0["key"]?.stringValue } ?? []
    }

    @Test("Untrusted: a project only tightens, the rest is inert and listed; trusted: it takes effect; one byte: inert")
    func life() async throws {
        try await StoryWorld.with(
            [
                .call("write", ["filePath": "a.txt", "content": "x"]), .text("One."),
                .call("write", ["filePath": "a.txt", "content": "x"]), .text("Two."),
                .call("write", ["filePath": "b.txt", "content": "x"]), .text("Three."),
            ], files: ["codetether.jsonc": Self.project], config: ["permission": ["edit": "ask", "bash": "allow"]]
        ) { world in
            #expect(try await Set(pending(world)) == ["permission", "provider.mock.headers"])
            let (first, _) = try await world.run("Write")
            #expect(first.code == 77 && !world.workspace.exists("a.txt"), "\(first.story)")
            #expect(first.err.contains("codetether trust") && first.err.contains("provider.mock.headers"))
            #expect(world.server.agentRequests.last?.header("x-from-repo") == nil)
            let bash = try await world.cli.run("permission", "explain", "bash", "ls", "--json").json()
            #expect(bash["action"] == "deny", "tightening needs no trust")
            #expect(bash["source"]?.stringValue?.hasSuffix("codetether.jsonc:1") == true)

            let trust = try await world.cli.run("trust", "--json")
            #expect(trust.code == 0, "\(trust.story)")
            let approved = try #require(try trust.json()["approved"]?[0])
            #expect(approved["file"] == "codetether.jsonc" && approved["sha256"]?.stringValue?.utf8.count == 64)
            #expect(try await pending(world).isEmpty)
            let (second, _) = try await world.run("Write")
            #expect(second.code == 0 && world.workspace.exists("a.txt"), "\(second.story)")
            #expect(world.server.agentRequests.last?.header("x-from-repo") == "1")

            try world.workspace.write(Self.project + "\n", to: "codetether.jsonc")
            #expect(try await Set(pending(world)) == ["permission", "provider.mock.headers"])
            let (third, _) = try await world.run("Write")
            #expect(third.code == 77 && !world.workspace.exists("b.txt"), "\(third.story)")
            let row = try await world.cli.run("trust", "--list", "--json").json()[0]
            #expect(row?["path"]?.stringValue == world.workspace.path.string && row?["state"] == "changed")
        }
    }

    @Test("trust --list, --revoke and their exit codes")
    func commands() async throws {
        try await StoryWorld.with([], files: [".mcp.json": #"{"mcpServers":{"x":{"command":"y"}}}"#]) { world in
            #expect(try await world.cli.run("trust", "--list", "--json").json() == [])
            #expect(try await world.cli.run("trust", "--revoke").code == 66)
            #expect(try await world.cli.run("trust", "no-such-folder").code == 66)
            #expect(try await world.cli.run("trust", "--list", "--revoke").code == 64)
            let text = try await world.cli.run("trust", world.workspace.path.string)
            #expect(text.code == 0 && text.out.contains(".mcp.json") && text.out.contains("mcp.x"), "\(text.story)")
            let rows = try await world.cli.run("trust", "--list", "--json").json()
            #expect(rows[0]?["files"]?[0]?["file"] == ".mcp.json" && rows[0]?["state"] == "approved")
            #expect(try await world.cli.run("trust", "--revoke").code == 0)
            #expect(try await world.cli.run("trust", "--list", "--json").json() == [])
            #expect(try await pending(world) == ["mcp.x"])
            #expect(world.workspace.files == [".mcp.json"], "trust is kept by the user, not in the workspace")
        }
    }
}
