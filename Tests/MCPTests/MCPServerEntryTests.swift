import MCP
import Support
import Testing

@Suite("Entries of MCP servers")
struct MCPServerEntryTests {
    private func entry(_ json: JSON, name: String = "s", variables: [String: String]? = [:]) throws(MCPError)
        -> MCPServerEntry
    {
        try MCPServerEntry(name: name, scope: .user, json: json, file: "mcp.json", variables: variables)
    }

    @Test("Our form, OpenCode's, Claude's, Cursor's and VS Code's of a program mean the same")
    func programs() throws {
        let wanted = MCPServerEntry.Kind.process(
            command: "npx", arguments: ["-y", "x"], environment: ["K": "v"], directory: "sub")
        let forms: [JSON] = [
            ["command": "npx", "args": ["-y", "x"], "env": ["K": "v"], "cwd": "sub"],
            ["type": "stdio", "command": "npx", "args": ["-y", "x"], "env": ["K": "v"], "cwd": "sub"],
            [
                "type": "local", "command": ["npx", "-y", "x"], "environment": ["K": "v"], "cwd": "sub",
                "enabled": true,
            ],
        ]
        for form in forms { #expect(try entry(form).kind == wanted, "\(form.text())") }
    }

    @Test("Every form of an address means the same")
    func addresses() throws {
        for (form, isEventStream) in [
            (["url": "https://a.example/mcp"] as JSON, false),
            (["type": "http", "url": "https://a.example/mcp"], false),
            (["type": "streamable-http", "url": "https://a.example/mcp"], false),
            (["type": "remote", "url": "https://a.example/mcp", "enabled": true], false),
            (["serverUrl": "https://a.example/mcp"], false), (["type": "sse", "url": "https://a.example/mcp"], true),
        ] {
            let read = try entry(form)
            #expect(read.url == "https://a.example/mcp", "\(form.text())")
            #expect(read.type == (isEventStream ? "sse" : "http"))
            #expect(!read.isDisabled)
        }
        #expect(try entry(["url": "https://a.example", "enabled": false]).isDisabled)
        #expect(try entry(["url": "https://a.example", "disabled": true]).isDisabled)
    }

    private static let wrong: [(JSON, String)] = [
        (["command": 7], "mcpServers.s.command"), (["args": []], "neither"), ([:], "neither"),
        (["url": "ftp://x/"], "mcpServers.s.url"), (["url": "https://a b/"], "url"),
        (["url": "https://a", "timeout": 0], "timeout"), (["command": "x", "env": ["A": []]], "env.A"),
        (["url": "https://a/", "headers": ["X": "a\nb"]], "headers.X"), (["type": "carrier-pigeon"], "type"),
        (["command": []], "empty"), (["url": "https://a/", "oauth": 3], "oauth"), ("text", "object"),
        (["url": "https://a/", "disabled": "yes"], "disabled"),
    ]

    @Test("What is wrong is named with file and key", arguments: wrong)
    func faults(json: JSON, words: String) {
        do throws(MCPError) {
            _ = try entry(json)
            Issue.record("\(json.text()) was taken")
        } catch {
            #expect(error.kind == .config)
            #expect(error.message.contains("mcp.json") && error.message.contains(words), "\(error.message)")
        }
    }

    @Test(
        "Names that a tool's name cannot carry are refused",
        arguments: ["", "a b", "ä", "resource", "a/b", "x__".padded(33)])
    func names(name: String) {
        #expect(throws: MCPError.self) { try MCPServerEntry.check(name: name) }
    }

    @Test("Variables are put in only for approved entries; a missing one is named")
    func variables() throws {
        let json: JSON = ["url": "https://${HOST:-a.example}/mcp", "headers": ["A": "Bearer ${TOKEN}"]]
        #expect(try entry(json, variables: nil).url == "https://${HOST:-a.example}/mcp")
        let read = try entry(json, variables: ["TOKEN": "t", "HOST": "b.example"])
        #expect(
            read.kind
                == .address(url: "https://b.example/mcp", headers: ["A": "Bearer t"], isEventStream: false, oauth: nil))
        do throws(MCPError) {
            _ = try entry(json, variables: [:])
            Issue.record("a missing variable was taken")
        } catch { #expect(error.message.contains("TOKEN")) }
    }

    @Test("What is shown of a definition has no secret")
    func redaction() {
        let shown = MCPRedaction.definition([
            "url": "https://user:pw@a.example/mcp?key=s1", "headers": ["X": "s2"], "env": ["K": "s3"],
            "oauth": ["client_id": "id", "client_secret": "s4"],
        ]).text()
        for secret in ["pw", "s1", "s2", "s3", "s4"] { #expect(!shown.contains(secret), "\(shown)") }
        #expect(shown.contains("a.example"))
    }
}

extension String {
    fileprivate func padded(_ count: Int) -> String { self + String(repeating: "x", count: count - utf8.count) }
}
