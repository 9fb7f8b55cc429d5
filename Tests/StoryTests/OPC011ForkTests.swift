import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-011 Forks of sessions")
struct OPC011ForkTests {
    static let script: [Turn] = [
        .call("write", ["filePath": "a.txt", "content": "one\n"], id: "call_w"), .text("First."), .text("Second."),
        .text("In the fork."),
    ]

    @Test("OPC-011.1 fork --at copies what stands before the message; the fork goes on by itself, its source stays")
    func forks() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let (second, _) = try await world.run("-s", id, "More")
            #expect(second.code == 0, "\(second.story)")
            let before = try await world.show(id)
            let prompt = try #require(before.messages.last { $0["type"] == "user" }?["id"]?.stringValue)
            let result = try await world.cli.run("session", "fork", id, "--at", prompt, "--json")
            #expect(result.code == 0, "\(result.story)")
            let fork = try #require(try result.json()["id"]?.stringValue)
            #expect(fork != id)
            #expect(try result.json()["forkedFrom"] == ["sessionID": .string(id), "messageID": .string(prompt)])
            #expect(try result.json().at("fork", "boundary") == ["type": "before", "messageID": .string(prompt)])
            let copy = try await world.show(fork)
            #expect(copy.users == ["Write a"])
            #expect(copy.answers == ["First."])
            #expect(copy.toolStates == ["completed"])
            let ids = Set(before.messages.compactMap { $0["id"]?.stringValue })
            #expect(ids.isDisjoint(with: copy.messages.compactMap { $0["id"]?.stringValue }))
            let (third, _) = try await world.run("-s", fork, "Go on")
            #expect(third.code == 0, "\(third.story)")
            #expect(try await world.show(fork).answers == ["First.", "In the fork."])
            #expect(try await world.show(id).messages == before.messages)
            let sent = String(decoding: try #require(world.server.agentRequests.last?.body), as: UTF8.self)
            #expect(sent.contains("Write a"))
            #expect(!sent.contains("\"More\""), "what came after the boundary is not sent")
        }
    }

    @Test("OPC-011.1 run --fork continues in a copy; a message that is not there is 66")
    func runFork() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let messages = try await world.show(id).messages
            let (second, forked) = try await world.run("-c", "--fork", "More")
            #expect(second.code == 0, "\(second.story)")
            let fork = try #require(forked["sessionID"]?.stringValue)
            #expect(fork != id)
            #expect(try await world.show(fork).answers == ["First.", "Second."])
            #expect(try await world.show(id).messages == messages)
            let none = try await world.cli.run("session", "fork", id, "--at", "msg_nowhere")
            #expect(none.code == 66, "\(none.story)")
            #expect(none.err.contains("msg_nowhere"))
            let usage = try await world.cli.run("run", "--fork", "Hello")
            #expect(usage.code == 64, "\(usage.story)")
        }
    }

    @Test("OPC-011.4 Where a fork comes from is shown by list, show, export and tree")
    func metadata() async throws {
        try await TransferWorld.with { world in
            let id = try await world.add(TransferWorld.session(1, title: "Root"))
            let fork = try await world.cli.run("session", "fork", id).out.split(separator: "\n").first.map(String.init)
            let forkID = try #require(fork)
            let second = try await world.cli.run("session", "fork", forkID, "--json").json()
            #expect(second["title"] == "Root (fork #2)")
            #expect(second.at("forkedFrom", "messageID")?.isNull == true)
            let row = try #require(try await world.list().first { $0["id"]?.stringValue == forkID })
            #expect(row.at("forkedFrom", "sessionID")?.stringValue == id)
            #expect(row["title"] == "Root (fork #1)")
            let export = try await world.cli.run("export", forkID).json()
            #expect(export.at("info", "forkedFrom", "sessionID")?.stringValue == id)
            for start in [[], [id], [forkID]] {
                let tree = try await world.cli.run(["session", "tree", "--json"] + start).json()
                #expect(tree.ids == [id], "from \(start)")
                let below = tree[0]?["children"]
                #expect(below?.ids == [forkID])
                #expect(below?[0]?["relation"] == "fork")
                #expect(below?[0]?["children"]?.ids == second["id"]?.stringValue.map { [$0] })
            }
            let text = try await world.cli.run("session", "tree").out
            #expect(text.contains("└─ fork \(forkID)"), "\(text)")
        }
    }

    @Test("OPC-011.1 fork --worktree works on a branch of its own; hooks and filters of the repository do not run")
    func worktree() async throws {
        try await TransferWorld.with { world in
            let prepare = """
                set -e; git init -q . ; mkdir -p sub; echo one > sub/a.txt; echo '*.txt filter=evil' > .gitattributes
                git -c user.name=t -c user.email=t@t add . ; git -c user.name=t -c user.email=t@t commit -q -m one
                git config filter.evil.smudge 'touch filter-ran; cat'; git config filter.evil.clean cat; git config filter.evil.required true
                printf '#!/bin/sh\ntouch "%s/hook-ran"\n' "$PWD" > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
                echo dirty > sub/a.txt
                """
            let prepared = try await world.shell(prepare)
            #expect(prepared.code == 0, "\(prepared.story)")
            let id = try await world.add(TransferWorld.session(1, title: "Root"))
            let state = try await world.shell("git rev-parse HEAD; git symbolic-ref HEAD; git status --porcelain").out
            let result = try await world.cli.run("session", "fork", id, "--worktree", "--json")
            #expect(result.code == 0, "\(result.story)")
            let directory = try #require(try result.json().at("location", "directory")?.stringValue)
            #expect(directory.contains("/data/worktrees/"))
            #expect(try TestFiles.text(FilePath(directory).appending("sub/a.txt")) == "one\n")
            #expect(!TestFiles.exists(FilePath(directory).appending("filter-ran")))
            #expect(!TestFiles.exists(world.workspace.path.appending("hook-ran")))
            #expect(!TestFiles.exists(world.workspace.path.appending("filter-ran")))
            #expect(
                try await world.shell("git rev-parse HEAD; git symbolic-ref HEAD; git status --porcelain").out == state)
            let branches = try await world.shell("git for-each-ref --format='%(refname)' refs/heads").out
            #expect(branches.contains("refs/heads/codetether/"))
            let bad = try await world.cli.run("session", "fork", id, "--worktree", "--at", "msg_nowhere")
            #expect(bad.code == 66, "\(bad.story)")
            let after = try await world.shell("git for-each-ref --format='%(refname)' refs/heads; git worktree list")
                .out
            #expect(after.split(separator: "\n").count == branches.split(separator: "\n").count + 2, "\(after)")
        }
    }

    @Test(
        "OPC-011.1 fork --worktree makes the session's directory when no commit has it, and says when there is no commit"
    )
    func worktreeOfUncommitted() async throws {
        let commit = "git -c user.name=t -c user.email=t@t commit -q --allow-empty -m one"
        let script: [Turn] = [
            .call("bash", ["command": "rm -rf ../.git; git init -q .."]), .text("Hello."),
            .call("bash", ["command": .string(commit)]), .text("Done."),
        ]
        try await StoryWorld.with(script, files: ["sub/a.txt": "one\n"]) { world in
            let cli = CLIProcess(
                home: world.home, directory: world.workspace.path.appending("sub"), environment: world.cli.environment)
            let run = try await cli.run("run", "--format", "json", "--title", "Story", "Go")
            let id = try #require(try run.json()["sessionID"]?.stringValue)
            let unborn = try await cli.run("session", "fork", id, "--worktree")
            #expect(unborn.code == 1 && unborn.err.contains("has no commit"), "\(unborn.story)")
            _ = try await cli.run("run", "-s", id, "Commit")
            let fork = try await cli.run("session", "fork", id, "--worktree", "--json")
            #expect(fork.code == 0, "\(fork.story)")
            let directory = try #require(try fork.json().at("location", "directory")?.stringValue)
            #expect(directory.hasSuffix("/sub") && TestFiles.exists(FilePath(directory)))
        }
    }
}
