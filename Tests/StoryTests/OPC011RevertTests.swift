import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-011 Revert of sessions")
struct OPC011RevertTests {
    static let script: [Turn] = [
        .call("write", ["filePath": "a.txt", "content": "one\n"]), .text("First."),
        .calls([
            ("write", ["filePath": "b.txt", "content": "b\n"]), ("write", ["filePath": "c.txt", "content": "c\n"]),
        ]), .text("Second."), .text("Third."),
    ]

    /// A session of two turns.
    static func session(_ world: StoryWorld) async throws -> (id: String, messages: [JSON]) {
        let (first, json) = try await world.run("Prompt one")
        #expect(first.code == 0, "\(first.story)")
        let id = try #require(json["sessionID"]?.stringValue)
        let (second, _) = try await world.run("-s", id, "Prompt two")
        #expect(second.code == 0, "\(second.story)")
        return (id, try await world.show(id).messages)
    }

    @Test(
        "OPC-011.2 a revert to a message hides it and what follows and takes their files back; unrevert shows them again"
    )
    func messageLevel() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (id, messages) = try await Self.session(world)
            let target = try #require(messages.last { $0["type"] == "user" }?["id"]?.stringValue)
            let preview = try await world.cli.run("session", "revert", id, "--to", target, "--dry-run", "--json")
            #expect(preview.code == 0, "\(preview.story)")
            #expect(try await world.show(id).messages == messages)
            #expect(world.workspace.files == ["a.txt", "b.txt", "c.txt"])
            let revert = try await world.cli.run("session", "revert", id, "--to", target, "--json")
            #expect(revert.code == 0, "\(revert.story)")
            #expect(world.workspace.files == ["a.txt"])
            let hidden = try await world.show(id)
            #expect(hidden.users == ["Prompt one"])
            #expect(hidden.answers == ["First."])
            #expect(hidden.info.at("revert", "messageID")?.stringValue == target)
            #expect(hidden.info.at("revert", "snapshot")?.stringValue?.hasPrefix("snp_") == true)
            #expect(hidden.info.at("revert", "files")?.arrayValue?.count == 2)
            let back = try await world.cli.run("session", "unrevert", id, "--json")
            #expect(back.code == 0, "\(back.story)")
            #expect(try await world.show(id).messages == messages)
            #expect(try await world.show(id).info["revert"] == nil)
            #expect(world.workspace.files == ["a.txt", "b.txt", "c.txt"])
            #expect(try await world.cli.run("session", "unrevert", id).code == 66)
            #expect(try await world.cli.run("session", "revert", id, "--to", "msg_none").code == 66)
            #expect(try await world.cli.run("session", "revert", id, "--to", "\(target)/prt_none").code == 66)
        }
    }

    @Test(
        "OPC-011.2 revert and undo act on the session's own workspace, wherever the command runs; one that is gone is said"
    )
    func elsewhere() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (id, messages) = try await Self.session(world)
            let target = try #require(messages.last { $0["type"] == "user" }?["id"]?.stringValue)
            let elsewhere = CLIProcess(
                home: world.home, directory: world.home.path, environment: world.cli.environment)
            let revert = try await elsewhere.run("session", "revert", id, "--to", target, "--json")
            #expect(revert.code == 0, "\(revert.story)")
            #expect(world.workspace.files == ["a.txt"])
            #expect(try await elsewhere.run("session", "unrevert", id).code == 0)
            #expect(world.workspace.files == ["a.txt", "b.txt", "c.txt"])
            #expect(try await elsewhere.run("undo", "--session", id).code == 0)
            #expect(world.workspace.files == ["a.txt"])
            #expect(try await elsewhere.run("redo", "--session", id).code == 0)
            let away = world.home.path.appending("away")
            #expect(rename(world.workspace.path.string, away.string) == 0)
            let gone = try await elsewhere.run("undo", "--session", id)
            #expect(gone.code == 1 && gone.err.contains(world.workspace.path.string), "\(gone.story)")
            let files = try await elsewhere.run("session", "revert", id, "--to", target)
            #expect(files.code == 1, "\(files.story)")
            #expect(try await elsewhere.run("session", "revert", id, "--to", target, "--conversation").code == 0)
            #expect(rename(away.string, world.workspace.path.string) == 0)
        }
    }

    @Test("OPC-011.2 a revert to a part hides that part and what follows, and takes back only their files")
    func partLevel() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (id, messages) = try await Self.session(world)
            let (message, parts) = Self.lastCalls(messages)
            #expect(parts.count == 2, "\(messages)")
            let part = try #require(parts.last)
            let to = "\(message)/\(part)"
            let revert = try await world.cli.run("session", "revert", id, "--to", to, "--json")
            #expect(revert.code == 0, "\(revert.story)")
            #expect(world.workspace.files == ["a.txt", "b.txt"])
            let hidden = try await world.show(id)
            #expect(hidden.tools.count == 2, "the first call of each turn")
            #expect(hidden.info.at("revert", "partID")?.stringValue == part)
            let (next, _) = try await world.run("-s", id, "Go on")
            #expect(next.code == 0, "\(next.story)")
            let after = try await world.show(id)
            #expect(after.info["revert"] == nil)
            #expect(after.tools.count == 2)
            #expect(after.users == ["Prompt one", "Prompt two", "Go on"])
            let sent = String(decoding: try #require(world.server.agentRequests.last?.body), as: UTF8.self)
            #expect(sent.contains("b.txt") && !sent.contains("c.txt"))
        }
    }

    @Test("OPC-011.3 the next prompt makes a revert final: superseded messages are kept but neither shown nor sent")
    func committed() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (id, messages) = try await Self.session(world)
            let target = try #require(messages.last { $0["type"] == "user" }?["id"]?.stringValue)
            _ = try await world.cli.run("session", "revert", id, "--to", target)
            let (next, _) = try await world.run("-s", id, "Another way")
            #expect(next.code == 0, "\(next.story)")
            let shown = try await world.show(id)
            #expect(shown.users == ["Prompt one", "Another way"])
            #expect(shown.info["revert"] == nil)
            let sent = String(decoding: try #require(world.server.agentRequests.last?.body), as: UTF8.self)
            #expect(sent.contains("Prompt one") && sent.contains("Another way"))
            #expect(!sent.contains("Prompt two") && !sent.contains("b.txt"))
            let all = try await world.cli.run("export", id, "--all")
            #expect(all.code == 0, "\(all.story)")
            #expect(all.out.contains("Prompt two") && all.out.contains("\"superseded\""))
            let some = try await world.cli.run("export", id)
            #expect(!some.out.contains("Prompt two"))
            #expect(try await world.cli.run("session", "unrevert", id).code == 66, "it is final")
        }
    }

    /// The last answer with tool calls, and the parts of its calls.
    static func lastCalls(_ messages: [JSON]) -> (message: String, parts: [String]) {
        for message in messages.reversed() {
            var parts: [String] = []
            for item in message["content"]?.arrayValue ?? [] where item["type"]?.stringValue == "tool" {
                if let part = item["partID"]?.stringValue { parts.append(part) }
            }
            if !parts.isEmpty { return (message["id"]?.stringValue ?? "", parts) }
        }
        return ("", [])
    }

    /// What `session list` says of a staged revert.
    static func stagedMessage(of id: String, in rows: [JSON]) -> String? {
        for row in rows where row["id"]?.stringValue == id { return row.at("revert", "messageID")?.stringValue }
        return nil
    }

    @Test(
        "OPC-011.4 --files reverts files and hides nothing, --conversation the reverse; both are visible in the session"
    )
    func axes() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (id, messages) = try await Self.session(world)
            let target = try #require(messages.last { $0["type"] == "user" }?["id"]?.stringValue)
            let files = try await world.cli.run("session", "revert", id, "--to", target, "--files", "--json")
            #expect(files.code == 0, "\(files.story)")
            #expect(world.workspace.files == ["a.txt"])
            let shown = try await world.show(id)
            #expect(shown.messages == messages)
            let back = try await world.cli.run("session", "unrevert", id)
            #expect(back.code == 0, "\(back.story)")
            #expect(world.workspace.files == ["a.txt", "b.txt", "c.txt"])
            let talk = try await world.cli.run("session", "revert", id, "--to", target, "--conversation", "--json")
            #expect(talk.code == 0, "\(talk.story)")
            #expect(world.workspace.files == ["a.txt", "b.txt", "c.txt"])
            let left = try await world.show(id)
            #expect(left.users == ["Prompt one"])
            let all = try await world.sessions()
            #expect(Self.stagedMessage(of: id, in: all) == target)
        }
    }
}
