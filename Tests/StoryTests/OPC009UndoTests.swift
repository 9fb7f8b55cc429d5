import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-009 Undo")
struct OPC009UndoTests {
    /// One turn that writes a new file, changes one through bash and removes another.
    static let script: [Turn] = [
        .call("write", ["filePath": "new/file.txt", "content": "agent\n"]),
        .call("bash", ["command": "printf 'changed\\r\\n' > kept.txt; rm gone.txt; mkdir d; echo x > d/made"]),
        .text("Done."),
    ]
    static let files = ["kept.txt": "yours\r\n", "gone.txt": "precious\n", "other.txt": "untouched\n"]

    /// States by path.
    static func states(_ json: JSON) -> [String: String] {
        var states: [String: String] = [:]
        for file in json["files"]?.arrayValue ?? [] {
            states[file["path"]?.stringValue ?? ""] = file["state"]?.stringValue
        }
        return states
    }

    /// A `git` in front of the real one that writes down how it is called.
    static func shim(in world: StoryWorld) throws -> (path: String, log: FilePath) {
        let folder = world.home.path.appending("shim")
        let log = world.home.path.appending("git.log")
        let script = """
            #!/bin/sh
            echo "$GIT_DIR|$*" >> '\(log)'
            PATH=${PATH#*:} exec git "$@"

            """
        try TestFiles.makeDirectory(folder)
        try TestFiles.write(script.utf8, to: folder.appending("git"), mode: 0o755)
        return ("\(folder):/usr/local/bin:/usr/bin:/bin", log)
    }

    @Test("OPC-009.1 undo restores every byte without git reset, and the user's repository is not touched")
    func noReset() async throws {
        try await StoryWorld.with(Self.script, files: Self.files) { world in
            let (path, log) = try Self.shim(in: world)
            var cli = world.cli
            cli.environment["PATH"] = path
            let run = try await cli.run("run", "--format", "json", "--title", "Story", "Go")
            #expect(run.code == 0, "\(run.story)")
            #expect(try world.workspace.text("kept.txt") == "changed\r\n")
            #expect(!world.workspace.exists("gone.txt"))
            let git = world.workspace.path.appending(".git")
            let before = try TestFiles.tree(git).map { "\($0) \(try TestFiles.text($0))" }
            let undo = try await cli.run("undo", "--json")
            #expect(undo.code == 0, "\(undo.story)")
            let json = try undo.json()
            #expect(
                Self.states(json) == [
                    "new/file.txt": "restored", "kept.txt": "restored", "gone.txt": "restored", "d/made": "restored",
                ])
            #expect(json["checkpoint"]?.stringValue?.hasPrefix("snp_") == true)
            #expect(json["sessionID"]?.stringValue?.hasPrefix("ses_") == true)
            #expect(world.workspace.files == ["gone.txt", "kept.txt", "other.txt"])
            #expect(!world.workspace.exists("d") && !world.workspace.exists("new"))
            for (name, text) in Self.files { #expect(try world.workspace.text(name) == text) }
            #expect(try TestFiles.tree(git).map { "\($0) \(try TestFiles.text($0))" } == before)
            let calls = try TestFiles.text(log).split(separator: "\n")
            #expect(!calls.isEmpty)
            for call in calls {
                #expect(!call.contains("reset") && !call.contains("checkout") && !call.contains("stash"), "\(call)")
                #expect(!call.hasPrefix(world.workspace.path.string), "a git command on the user's repository: \(call)")
            }
        }
    }

    @Test("OPC-009.2 --dry-run changes nothing, --file undoes one file, and what the user changed is kept")
    func preview() async throws {
        try await StoryWorld.with(Self.script, files: Self.files) { world in
            _ = try await world.run("Go")
            let preview = try await world.cli.run("undo", "--dry-run", "--json")
            #expect(preview.code == 0, "\(preview.story)")
            #expect(Self.states(try preview.json()).values.allSatisfy { $0 == "restored" })
            #expect(try preview.json()["checkpoint"]?.isNull == true)
            #expect(try world.workspace.text("kept.txt") == "changed\r\n")
            #expect(!world.workspace.exists("gone.txt"))
            let one = try await world.cli.run("undo", "--file", "gone.txt", "--json")
            #expect(one.code == 0, "\(one.story)")
            #expect(Self.states(try one.json()) == ["gone.txt": "restored"])
            #expect(try world.workspace.text("gone.txt") == "precious\n")
            #expect(try world.workspace.text("kept.txt") == "changed\r\n")
            try world.workspace.write("mine\n", to: "kept.txt")
            TestFiles.setMode(0o755, of: world.workspace.path.pushing("d/made"))
            let rest = try await world.cli.run("undo", "--json")
            #expect(rest.code == 0, "kept files are no failure: \(rest.story)")
            #expect(
                Self.states(try rest.json()) == [
                    "kept.txt": "changed-by-you", "d/made": "changed-by-you", "new/file.txt": "restored",
                ])
            #expect(try world.workspace.text("kept.txt") == "mine\n")
            _ = try await world.cli.run("redo")
            let plain = try await world.cli.run("undo", "--dry-run")
            #expect(plain.out.contains("--merge"), "the next step is said: \(plain.story)")
        }
    }

    @Test("OPC-009.2 --merge keeps the user's lines and takes the agent's back; a conflict is written beside the file")
    func merges() async throws {
        let original = (1...20).map { "line \($0)\n" }.joined()
        let agent = original.replacing("line 2\n", with: "agent 2\n")
        let script: [Turn] = [
            .call("read", ["filePath": "a.txt"]), .call("read", ["filePath": "b.txt"]),
            .call("write", ["filePath": "a.txt", "content": .string(agent)]),
            .call("write", ["filePath": "b.txt", "content": "agent\n"]), .text("Done."),
        ]
        try await StoryWorld.with(script, files: ["a.txt": original, "b.txt": "old\n"]) { world in
            _ = try await world.run("Go")
            try world.workspace.write(agent.replacing("line 19\n", with: "mine 19\n"), to: "a.txt")
            try world.workspace.write("mine\n", to: "b.txt")
            let undo = try await world.cli.run("undo", "--merge", "--json")
            #expect(undo.code == 0, "\(undo.story)")
            #expect(try world.workspace.text("a.txt") == original.replacing("line 19\n", with: "mine 19\n"))
            #expect(try world.workspace.text("b.txt") == "mine\n", "a conflict does not touch the file")
            let beside = try #require(world.workspace.files.first { $0.contains("conflict") })
            #expect(try world.workspace.text(beside).contains("old"))
            let redo = try await world.cli.run("redo", "--json")
            #expect(redo.code == 0, "\(redo.story)")
            #expect(try world.workspace.text("a.txt") == agent.replacing("line 19\n", with: "mine 19\n"))
        }
    }

    @Test("OPC-009.3 undo walks back turn by turn, redo forward, --to goes to a message; then there is nothing: 66")
    func checkpoints() async throws {
        let script: [Turn] = [
            .call("write", ["filePath": "a.txt", "content": "one\n"]), .text("1"),
            .call("read", ["filePath": "a.txt"]), .call("write", ["filePath": "a.txt", "content": "two\n"]), .text("2"),
            .text("3"),
        ]
        try await StoryWorld.with(script) { world in
            let (_, first) = try await world.run("First")
            let id = try #require(first["sessionID"]?.stringValue)
            _ = try await world.run("-c", "Second")
            _ = try await world.run("-c", "Nothing")
            #expect(try world.workspace.text("a.txt") == "two\n")
            let list = try await world.cli.run("undo", "--list", "--json")
            let points = try list.json().arrayValue ?? []
            #expect(
                points.count == 2 && points.allSatisfy { $0["kind"] == "turn" && $0["undone"] == false },
                "\(list.story)")
            _ = try await world.cli.run("undo")
            #expect(try world.workspace.text("a.txt") == "one\n")
            _ = try await world.cli.run("undo", "--session", id)
            #expect(!world.workspace.exists("a.txt"))
            let nothing = try await world.cli.run("undo", "--json")
            #expect(nothing.code == 66, "\(nothing.story)")
            #expect(try nothing.json().at("error", "name") == "UndoError")
            _ = try await world.cli.run("redo")
            #expect(try world.workspace.text("a.txt") == "one\n")
            let redo = try await world.cli.run("redo", "--json")
            #expect(redo.code == 0, "\(redo.story)")
            #expect(try world.workspace.text("a.txt") == "two\n")
            #expect(try await world.cli.run("redo").code == 66)
            let message = try #require(points.last?["id"]?.stringValue)
            let to = try await world.cli.run("undo", "--to", message, "--json")
            #expect(to.code == 0, "\(to.story)")
            #expect(!world.workspace.exists("a.txt"))
            let checkpoint = try #require(try to.json()["checkpoint"]?.stringValue)
            let restored = try await world.cli.run("snapshot", "restore", checkpoint)
            #expect(restored.code == 0, "\(restored.story)")
            #expect(try world.workspace.text("a.txt") == "two\n")
            #expect(try await world.cli.run("undo", "--to", "msg_none").code == 66)
            let events = try await world.cli.run("session", "show", id, "--json")
            #expect(events.code == 0)
        }
    }

    @Test("OPC-009.3 two sessions in one workspace undo only their own work")
    func twoSessions() async throws {
        let script: [Turn] = [
            .call("write", ["filePath": "a.txt", "content": "A\n"]), .text("1"),
            .call("write", ["filePath": "b.txt", "content": "B\n"]), .text("2"),
        ]
        try await StoryWorld.with(script) { world in
            let (_, first) = try await world.run("First")
            let id = try #require(first["sessionID"]?.stringValue)
            _ = try await world.run("Second")
            let undo = try await world.cli.run("undo", "--session", id, "--json")
            #expect(Self.states(try undo.json()) == ["a.txt": "restored"])
            #expect(!world.workspace.exists("a.txt"))
            #expect(try world.workspace.text("b.txt") == "B\n")
        }
    }

    @Test("OPC-009.4 a failure exits 1, leaves every file and says how to recover; a lost object is said, not guessed")
    func failures() async throws {
        try await StoryWorld.with(Self.script, files: Self.files) { world in
            _ = try await world.run("Go")
            let store = try #require(TestFiles.list(world.home.data.appending("snapshots")).first)
            let directory = world.home.data.appending("snapshots").appending(store)
            let refs = directory.pushing("refs/codetether/snapshots")
            TestFiles.remove(refs)
            try TestFiles.write("in the way\n".utf8, to: refs)
            let before = try world.workspace.files.map { try world.workspace.bytes($0) }
            let failed = try await world.cli.run("undo", "--json")
            #expect(failed.code == 1, "\(failed.story)")
            #expect(failed.err.contains("as they were") && failed.err.contains("try again"), "\(failed.err)")
            #expect(try world.workspace.files.map { try world.workspace.bytes($0) } == before)
            TestFiles.remove(refs)
            // The old content of gone.txt is lost.
            let lost = try await Self.removeObject(of: "precious\n", in: directory, world)
            #expect(lost)
            let undo = try await world.cli.run("undo", "--json")
            #expect(undo.code == 0, "\(undo.story)")
            #expect(Self.states(try undo.json())["gone.txt"] == "missing-object")
            #expect(Self.states(try undo.json())["kept.txt"] == "restored")
            #expect(try world.workspace.text("kept.txt") == "yours\r\n")
        }
    }

    /// Deletes the loose object of a content; false when it is not there.
    static func removeObject(of text: String, in store: FilePath, _ world: StoryWorld) async throws -> Bool {
        let file = world.home.path.appending("content")
        try TestFiles.write(text.utf8, to: file)
        var options = ChildOptions(
            "/usr/bin/env", ["git", "hash-object", file.string], directory: world.workspace.path,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
        options.timeout = .seconds(20)
        let hash = try await ChildProcess.run(options).out.filter { $0 != "\n" }
        let object = store.pushing(FilePath("objects/\(hash.prefix(2))/\(hash.dropFirst(2))"))
        guard TestFiles.exists(object) else { return false }
        TestFiles.remove(object)
        return true
    }

    @Test("Undo works in a directory without git, after a collection, and with snapshots switched off from the journal")
    func withoutGit() async throws {
        let script: [Turn] = [
            .call("read", ["filePath": "a.txt"]), .call("write", ["filePath": "a.txt", "content": "agent\n"]),
            .call("bash", ["command": "rm b.txt"]), .text("Done."),
        ]
        for enabled in [true, false] {
            try await StoryWorld.with(script, config: ["snapshot": ["enabled": .bool(enabled), "retention_days": 0]]) {
                world in
                let folder = world.home.path.appending("plain")
                try TestFiles.makeDirectory(folder)
                try TestFiles.write("mine\n".utf8, to: folder.appending("a.txt"))
                try TestFiles.write("b\n".utf8, to: folder.appending("b.txt"))
                let cli = CLIProcess(home: world.home, directory: folder, environment: world.cli.environment)
                let run = try await cli.run("run", "--format", "json", "--title", "Story", "Go")
                #expect(run.code == 0, "\(run.story)")
                let gc = try await cli.run("snapshot", "gc", "--json")
                #expect(gc.code == 0, "\(gc.story)")
                let undo = try await cli.run("undo", "--json")
                #expect(undo.code == 0, "\(undo.story)")
                #expect(try TestFiles.text(folder.appending("a.txt")) == "mine\n")
                #expect(TestFiles.exists(folder.appending("b.txt")) == enabled)
                if !enabled {
                    #expect(try undo.json()["notices"]?[0]?.stringValue?.contains("snapshot.enabled") == true)
                }
            }
        }
    }
}
