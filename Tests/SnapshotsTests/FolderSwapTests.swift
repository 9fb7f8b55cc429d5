import Glibc
import Snapshots
import Support
import SystemPackage
import Testing

@Suite("Directories and files that took each other's place")
struct FolderSwapTests {
    @Test("undo brings a file back in the place of a directory, redo the directory; a failure changes nothing")
    func fileBack() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a.txt", "mine\n", mode: 0o600)
        let first = try fixture.tree()
        try await fixture.command {
            try FileIO.remove(fixture.path("a.txt"))
            try fixture.put("a.txt/deep/one", "1\n")
            try fixture.put("a.txt/two", "2\n")
        }
        let second = try fixture.tree()
        let view = try fixture.store.journal.read()
        for failing in ["a.txt", "a.txt/deep/one", "a.txt/two"] {
            let plan = try await fixture.store.plan(undoing: view.entries(of: "ses_a"), in: view)
            await #expect(throws: SnapshotError.self) {
                try await fixture.store.apply(plan, RestoreRequest(kind: .undo, owner: "ses_a")) { path in
                    path == FilePath(failing) ? SnapshotError(.failed, "No space (injected).") : nil
                }
            }
            #expect(try fixture.tree() == second, "\(failing)")
        }
        #expect(try await fixture.undo().files.allSatisfy { $0.outcome == .restored })
        #expect(try fixture.tree() == first)
        #expect(try await fixture.redo().files.allSatisfy { $0.outcome == .restored })
        #expect(try fixture.tree() == second)
    }

    @Test("undo brings a directory back in the place of a file; a failure changes nothing")
    func folderBack() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("d/deep/one", "1\n")
        try fixture.put("d/two", "2\n")
        let first = try fixture.tree()
        try await fixture.command {
            SnapshotFixture.remove(fixture.path("d"))
            try fixture.put("d", "a file\n")
        }
        let second = try fixture.tree()
        let view = try fixture.store.journal.read()
        let plan = try await fixture.store.plan(undoing: view.entries(of: "ses_a"), in: view)
        await #expect(throws: SnapshotError.self) {
            try await fixture.store.apply(plan, RestoreRequest(kind: .undo, owner: "ses_a")) { path in
                path == "d/two" ? SnapshotError(.failed, "No space (injected).") : nil
            }
        }
        #expect(try fixture.tree() == second)
        #expect(try await fixture.undo().files.allSatisfy { $0.outcome == .restored })
        #expect(try fixture.tree() == first)
        #expect(try await fixture.redo().files.allSatisfy { $0.outcome == .restored })
        #expect(try fixture.tree() == second)
    }

    @Test("a directory in which something of the user's is stays, and so does the user's file in the place of one")
    func kept() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a.txt", "mine\n")
        try fixture.put("d/one", "1\n")
        try await fixture.command {
            try FileIO.remove(fixture.path("a.txt"))
            try fixture.put("a.txt/in", "agent\n")
            SnapshotFixture.remove(fixture.path("d"))
        }
        try fixture.put("a.txt/notes", "the user's\n")
        try fixture.put("d", "the user's\n")
        let files = try await fixture.undo().files
        #expect(files.first { $0.path == "a.txt" }?.outcome == .changedByYou)
        #expect(files.first { $0.path == "d/one" }?.outcome == .changedByYou)
        #expect(fixture.text("a.txt/notes") == "the user's\n")
        #expect(fixture.text("d") == "the user's\n")
        #expect(fixture.text("a.txt/in") == nil)
    }

    @Test("an index that was rewritten after a command describes a tree that is there, also after a collection")
    func treeAfterCollection() async throws {
        let fixture = try SnapshotFixture()
        for number in 0..<20 { try fixture.put("d/f\(number)", "old") }
        _ = try await fixture.store.create()
        try await fixture.command(owner: "ses_gone") {
            for number in 0..<20 {
                try fixture.put("d/f\(number)", "new \(number)")
                // Older than the index, so that only the index says what they are.
                let old = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
                _ = fixture.path("d/f\(number)").withPlatformString { utimensat(AT_FDCWD, $0, old, 0) }
            }
        }
        _ = try await fixture.store.collect(retentionDays: 0) { [] }
        let snapshot = try await fixture.store.create()
        #expect(try await fixture.store.verify().isEmpty)
        try fixture.put("d/f3", "other")
        #expect(try await fixture.store.diff(snapshot.id, nil).map(\.path) == ["d/f3"])
    }
}
