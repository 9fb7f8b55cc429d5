import Git
import Glibc
import Snapshots
import Support
import SystemPackage
import Testing

/// A git in the PATH that counts how often it is run.
struct CountingGit {
    let folder: FilePath
    var path: String { folder.string + ":" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin") }

    init(in root: FilePath) throws {
        folder = root.appending("bin")
        try FileIO.createDirectory(folder)
        let search = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let script = "#!/bin/sh\necho x >>\(folder.string)/count\nPATH=\(search) exec git \"$@\"\n"
        try AtomicFile.write(Array(script.utf8), to: folder.appending("git"), mode: 0o755)
    }

    var count: Int { (try? FileIO.read(folder.appending("count")))?.count { $0 == 0x0A } ?? 0 }
}

@Suite("Commands and what they change")
struct UnchangedTests {
    private func fixture() throws -> (SnapshotFixture, CountingGit, SnapshotStore) {
        let fixture = try SnapshotFixture()
        let git = try CountingGit(in: fixture.root)
        let store = try SnapshotFixture.store(
            fixture.workspace, fixture.data, SnapshotLimits(), path: git.path, time: fixture.time)
        return (fixture, git, store)
    }

    private func command(
        _ store: SnapshotStore, _ body: () throws -> Void
    ) async throws -> (files: [JournalFile], notice: String?) {
        let call = JournalCall(owner: "ses_a", sessionID: "ses_a", messageID: "msg_1", callID: "b", tool: "bash")
        let mark = try #require(await store.beginCommand(call))
        try body()
        return await store.endCommand(mark)
    }

    @Test("Commands that change nothing need no git")
    func nothingChanged() async throws {
        let (fixture, git, store) = try fixture()
        try fixture.put("a/b.txt", "one\n")
        for _ in 0..<2 { _ = try await command(store) {} }
        let before = git.count
        for _ in 0..<10 {
            let found = try await command(store) { _ = try FileIO.read(fixture.path("a/b.txt")) }
            #expect(found.files.isEmpty && found.notice == nil)
        }
        #expect(git.count == before)
    }

    @Test(
        "Every kind of change is found, also right after another one",
        arguments: ["write", "same size", "mtime set back", "mode", "new", "gone", "renamed", "link", "new folder"])
    func changes(kind: String) async throws {
        let (fixture, _, store) = try fixture()
        try fixture.put("a/b.txt", "one\n")
        try fixture.put("c.txt", "two\n")
        for _ in 0..<2 { #expect(try await command(store) {}.files.isEmpty) }
        let file = fixture.path("a/b.txt")
        let found = try await command(store) {
            switch kind {
            case "write": try fixture.put("a/b.txt", "more than one\n")
            case "same size":
                let open = try FileDescriptor.open(file, .writeOnly)
                try open.writeAll(Array("new\n".utf8))
                try open.close()
            case "mtime set back":
                var info = stat()
                _ = file.withPlatformString { stat($0, &info) }
                let open = try FileDescriptor.open(file, .writeOnly)
                try open.writeAll(Array("old\n".utf8))
                try open.close()
                _ = file.withPlatformString { utimensat(AT_FDCWD, $0, [info.st_atim, info.st_mtim], 0) }
            case "mode": _ = file.withPlatformString { chmod($0, 0o755) }
            case "new": try fixture.put("a/n.txt", "n\n")
            case "gone": try FileIO.remove(file)
            case "renamed": try FileIO.rename(file, to: fixture.path("a/c.txt"))
            case "link": _ = fixture.path("l").withPlatformString { symlink("c.txt", $0) }
            default: try fixture.put("d/e/f.txt", "f\n")
            }
        }
        #expect(found.files.count == (kind == "renamed" ? 2 : 1))
        // And what comes in the same moment.
        let next = try await command(store) { try fixture.put("c.txt", "tw0\n") }
        #expect(next.files.map(\.path) == ["c.txt"])
    }

    @Test("What is ignored is decided anew when the ignore files change")
    func ignoreFiles() async throws {
        let (fixture, _, store) = try fixture()
        _ = try await fixture.git("init", "-q")
        try fixture.put("x.log", "one\n")
        try fixture.put(".git/info/exclude", "*.log\n")
        for _ in 0..<2 { #expect(try await command(store) {}.files.isEmpty) }
        try fixture.put(".git/info/exclude", "\n")
        #expect(try await command(store) {}.files.isEmpty)
        let found = try await command(store) { try fixture.put("x.log", "two\n") }
        #expect(found.files.map(\.path) == ["x.log"])
    }

    @Test("After a collection the tree is stored again")
    func collected() async throws {
        let (fixture, _, store) = try fixture()
        try fixture.put("a.txt", "one\n")
        _ = try await store.create()
        try fixture.put("a.txt", "two\n")
        for _ in 0..<2 { #expect(try await command(store) {}.files.isEmpty) }
        _ = try await store.collect { [] }
        let found = try await command(store) { try fixture.put("a.txt", "three\n") }
        #expect(found.files.map(\.path) == ["a.txt"] && found.notice == nil)
        #expect(try await store.verify().isEmpty)
        let result = try await fixture.undo()
        #expect(result.files.allSatisfy { $0.outcome == .restored })
        #expect(fixture.text("a.txt") == "two\n")
    }
}
