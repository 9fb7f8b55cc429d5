import Git
import Glibc
import Snapshots
import Support
import SystemPackage
import Testing

@Suite("The store of snapshots")
struct SnapshotStoreTests {
    @Test("bytes, links, modes and odd names are what they were after a restore, whatever the repository configures")
    func exactBytes() async throws {
        let fixture = try SnapshotFixture()
        _ = try await fixture.git("init", "-q")
        _ = try await fixture.git("config", "core.autocrlf", "true")
        try fixture.put(".gitattributes", "* text eol=lf ident working-tree-encoding=UTF-16\n")
        try fixture.put("crlf", "a\r\nb\n$Id$\n", mode: 0o755)
        for (index, name) in UndoProperty.oddNames.enumerated() {
            try fixture.put(FilePath(bytes: name), Array("odd \(index)\r\n".utf8))
        }
        let before = try fixture.tree()
        let snapshot = try await fixture.store.create()
        for name in before.keys where !name.starts(with: Array(".git/".utf8)) {
            try fixture.put(FilePath(bytes: name), [1, 2, 3], mode: 0o644)
        }
        let (plan, folders) = try await fixture.store.plan(restoring: snapshot.id, exact: false)
        let result = try await fixture.store.apply(plan, RestoreRequest(kind: .restore, owner: "", folders: folders))
        #expect(result.files.allSatisfy { $0.outcome == .restored })
        #expect(try fixture.tree() == before)
        #expect(try await fixture.store.verify().isEmpty)
    }

    @Test(
        "a repository inside the workspace is stored file by file, also without a commit, and a stale lock is no obstacle"
    )
    func nestedAndLocks() async throws {
        let fixture = try SnapshotFixture()
        _ = try await fixture.git("init", "-q")
        try FileIO.createDirectory(fixture.path("nested"))
        _ = try await fixture.git("init", "-q", at: fixture.path("nested"))
        try fixture.put("nested/in.txt", "inside\n")
        let first = try await fixture.store.create()
        try AtomicFile.write([], to: fixture.store.directory.appending("index.lock"))
        try fixture.put("nested/in.txt", "changed\n")
        let diff = try await fixture.store.diff(first.id, nil)
        #expect(diff.map(\.path) == ["nested/in.txt"])
    }

    @Test("a damaged index is made anew, and too many files are said")
    func damagedIndex() async throws {
        var limits = SnapshotLimits()
        limits.maxFiles = 5
        let fixture = try SnapshotFixture(limits: limits)
        try fixture.put("a", "a")
        let first = try await fixture.store.create()
        try AtomicFile.write(
            Array("DIRC\0\0\0\u{2}\0\0\0\u{1}garbage".utf8), to: fixture.store.directory.appending("index"))
        try fixture.put("a", "b")
        let second = try await fixture.store.create()
        #expect(try await fixture.store.diff(first.id, second.id).count == 1)
        for index in 0..<6 { try fixture.put("f\(index)", "x") }
        await #expect(throws: SnapshotError.self) { try await fixture.store.create() }
    }

    @Test("undo works after 30 days and collections; what no session references goes, temporary files too")
    func afterAMonth() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a.txt", "mine\n")
        try fixture.put("b.txt", "mine too\n")
        try await fixture.command { try FileIO.remove(fixture.path("b.txt")) }
        try fixture.toolWrite("a.txt", "agent\n")
        _ = try await fixture.store.create()
        for _ in 0..<31 {
            fixture.time.advance(days: 1)
            _ = try await fixture.store.collect { ["ses_a"] }
        }
        #expect(try await fixture.store.list().isEmpty, "the one without a session is older than 30 days")
        let result = try await fixture.undo()
        #expect(result.files.allSatisfy { $0.outcome == .restored })
        #expect(fixture.text("a.txt") == "mine\n")
        #expect(fixture.text("b.txt") == "mine too\n")
        _ = try await fixture.store.collect(retentionDays: 0) { [] }
        #expect(try await fixture.store.list().isEmpty)
        #expect(try fixture.store.journal.read().entries.isEmpty)
        #expect(try await fixture.store.verify().isEmpty)
    }

    @Test("a path that two sessions wrote within one call belongs to neither")
    func sharedPath() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("p", "original\n")
        try await fixture.command(owner: "ses_a") {
            try fixture.toolWrite("p", "from b\n", owner: "ses_b")
            try fixture.put("q", "a\n")
        }
        let undo = try await fixture.undo(owner: "ses_a")
        #expect(undo.files.first { $0.path == "p" }?.outcome == .skipped)
        #expect(undo.files.first { $0.path == "q" }?.outcome == .restored)
        #expect(try await fixture.undo(owner: "ses_b").files.first?.outcome == .skipped)
        #expect(fixture.text("p") == "from b\n")
    }

    @Test("the checkpoint of an undo is restored also where no snapshots are taken")
    func restoreOfCheckpoint() async throws {
        var limits = SnapshotLimits()
        limits.isEnabled = false
        let fixture = try SnapshotFixture(limits: limits)
        try fixture.put("a", "mine\n")
        try fixture.put("b", "mine\n")
        try fixture.toolWrite("a", "agent\n")
        let checkpoint = try await fixture.undo().checkpoint
        let restored = try await fixture.store.restore(checkpoint, exact: false)
        #expect(restored.files.map(\.outcome) == [.restored] && fixture.text("a") == "agent\n")
        let back = try #require(restored.checkpoint)
        _ = try await fixture.store.restore(back, exact: true)
        #expect(fixture.text("a") == "mine\n" && fixture.text("b") == "mine\n")
    }

    @Test("what another session's undo or a restore does while a command runs is not the command's work")
    func undoMeanwhile() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("p", "mine\n")
        try fixture.put("r", "mine\n")
        let snapshot = try await fixture.store.create()
        try fixture.toolWrite("p", "from b\n", owner: "ses_b")
        try fixture.put("r", "later\n")
        try await fixture.command(owner: "ses_a") {
            _ = try await fixture.undo(owner: "ses_b")
            let (plan, _) = try await fixture.store.plan(restoring: snapshot.id, exact: false, files: ["r"])
            _ = try await fixture.store.apply(plan, RestoreRequest(kind: .restore, owner: ""))
            try fixture.put("q", "a\n")
        }
        let undo = try await fixture.undo(owner: "ses_a")
        #expect(undo.files.map(\.outcome) == [.skipped, .restored, .skipped])
        #expect(fixture.text("p") == "mine\n" && fixture.text("r") == "mine\n" && fixture.text("q") == nil)
        _ = try await fixture.redo(owner: "ses_b")
        #expect(fixture.text("p") == "from b\n")
    }

    @Test("a symbolic link that took the place of a directory leads nobody out of the workspace")
    func linkedParent() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("d/a.txt", "mine\n")
        try fixture.toolWrite("d/a.txt", "agent\n")
        let outside = fixture.root.appending("outside")
        try FileIO.createDirectory(outside)
        try AtomicFile.write(Array("agent\n".utf8), to: outside.appending("a.txt"))
        SnapshotFixture.remove(fixture.path("d"))
        #expect(symlink(outside.string, fixture.path("d").string) == 0)
        let undo = try await fixture.undo()
        #expect(undo.files.first?.outcome == .changedByYou)
        #expect(try FileIO.read(outside.appending("a.txt")) == Array("agent\n".utf8))
    }

    @Test("a snapshot that takes too long is left out and said, and nothing is half done")
    func budget() async throws {
        var limits = SnapshotLimits()
        limits.budgetMs = 1
        let fixture = try SnapshotFixture(limits: limits)
        for index in 0..<300 { try fixture.put("f\(index)", "\(index)") }
        let command = try await fixture.command { try fixture.put("f1", "changed") }
        #expect(command.notice?.contains("does not cover") == true)
        #expect(command.files.isEmpty)
        _ = try await fixture.store.create()
        #expect(try await fixture.store.verify().isEmpty)
    }
}
