import Configuration
import MCP
import Permissions
import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Templates

@Suite("Resources that a prompt mentions")
struct ResourceMentionsTests {
    /// Servers that nobody may start.
    private func servers() -> MCPServers {
        MCPServers(
            make: { (entry, _) throws(MCPError) in
                Issue.record("'\(entry.name)' was started")
                throw MCPError(.unavailable, "no servers here")
            }, time: SystemTime(), publish: { _ in }, log: { _ in })
    }

    private func mentions(_ servers: MCPServers, _ action: PermissionAction = .allow) -> ResourceMentions {
        ResourceMentions(servers: servers) { resource, _ in
            PermissionDecision(
                action: action, permission: "mcp", pattern: resource,
                rule: ConfiguredRule(permission: "mcp", pattern: "*", action: action, source: "test"))
        }
    }

    @Test("A text without mentions, or with what only looks like one, is left alone")
    func nothing() async {
        let mentions = mentions(servers())
        for text in ["", "Hello @you", "@urn:isbn:12 is no server", "me@x:memo://y"] {
            #expect(await mentions.resources(in: text, agent: "build") == MentionedResources(), "\(text)")
        }
    }

    @Test("16 different ones are looked at; the rest is told once")
    func bounds() async {
        let text = (0..<40).map { "@none:memo://\($0) @none:memo://\($0)" }.joined(separator: "\n")
        let found = await mentions(servers()).resources(in: text, agent: "build")
        #expect(found.files.isEmpty)
        #expect(found.notices.count <= MentionScanner.maxMentions + 1)
        #expect(found.notices.first?.contains("Only the first 16") == true, "\(found.notices)")
    }

    @Test("Nothing is started for a server that waits for approval or is disabled, and rules are asked first")
    func contactsNobody() async throws {
        let servers = servers()
        var off = try MCPServerEntry(
            name: "off", scope: .user, json: ["command": "x", "disabled": true], file: "t", variables: nil)
        var contents = MCPRegistry.Contents()
        contents.entries.append(off)
        off.name = "new"
        off.isDisabled = false
        off.isApproved = false
        contents.entries.append(off)
        await servers.apply(contents)
        let found = await mentions(servers).resources(in: "@off:m://\u{202E}a @new:m://b", agent: "build")
        #expect(found.notices.count == 2)
        #expect(found.notices.joined().contains("mcp enable off") && found.notices.joined().contains("mcp approve new"))
        #expect(!found.notices.joined().unicodeScalars.contains("\u{202E}"))
        let denied = await mentions(servers, .deny).resources(in: "@new:m://b", agent: "build")
        #expect(denied.notices.first?.contains("mcp \"*\" = deny (test)") == true, "\(denied.notices)")
        await servers.close()
    }
}
