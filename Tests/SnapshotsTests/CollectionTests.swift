import Glibc
import Snapshots
import Support
import SystemPackage
import Testing

@Suite("Collections of snapshots")
struct CollectionTests {
    @Test("a collection takes nothing from a command that runs, whose effects are undone all the same")
    func duringCommand() async throws {
        let fixture = try SnapshotFixture()
        for name in ["d/a", "d/b", "c"] { try fixture.put(name, "mine\n") }
        try await fixture.command { try fixture.put("x", "agent\n") }
        try fixture.put("d/a", "mine 2\n")
        try fixture.put("new", "mine\n")
        let before = try fixture.tree()
        let (files, notice) = try await fixture.command(message: "msg_2") {
            _ = try await fixture.store.collect { ["ses_a"] }
            try fixture.put("d/a", "agent\n")
            try FileIO.remove(fixture.path("new"))
        }
        #expect(notice == nil && files.map(\.path) == ["d/a", "new"])
        _ = try await fixture.undo(message: "msg_2")
        #expect(try fixture.tree() == before)
        #expect(try FileIO.list(fixture.store.directory.pushing("refs/worktree")).isEmpty, "nothing is held afterwards")
        _ = try await fixture.store.collect { ["ses_a"] }
        #expect(try await fixture.store.verify().isEmpty)
    }

    @Test("while a collection packs, commands are covered", .timeLimit(.minutes(5)))
    func whilePacking() async throws {
        let fixture = try SnapshotFixture()
        let (bin, pipe) = (fixture.root.appending("bin"), fixture.root.appending("pipe"))
        try FileIO.createDirectory(bin)
        #expect(pipe.withPlatformString { mkfifo($0, 0o600) } == 0)
        let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let script =
            "#!/bin/sh\ncase \" $* \" in *' repack '*) read line <\(pipe.string);; esac\nPATH=\(search) exec git \"$@\"\n"
        try AtomicFile.write(Array(script.utf8), to: bin.appending("git"), mode: 0o755)
        let store = try SnapshotFixture.store(
            fixture.workspace, fixture.data, SnapshotLimits(), path: bin.string + ":" + search, time: fixture.time)
        try fixture.put("a", "mine\n")
        _ = try await store.create(sessionID: "ses_a")
        async let collection = store.collect { ["ses_a"] }
        // Open when git has come to the pack.
        let gate = try await BlockingWork.run(throwing: FileError.self) { () throws(FileError) in
            try FileIO.open(pipe, .writeOnly)
        }
        let (files, notice) = try await fixture.command { try fixture.put("a", "agent\n") }
        try gate.close()
        #expect(notice == nil && files.map(\.path) == ["a"])
        _ = try await collection
        #expect(try await store.verify().isEmpty)
        _ = try await fixture.undo()
        #expect(fixture.text("a") == "mine\n")
    }

    @Test("the journal of a session that is out of sight is kept as long as snapshots without one")
    func outOfSight() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a", "mine\n")
        try fixture.toolWrite("a", "agent\n")
        // As when another storage backend is configured for a while.
        fixture.time.advance(days: 29)
        _ = try await fixture.store.collect { [] }
        _ = try await fixture.undo()
        #expect(fixture.text("a") == "mine\n")
        fixture.time.advance(days: 31)
        _ = try await fixture.store.collect { [] }
        #expect(try fixture.store.journal.read().entries.isEmpty)
        #expect(try await fixture.store.list().isEmpty)
    }

    @Test("without a git program too, what no session references goes, and nothing else")
    func withoutGit() async throws {
        let fixture = try SnapshotFixture(path: "/nonexistent")
        try fixture.put("a", "mine\n")
        try fixture.put("d/b", "kept\n")
        try fixture.toolWrite("a", "agent\n")
        let kept = try await fixture.store.create(sessionID: "ses_a")
        try fixture.put("big", String(repeating: "x", count: 100_000))
        _ = try await fixture.store.create()
        try FileIO.remove(fixture.path("big"))
        let result = try await fixture.store.collect(retentionDays: 0) { ["ses_a"] }
        #expect(result.removed == 1 && result.bytesAfter < result.bytesBefore - 90_000)
        try fixture.put("d/b", "changed\n")
        let (plan, _) = try await fixture.store.plan(restoring: kept.id, exact: false)
        _ = try await fixture.store.apply(plan, RestoreRequest(kind: .restore, owner: ""))
        #expect(fixture.text("d/b") == "kept\n")
        _ = try await fixture.undo()
        #expect(fixture.text("a") == "mine\n")
        #expect(try await fixture.store.verify().isEmpty)
    }

    @Test("without a git program too, nothing is added beyond the limit")
    func limitWithoutGit() async throws {
        var limits = SnapshotLimits()
        limits.maxTotalBytes = 50_000
        let fixture = try SnapshotFixture(limits: limits, path: "/nonexistent")
        try fixture.put("big", String(repeating: "x", count: 100_000))
        _ = try await fixture.store.create()
        for number in 0..<17 {
            try fixture.put("a", "\(number)\n")
            // What was measured counts for a minute.
            try? FileIO.remove(fixture.store.directory.appending("measured"))
            do throws(SnapshotError) { _ = try await fixture.store.create() } catch {
                #expect(error.kind == .limit)
                return
            }
        }
        Issue.record("There was no limit.")
    }
}
