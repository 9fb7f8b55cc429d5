import Glibc
import Support
import SystemPackage
import Testing

@testable import Snapshots

@Suite("An undo that a crash cut off")
struct RecoveryTests {
    /// A workspace in which the agent changed `a` and `b`, and an undo of both that got as far as `a`.
    private func halfUndone(losing lost: Bool = false) async throws -> SnapshotFixture {
        let fixture = try SnapshotFixture()
        try fixture.put("a", "a mine\n")
        try fixture.put("d/b", "b mine\n")
        try fixture.toolWrite("a", "agent\n")
        try fixture.toolWrite("d/b", "agent\n")
        let view = try fixture.store.journal.read()
        let plan = try await fixture.store.plan(undoing: view.entries, in: view)
        let items = plan.map {
            UndoItem(path: $0.path, from: $0.current, to: $0.target, entries: $0.entries, isApplied: true)
        }
        let id = ULIDSource().next(.snapshot)
        try fixture.store.journal.beginUndo(
            JournalUndo(id: id, owner: "ses_a", kind: .undo, timeMs: 1, items: items), pinning: [])
        try fixture.put("a", "a mine\n")
        try fixture.put("d/\(AtomicFile.temporaryPrefix)x", "half\n")
        guard lost, let hash = items.first(where: { $0.path == "d/b" })?.to?.hash else { return fixture }
        try FileIO.remove(
            fixture.store.directory.appending("objects").appending(String(hash.prefix(2)))
                .appending(String(hash.dropFirst(2))))
        return fixture
    }

    @Test("is completed at the next start, and its temporary files go")
    func completes() async throws {
        let fixture = try await halfUndone()
        #expect(try await fixture.store.recover().count == 1)
        #expect(fixture.text("a") == "a mine\n")
        #expect(fixture.text("d/b") == "b mine\n")
        #expect(try FileIO.list(fixture.path("d")).count == 1)
        #expect(try await fixture.store.recover().isEmpty)
        _ = try await fixture.redo()
        #expect(fixture.text("a") == "agent\n")
        #expect(fixture.text("d/b") == "agent\n")
    }

    @Test("is taken back when an object for it is missing")
    func rollsBack() async throws {
        let fixture = try await halfUndone(losing: true)
        #expect(try await fixture.store.recover().count == 1)
        #expect(fixture.text("a") == "agent\n")
        #expect(fixture.text("d/b") == "agent\n")
    }

    @Test("leaves what somebody changed since")
    func keepsChanges() async throws {
        let fixture = try await halfUndone()
        try fixture.put("d/b", "newer\n")
        _ = try await fixture.store.recover()
        #expect(fixture.text("a") == "a mine\n")
        #expect(fixture.text("d/b") == "newer\n")
    }

    @Test("an undo whose end cannot be written is put back, and stays so at the next start")
    func endIsLost() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a", "a mine\n")
        try fixture.toolWrite("a", "agent\n")
        let view = try fixture.store.journal.read()
        let plan = try await fixture.store.plan(undoing: view.entries, in: view)
        let journal = fixture.store.directory.appending("journal.jsonl")
        let aside = fixture.root.appending("journal")
        let error = await #expect(throws: SnapshotError.self) {
            // As on a full disk: what is added to the journal from here on fails.
            try await fixture.store.apply(plan, RestoreRequest(kind: .undo, owner: "ses_a")) { _ in
                guard rename(journal.string, aside.string) == 0, mkdir(journal.string, 0o700) == 0 else {
                    return SnapshotError(.failed, "not set up")
                }
                return nil
            }
        }
        #expect(error?.message.contains("The files are as they were.") == true)
        #expect(fixture.text("a") == "agent\n")
        #expect(rmdir(journal.string) == 0 && rename(aside.string, journal.string) == 0)
        #expect(try await fixture.store.recover().isEmpty)
        #expect(fixture.text("a") == "agent\n")
        // A later one that is cut off does not bring this one to an end.
        try AtomicFile.write(
            Array("snp_00000000000000000000000000\n".utf8), to: fixture.store.directory.appending("undo-pending"))
        #expect(try await fixture.store.recover().isEmpty)
        #expect(fixture.text("a") == "agent\n")
        _ = try await fixture.undo()
        #expect(fixture.text("a") == "a mine\n")
    }

    @Test("a line of the journal that a crash cut is skipped, and the next one stands by itself")
    func cutLine() throws {
        let fixture = try SnapshotFixture()
        try fixture.put("a", "mine\n")
        try fixture.toolWrite("a", "agent\n")
        let journal = fixture.store.directory.appending("journal.jsonl")
        try AtomicFile.write(try FileIO.read(journal) + Array(#"{"t":"write","id":"snp_x","ses"#.utf8), to: journal)
        try fixture.toolWrite("a", "agent 2\n")
        #expect(try fixture.store.journal.read().entries.count == 2)
    }

    @Test("objects are git's own: ids, trees in git's order, and streams that are read back")
    func objects() throws {
        #expect(GitObjects.hash(.blob, Array("hello\n".utf8)) == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(GitObjects.hash(.tree, []) == GitObjects.emptyTree)
        for count in [0, 1, 65_534, 65_535, 65_536, 200_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            #expect(StoredZlib.decode(StoredZlib.encode(bytes)) == bytes)
        }
        #expect(StoredZlib.decode([0x78, 0x01, 0x01, 0xFF]) == nil)
        var tree = GitTree()
        tree.entries[Array("a".utf8)] = .init(mode: "40000", hash: GitObjects.emptyTree)
        tree.entries[Array("a.b".utf8)] = .init(mode: "100644", hash: GitObjects.emptyTree)
        let text = String(decoding: tree.bytes, as: UTF8.self)
        #expect(text.hasPrefix("100644 a.b"), "a directory sorts as if its name ended with a slash")
        #expect(GitTree(tree.bytes) == tree)
        #expect(GitTree([1, 2, 3]) == nil)
    }
}
