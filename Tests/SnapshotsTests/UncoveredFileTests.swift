import Glibc
import Snapshots
import Support
import SystemPackage
import Testing

/// Undo of a command must not take files for the command's that were there before and that no snapshot had.
@Suite("Files that no snapshot had")
struct UncoveredFileTests {
    /// Whether files here say when they were created.
    static var isSuitable: Bool { FileIO.birthNs("/tmp") != nil }

    /// The clock of files moves every few milliseconds: what is created from here on is younger than what is there.
    private func tick(_ fixture: SnapshotFixture) throws {
        let probe = fixture.root.appending("probe")
        var first: Int64?
        for _ in 0..<1_000_000 {
            try AtomicFile.write([], to: probe)
            guard let birth = FileIO.birthNs(probe) else { return }
            if first ?? birth < birth { return }
            first = first ?? birth
        }
    }

    @Test(
        "an ignore file that a command changes does not make the user's ignored files the command's",
        .enabled(if: isSuitable))
    func unignored() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put(".gitignore", "*.key\n")
        try fixture.put("my.key", "secret\n")
        try fixture.put("your.key", "secret\n")
        try tick(fixture)
        let (files, notice) = try await fixture.command {
            try fixture.put(".gitignore", "\n")
            try fixture.put("new.key", "agent\n")
            #expect(rename(fixture.path("your.key").string, fixture.path("your.txt").string) == 0)
        }
        #expect(files.map(\.path) == [".gitignore", "new.key"])
        #expect(notice?.contains("my.key, your.txt") == true)
        _ = try await fixture.undo()
        #expect(fixture.text(".gitignore") == "*.key\n")
        #expect(fixture.text("my.key") == "secret\n" && fixture.text("your.txt") == "secret\n")
        #expect(fixture.text("new.key") == nil)
    }

    @Test("a file that was too large or unreadable before a command is not removed", .enabled(if: isSuitable))
    func tooLarge() async throws {
        var limits = SnapshotLimits()
        limits.maxFileBytes = 100
        let fixture = try SnapshotFixture(limits: limits)
        try fixture.put("big", String(repeating: "x", count: 200))
        try tick(fixture)
        try await fixture.command { #expect(truncate(fixture.path("big").string, 50) == 0) }
        _ = try await fixture.undo()
        #expect(fixture.text("big") == String(repeating: "x", count: 50))
    }

    @Test("one that was too large and is replaced stays too, and a change of what is too large is said")
    func replaced() async throws {
        var limits = SnapshotLimits()
        limits.maxFileBytes = 100
        let fixture = try SnapshotFixture(limits: limits)
        try fixture.put("big", String(repeating: "x", count: 200))
        let (files, notice) = try await fixture.command { try fixture.put("big", "small\n") }
        #expect(files.isEmpty && notice?.contains("does not cover big") == true)
        _ = try await fixture.undo()
        #expect(fixture.text("big") == "small\n")
        try fixture.put("big", String(repeating: "x", count: 200))
        #expect(try await fixture.command {}.notice == nil)
        let grown = try await fixture.command { try fixture.put("big", String(repeating: "y", count: 300)) }
        #expect(grown.files.isEmpty && grown.notice?.contains("does not cover big") == true)
    }

    @Test("a covered file under another name, and a second link to one, are the command's")
    func moved() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a", "a\n")
        try fixture.put("d/b", "b\n")
        let before = try fixture.tree()
        try await fixture.command {
            #expect(rename(fixture.path("d").string, fixture.path("e").string) == 0)
            #expect(link(fixture.path("a").string, fixture.path("c").string) == 0)
        }
        _ = try await fixture.undo()
        #expect(try fixture.tree() == before)
    }

    @Test("an exact restore keeps what was there before the snapshot and is not in it", .enabled(if: isSuitable))
    func exact() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put(".gitignore", "*.key\n")
        try fixture.put("my.key", "secret\n")
        try fixture.put("a", "a\n")
        try tick(fixture)
        let snapshot = try await fixture.store.create()
        try FileIO.remove(fixture.path(".gitignore"))
        #expect(rename(fixture.path("a").string, fixture.path("b").string) == 0)
        let (plan, folders) = try await fixture.store.plan(restoring: snapshot.id, exact: true)
        #expect(plan.filter { $0.outcome == .skipped }.map(\.path) == ["my.key"])
        _ = try await fixture.store.apply(plan, RestoreRequest(kind: .restore, owner: "", folders: folders))
        #expect(fixture.text("my.key") == "secret\n")
        #expect(fixture.text("a") == "a\n" && fixture.text("b") == nil)
    }

    @Test("without git too, a directory that cannot be read is left out and counted", .enabled(if: geteuid() != 0))
    func lockedFolder() async throws {
        let fixture = try SnapshotFixture(path: "/nonexistent")
        try fixture.put("a", "a\n")
        try fixture.put("locked/b", "b\n")
        #expect(chmod(fixture.path("locked").string, 0) == 0)
        #expect(try await fixture.store.create().skipped == 1)
    }

    @Test("without git too, what is too deep is counted")
    func tooDeep() async throws {
        let fixture = try SnapshotFixture(path: "/nonexistent")
        try fixture.put("a", "a\n")
        try fixture.put((0..<130).map { _ in "d/" }.joined() + "b", "b\n")
        #expect(try await fixture.store.create().skipped == 1)
    }

    @Test("a workspace whose path is no text is covered too")
    func oddWorkspace() async throws {
        let fixture = try SnapshotFixture(named: Array("w\n".utf8) + [0xFF])
        try fixture.put("a", "mine\n")
        let (files, notice) = try await fixture.command { try fixture.put("a", "agent\n") }
        #expect(notice == nil && files.map(\.path) == ["a"])
        _ = try await fixture.undo()
        #expect(fixture.text("a") == "mine\n")
    }

    @Test("a restore of some paths takes directories, and says which it does not have")
    func paths() async throws {
        let fixture = try SnapshotFixture()
        for name in ["d/a", "d/e/b", "c"] { try fixture.put(name, "1\n") }
        let snapshot = try await fixture.store.create()
        for name in ["d/a", "d/e/b", "c"] { try fixture.put(name, "2\n") }
        func plan(_ names: String...) async throws -> [FilePath] {
            let paths = fixture.store.paths(names.map { fixture.path($0) })
            return try await fixture.store.plan(restoring: snapshot.id, exact: false, files: paths).plan.map(\.path)
        }
        #expect(try await plan("d") == ["d/a", "d/e/b"])
        #expect(try await plan(".") == ["c", "d/a", "d/e/b"])
        try fixture.put("c", "1\n")
        #expect(try await plan("c", "d/e").count == 1, "a file that is as it was is no error")
        for unknown in ["nosuch", "d/a/x", "../x"] {
            let error = await #expect(throws: SnapshotError.self) { try await plan("d", unknown) }
            #expect(error?.kind == .notFound && error?.message.contains(unknown == "../x" ? "x" : unknown) == true)
        }
    }
}
