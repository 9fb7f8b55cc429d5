import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-001 Import of servers from other programs")
struct OPC001MCPImportTests {
    private static func write(_ world: StoryWorld, _ name: String, _ text: String) throws {
        let file = world.home.userHome.pushing(FilePath(name))
        var folder = world.home.userHome
        for part in FilePath(name).removingLastComponent().components {
            folder.append(part)
            if !TestFiles.exists(folder) { try TestFiles.makeDirectory(folder, mode: 0o700) }
        }
        try TestFiles.write(Array(text.utf8), to: file)
    }

    private static func servers(_ world: StoryWorld) throws -> JSON? {
        let file = world.home.config.appending("mcp.json")
        guard TestFiles.exists(file) else { return nil }
        #expect(TestFiles.mode(of: file) == 0o600)
        return try JSON(parsing: try TestFiles.read(file))["mcpServers"]
    }

    private static let claude = #"""
        {"numStartups": 3, "mcpServers": {
          "git hub!": {"type": "http", "url": "https://a.example/mcp", "headers": {"Authorization": "Bearer ${TOKEN}"}},
          "plain": {"command": "touch", "args": ["made", "${workspaceFolder}/x"], "env": {"KEY": "hush-1"}, "alwaysAllow": ["a"]}},
         "projects": {"/elsewhere": {"mcpServers": {"not-mine": {"command": "true"}}}}}
        """#
    private static let code = #"""
        {// a comment
         "inputs": [{"type": "promptString", "id": "key", "description": "The API key", "password": true}],
         "servers": {"web": {"type": "sse", "url": "https://b.example/sse", "headers": {"X-Key": "${input:key}", "X-Home": "${env:HOME}"}},
                     "bad": {"command": "run", "args": ["--key", "${input:key}"]}, "shell": {"command": "${command:pick}"}}}
        """#
    private static let openCode = #"""
        {"model": "x/y", "mcp": {"db": {"type": "local", "command": ["db-server", "--rw"], "environment": {"PASS": "{env:DB_PASS}"},
          "enabled": false, "timeout": 5000}, "remote": {"type": "remote", "url": "https://c.example/mcp", "oauth": {"clientId": "me"}}}}
        """#

    @Test("OPC-001.4 entries of Claude, VS Code and OpenCode become entries of mcp.json; nothing is started")
    func imports() async throws {
        try await StoryWorld.with([]) { world in
            try Self.write(world, ".claude.json", Self.claude)
            try Self.write(world, ".config/Code/User/mcp.json", Self.code)
            try Self.write(world, ".config/opencode/opencode.json", Self.openCode)
            let dry = try await world.cli.run("mcp", "import", "--dry-run", "--json")
            #expect(dry.code == 0, "\(dry.story)")
            #expect(try Self.servers(world) == nil, "a dry run writes nothing")
            let result = try await world.cli.run("mcp", "import", "--json")
            #expect(result.code == 0, "\(result.story)")
            let rows = try result.json().arrayValue ?? []
            #expect(try dry.json() == result.json())
            #expect(
                rows.map { "\($0["name"]?.stringValue ?? "") \($0["status"]?.stringValue ?? "")" } == [
                    "git-hub imported", "plain imported", "web imported", "bad invalid", "shell invalid", "db imported",
                    "remote imported",
                ], "\(result.out)")
            #expect(!result.out.contains("hush-1"), "values of variables are not shown")
            let servers = try Self.servers(world)
            #expect(servers?["git-hub"]?["headers"] == ["Authorization": "Bearer ${TOKEN}"])
            #expect(servers?["plain"] == ["command": "touch", "args": ["made", "./x"], "env": ["KEY": "hush-1"]])
            #expect(
                servers?["web"] == ["type": "sse", "url": "https://b.example/sse", "headers": ["X-Home": "${HOME}"]])
            #expect(
                servers?["db"] == [
                    "command": "db-server", "args": ["--rw"], "env": ["PASS": "${DB_PASS}"], "timeout": 5000,
                    "disabled": true,
                ])
            #expect(servers?["remote"]?["oauth"] == ["clientId": "me"])
            let notes = rows.flatMap { $0["notes"]?.arrayValue ?? [] }.compactMap(\.stringValue)
            #expect(notes.contains { $0.contains("called \"git-hub\"") }, "\(notes)")
            #expect(notes.contains { $0.contains("alwaysAllow") })
            #expect(notes.contains { $0.contains("The API key") && $0.contains("mcp update web --header 'X-Key: …'") })
            #expect(rows[3]["reason"]?.stringValue?.contains("${input:key}") == true)
            #expect(!world.workspace.exists("made"))
            #expect(try await world.cli.run("mcp", "get", "plain").code == 0)
        }
    }

    @Test("OPC-001.4 a taken name stays as it is and is reported; the same again changes nothing")
    func keeps() async throws {
        try await StoryWorld.with([]) { world in
            try world.workspace.write(
                #"{"mcpServers": {"mine": {"command": "b"}, "new one": {"command": "c"}, "new-one": {"command": "d"}}}"#,
                to: "servers.json")
            #expect(try await world.cli.run("mcp", "add", "mine", "--", "a").code == 0)
            let first = try await world.cli.run("mcp", "import", "servers.json")
            #expect(first.code == 0, "\(first.story)")
            #expect(first.out.contains("stays as it is"), "\(first.out)")
            let servers = try Self.servers(world)
            #expect(servers?["mine"]?["command"] == "a")
            #expect(servers?["new-one"]?["command"] == "c")
            let again = try await world.cli.run("mcp", "import", "servers.json", "--json")
            #expect(again.code == 0, "\(again.story)")
            #expect(try again.json().arrayValue?.allSatisfy { $0["status"] == "exists" } == true, "\(again.out)")
            #expect(try Self.servers(world) == servers)
        }
    }

    @Test("OPC-001.4 what a program's file in the workspace says is taken only by name, and disabled")
    func workspace() async throws {
        let files = [".cursor/mcp.json": #"{"mcpServers": {"evil": {"command": "touch", "args": ["made"]}}}"#]
        try await StoryWorld.with([.text("Hi.")], files: files) { world in
            let none = try await world.cli.run("mcp", "import")
            #expect(none.code == 66, "\(none.story)")
            let cursor = try await world.cli.run("mcp", "import", "cursor")
            #expect(cursor.code == 0, "\(cursor.story)")
            #expect(cursor.err.contains("mcp enable evil"), "\(cursor.story)")
            #expect(try Self.servers(world)?["evil"]?["disabled"] == true)
            #expect(try await world.run("Hello").result.code == 0)
            #expect(!world.workspace.exists("made"))
        }
    }

    @Test(
        "OPC-001.4 what cannot be imported is told apart",
        arguments: [
            ("none.json", 66, "none.json"), ("broken.json", 65, "broken.json:1"), ("other.json", 65, "mcpServers"),
            ("invalid.json", 65, "carrier"), ("opencode", 66, "opencode.json"),
        ])
    func refuses(source: String, code: Int32, words: String) async throws {
        let files = [
            "broken.json": "{\"mcpServers\": ", "other.json": "{\"a\": 1}",
            "invalid.json": #"{"mcpServers": {"x": {"type": "carrier-pigeon", "command": "a"}}}"#,
        ]
        try await StoryWorld.with([], files: files) { world in
            let result = try await world.cli.run("mcp", "import", source)
            #expect(result.code == code, "\(result.story)")
            #expect((result.err + result.out).contains(words), "\(result.story)")
            #expect(try Self.servers(world) == nil)
        }
    }

    @Test("OPC-001.4 with --scope project the entries go to .mcp.json of the workspace")
    func project() async throws {
        try await StoryWorld.with([]) { world in
            try Self.write(
                world, ".cursor/mcp.json",
                #"{"mcpServers": {"x": {"url": "https://a.example/mcp", "headers": {"K": "v"}}}}"#)
            let result = try await world.cli.run("mcp", "import", "cursor", "--scope", "project")
            #expect(result.code == 0, "\(result.story)")
            #expect(try world.workspace.text(".mcp.json").contains("a.example"))
            #expect(result.err.contains("If they are secret"), "\(result.story)")
            #expect(try Self.servers(world) == nil)
        }
    }
}
