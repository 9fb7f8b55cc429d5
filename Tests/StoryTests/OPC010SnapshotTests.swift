import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-010 Snapshots")
struct OPC010SnapshotTests {
    /// `snapshot create`: its id.
    static func create(_ world: StoryWorld) async throws -> String {
        let result = try await world.cli.run("snapshot", "create", "--json")
        #expect(result.code == 0, "\(result.story)")
        let id = try #require(try result.json()["id"]?.stringValue)
        #expect(id.hasPrefix("snp_") && id.utf8.count == 30)
        return id
    }

    static func stats(_ world: StoryWorld) async throws -> JSON {
        try await world.cli.run("snapshot", "stats", "--json").json()
    }

    @Test("OPC-010.1 a second snapshot stores only what changed; the workspace and its repository are not touched")
    func incremental() async throws {
        var files: [String: String] = [:]
        for index in 0..<60 { files["src/f\(index).txt"] = "file \(index)\n" }
        try await StoryWorld.with([], files: files) { world in
            let before = world.workspace.files
            let git = try TestFiles.tree(world.workspace.path.appending(".git")).map { try TestFiles.text($0) }
            let first = try await Self.create(world)
            let one = try #require(try await Self.stats(world)["looseObjects"]?.intValue)
            #expect(one >= 60)
            try world.workspace.write("changed\n", to: "src/f7.txt")
            let second = try await Self.create(world)
            let two = try #require(try await Self.stats(world)["looseObjects"]?.intValue)
            #expect(two - one <= 4, "a blob, two trees and a commit")
            let list = try await world.cli.run("snapshot", "list", "--json")
            #expect(try list.json().arrayValue?.compactMap { $0["id"]?.stringValue } == [second, first])
            #expect(world.workspace.files == before)
            #expect(try TestFiles.tree(world.workspace.path.appending(".git")).map { try TestFiles.text($0) } == git)
        }
    }

    @Test(
        "OPC-010.1 the home directory is refused, larger files and ignored ones are left out, and without a git program it works"
    )
    func limits() async throws {
        try await StoryWorld.with([], files: [".gitignore": "*.log\n", "a.txt": "a\n", "x.log": "log\n"]) { world in
            try TestFiles.write([UInt8](repeating: 7, count: (10 << 20) + 1), to: world.workspace.path.appending("big"))
            let result = try await world.cli.run("snapshot", "create", "--json")
            #expect(result.code == 0, "\(result.story)")
            #expect(try result.json()["skipped"] == 1)
            let id = try #require(try result.json()["id"]?.stringValue)
            try TestFiles.write([1], to: world.workspace.path.appending("big"))
            try world.workspace.write("b\n", to: "a.txt")
            try world.workspace.write("log 2\n", to: "x.log")
            let diff = try await world.cli.run("snapshot", "diff", id, "--json").json().arrayValue ?? []
            #expect(diff.compactMap { $0["file"]?.stringValue }.sorted() == ["a.txt", "big"])
            let home = CLIProcess(home: world.home, directory: world.home.userHome)
            let refused = try await home.run("snapshot", "create", "--json")
            #expect(refused.code == 1, "\(refused.story)")
            #expect(refused.err.contains("home directory"))
            var bare = world.cli
            bare.environment["PATH"] = "/nonexistent"
            let plain = world.home.path.appending("plain")
            try TestFiles.makeDirectory(plain)
            try TestFiles.write("one\n".utf8, to: plain.appending("a"))
            let native = CLIProcess(home: world.home, directory: plain, environment: bare.environment)
            let made = try await native.run("snapshot", "create", "--json")
            #expect(made.code == 0, "\(made.story)")
            try TestFiles.write("two\n".utf8, to: plain.appending("a"))
            let restored = try await native.run("snapshot", "restore", try #require(try made.json()["id"]?.stringValue))
            #expect(restored.code == 0, "\(restored.story)")
            #expect(try TestFiles.text(plain.appending("a")) == "one\n")
        }
    }

    @Test("OPC-010.2 diff --json is 2.1's FileDiffInfo list, and git apply takes the patch")
    func diffs() async throws {
        try await StoryWorld.with(
            [], files: ["a.txt": "one\ntwo\n", "gone.txt": "bye\n", "old name.txt": "moved content\nof a file\n"]
        ) { world in
            let first = try await Self.create(world)
            try world.workspace.write("one\n2\n", to: "a.txt")
            TestFiles.remove(world.workspace.path.appending("gone.txt"))
            TestFiles.remove(world.workspace.path.appending("old name.txt"))
            try world.workspace.write("moved content\nof a file\n", to: "new name.txt")
            try TestFiles.write([0, 1, 2, 255], to: world.workspace.path.appending("bin"), mode: 0o755)
            let second = try await Self.create(world)
            let diff = try await world.cli.run("snapshot", "diff", first, second, "--json")
            let rows = try diff.json().arrayValue ?? []
            #expect(
                rows.map { "\($0["status"]?.stringValue ?? "") \($0["file"]?.stringValue ?? "")" } == [
                    "modified a.txt", "added bin", "deleted gone.txt", "added new name.txt", "deleted old name.txt",
                ], "\(diff.story)")
            #expect(rows.first?["additions"] == 1 && rows.first?["deletions"] == 1)
            #expect(rows.first?["patch"]?.stringValue?.contains("-two\n+2\n") == true)
            #expect(rows[1]["binary"] == true && rows[1]["newMode"] == "100755")
            #expect(rows[3]["renamedFrom"] == "old name.txt")
            let patch = try await world.cli.run("snapshot", "patch", first, second)
            #expect(patch.code == 0)
            // The first state in another place, and the patch on it.
            _ = try await world.cli.run("snapshot", "restore", first, "--exact")
            #expect(world.workspace.files == ["a.txt", "gone.txt", "old name.txt"])
            var options = ChildOptions(
                "/usr/bin/env", ["git", "apply", "-"], directory: world.workspace.path,
                environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"])
            options.input = .bytes(patch.stdout)
            let applied = try await ChildProcess.run(options)
            #expect(applied.code == 0, "\(applied.story)")
            #expect(world.workspace.files == ["a.txt", "bin", "new name.txt"])
            #expect(try world.workspace.bytes("bin") == [0, 1, 2, 255])
            #expect(try await world.cli.run("snapshot", "diff", second, "--json").json() == [])
            #expect(try await world.cli.run("snapshot", "diff", "snp_00000000000000000000000000").code == 66)
        }
    }

    @Test("OPC-010.3 restore brings a snapshot back, makes a checkpoint first and leaves later files unless --exact")
    func restores() async throws {
        try await StoryWorld.with([], files: ["a.txt": "one\r\n", "d/b.txt": "b\n"]) { world in
            let first = try await Self.create(world)
            try world.workspace.write("two\n", to: "a.txt")
            TestFiles.remove(world.workspace.path.appending("d"))
            try world.workspace.write("later\n", to: "later.txt")
            let restored = try await world.cli.run("snapshot", "restore", first, "--json")
            #expect(restored.code == 0, "\(restored.story)")
            #expect(try world.workspace.text("a.txt") == "one\r\n")
            #expect(try world.workspace.text("d/b.txt") == "b\n")
            #expect(try world.workspace.text("later.txt") == "later\n")
            let exact = try await world.cli.run("snapshot", "restore", first, "--exact", "--json")
            #expect(exact.code == 0, "\(exact.story)")
            #expect(!world.workspace.exists("later.txt"))
            let checkpoint = try #require(try restored.json()["checkpoint"]?.stringValue)
            _ = try await world.cli.run("snapshot", "restore", checkpoint, "--exact")
            #expect(world.workspace.files == ["a.txt", "later.txt"])
            #expect(try world.workspace.text("a.txt") == "two\n")
        }
    }

    @Test("OPC-010.4 gc deletes what no session references and nothing else; verify names a damaged object")
    func collects() async throws {
        try await StoryWorld.with(
            OPC009UndoTests.script + [.call("bash", ["command": "rm other.txt"]), .text("Gone.")],
            files: OPC009UndoTests.files, config: ["snapshot": ["retention_days": 0]]
        ) { world in
            let (_, json) = try await world.run("Go")
            let kept = try #require(json["sessionID"]?.stringValue)
            let (_, second) = try await world.run("Again")
            let gone = try #require(second["sessionID"]?.stringValue)
            let manual = try await Self.create(world)
            let of = try await world.cli.run("snapshot", "create", "--session", kept, "--json")
            #expect(of.code == 0, "\(of.story)")
            _ = try await world.cli.run("session", "delete", gone, "--yes")
            let gc = try await world.cli.run("snapshot", "gc", "--json")
            #expect(gc.code == 0, "\(gc.story)")
            let left = try await world.cli.run("snapshot", "list", "--json").json().arrayValue ?? []
            #expect(!left.contains { $0["id"]?.stringValue == manual })
            #expect(left.contains { $0["sessionID"]?.stringValue == kept })
            let sound = try await world.cli.run("snapshot", "verify")
            #expect(sound.code == 0, "\(sound.story)")
            let undo = try await world.cli.run("undo", "--session", kept, "--json")
            #expect(undo.code == 0, "\(undo.story)")
            #expect(try world.workspace.text("gone.txt") == "precious\n")
            #expect(try world.workspace.text("kept.txt") == "yours\r\n")
            #expect(try await world.cli.run("scheduler", "run", "snapshot.cleanup").code == 0)
            // Damage.
            let store = try #require(TestFiles.list(world.home.data.appending("snapshots")).first)
            let objects = world.home.data.appending("snapshots").appending(store).appending("objects")
            let last = try await Self.create(world)
            #expect(last.hasPrefix("snp_"))
            let object = try #require(
                TestFiles.tree(objects).first { ($0.lastComponent?.string.utf8.count ?? 0) == 38 })
            TestFiles.setMode(0o644, of: object)
            try TestFiles.write("damaged".utf8, to: object)
            let name = object.removingLastComponent().lastComponent.map {
                $0.string + (object.lastComponent?.string ?? "")
            }
            let damaged = try await world.cli.run("snapshot", "verify", "--json")
            #expect(damaged.code == 1, "\(damaged.story)")
            #expect(damaged.out.contains(try #require(name)), "\(damaged.story)")
        }
    }
}
