import Support
import SystemPackage
import Testing

@testable import MCP

@Suite("Entries of other programs")
struct MCPImportTests {
    private func one(_ json: JSON, name: String = "s") throws -> MCPImport.Candidate {
        let file: JSON = ["mcpServers": .object([name: json])]
        return try #require(try MCPImport.candidates(file.bytes(), file: "/f.json", workspace: "/w").first)
    }

    @Test(
        "A name becomes one that is allowed here",
        arguments: [
            ("git hub!", "git-hub"), ("@scope/server-x", "scope-server-x"), ("a_b-C1", "a_b-C1"), ("äöü", "server"),
            ("resource", "resource-1"), (String(repeating: "x", count: 40), String(repeating: "x", count: 32)),
            ("--", "--"), ("", "server"),
        ])
    func names(original: String, name: String) throws {
        #expect(MCPImport.name(original) == name)
        try MCPServerEntry.check(name: MCPImport.name(original))
    }

    @Test(
        "Variables become ours; what has no counterpart makes the entry unusable",
        arguments: [
            ("${TOKEN}", "${TOKEN}"), ("${TOKEN:-x}", "${TOKEN:-x}"), ("${env:TOKEN}", "${TOKEN}"),
            ("a{env:B}c", "a${B}c"),
            ("${workspaceFolder}/x", "./x"), ("${userHome}${/}y", "${HOME}/y"), ("{\"a\": {}}", "{\"a\": {}}"),
            ("${", "${"), ("$5 {x", "$5 {x"), ("${command:pick}", nil), ("{file:~/.key}", nil), ("${input:key}", nil),
            ("${config:a.b}", nil), ("${workspaceFolderBasename}", nil),
        ])
    func variables(text: String, wanted: String?) throws {
        let made = try one(["command": "run", "args": [.string(text)]])
        if let wanted {
            #expect(made.problem == nil, "\(made.problem ?? "")")
            #expect(made.definition["args"]?[0]?.stringValue == wanted)
        } else {
            #expect(made.problem?.contains(text) == true, "\(made.problem ?? "taken")")
        }
    }

    @Test("Claude's file has servers of everywhere and of directories; only this workspace's are taken")
    func projects() throws {
        let file: JSON = [
            "mcpServers": ["a": ["command": "a"]],
            "projects": ["/w": ["mcpServers": ["b": ["command": "b"]]], "/x": ["mcpServers": ["c": ["command": "c"]]]],
        ]
        let found = try MCPImport.candidates(file.bytes(), file: "/f.json", workspace: "/w")
        #expect(found.map(\.name) == ["a", "b"])
        let none: JSON = ["projects": [:]]
        #expect(try MCPImport.candidates(none.bytes(), file: "/f.json", workspace: "/w").isEmpty)
    }

    @Test("Settings of VS Code hold their servers below mcp.servers; no more than 256 of a file are read")
    func lists() throws {
        let settings: JSON = ["mcp": ["servers": ["a": ["url": "https://a.example/"]]], "editor.tabSize": 2]
        #expect(try MCPImport.candidates(settings.bytes(), file: "/f", workspace: "/w").map(\.name) == ["a"])
        var many: JSONObject = [:]
        for number in 0..<300 { many["s\(number)"] = ["command": "x"] }
        let file: JSON = ["mcpServers": .object(many)]
        #expect(
            try MCPImport.candidates(file.bytes(), file: "/f", workspace: "/w").count == MCPImport.maxEntries)
    }

    @Test("What is hostile in an entry is escaped where it is shown, and what is wrong is named")
    func hostile() throws {
        let made = try one(["command": "x", "\u{1B}[2J": 1, "envFile": ".env", "timeout": "soon"])
        #expect(made.problem == nil)
        #expect(made.notes.joined().contains("envFile") && made.notes.joined().contains("timeout"))
        #expect(!made.notes.joined().unicodeScalars.contains("\u{1B}"))
        #expect(try one("text").problem?.contains("object") == true)
        #expect(try one([:]).problem?.contains("neither") == true)
        #expect(try one(["url": "ftp://x/"]).problem != nil)
    }
}
