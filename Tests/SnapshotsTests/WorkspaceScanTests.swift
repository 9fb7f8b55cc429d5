import Git
import Glibc
import Support
import SystemPackage
import Testing

@testable import Snapshots

@Suite("The look at a workspace")
struct WorkspaceScanTests {
    // MARK: Against git

    private static let rules = [
        "*.log", "/build/", "!keep.log", "one/**/x*", "tmp*", "deep/", "two/*", "!two/keep", "\\#h", "[ab].c", "/one",
        "*", "!*/", "!*.c", "two/in\\ner", " ", "# no rule", "*.c ", "empty",
    ]
    private static let names = [
        "a.c", "b.c", "c.c", "x.log", "keep.log", "#h", "tmp1", "keep", ":(top)z", "x*y", "in\\ner", "nl\nq.c", "Ü.c",
    ]
    private static let folders = [
        "", "one", "one/deep", "one/two", "two", "two/one/deep", "build", "build/one", "tmp", "[ab].c", "empty",
    ]

    @Test("Whatever the ignore files say, wherever they are, the new files are those that git lists", arguments: 0..<4)
    func sameAsGit(seed: UInt64) async throws {
        let fixture = try SnapshotFixture()
        let store = fixture.store
        var numbers = SeededNumbers(400 + seed)
        try put(fixture, "a.c", "one\n")
        _ = try await store.create()
        for round in 0..<30 {
            for _ in 0..<Int.random(in: 0...3, using: &numbers) { change(fixture, &numbers) }
            let found = try await store.changedPaths(CaptureBudget(time: SystemTime(), milliseconds: 60_000)).paths
            func listed(_ option: String) async throws -> Set<String> {
                let exclude = option == "-o" ? ["--exclude-standard"] : []
                let git = OwnRepository(
                    gitDirectory: store.directory, workTree: fixture.workspace, runner: ProcessRunner(),
                    environment: Environment(["PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"]))
                let output = try await git.run("ls-files", ["-z", option] + exclude)
                return Set(output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
            }
            let indexed = try await listed("-c")
            let all = Set(found.map(\.string))
            #expect(try await all.subtracting(indexed) == listed("-o"), "round \(round)")
            #expect(try await listed("-m").isSubset(of: all), "round \(round)")
            if round % 3 == 0 { _ = try await store.create() }
        }
        #expect(try await store.verify().isEmpty)
    }

    private func put(_ fixture: SnapshotFixture, _ name: String, _ text: String) throws {
        try fixture.put(FilePath(name), Array(text.utf8))
    }

    /// What cannot be done where something else stands is not done.
    private func change(_ fixture: SnapshotFixture, _ numbers: inout SeededNumbers) {
        let folder = Self.folders.randomElement(using: &numbers) ?? ""
        let name = Self.names.randomElement(using: &numbers) ?? ""
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        switch Int.random(in: 0..<12, using: &numbers) {
        case 0, 1:
            let lines = (0..<Int.random(in: 0...3, using: &numbers)).compactMap { _ in
                Self.rules.randomElement(using: &numbers)
            }
            let file = folder.isEmpty ? ".gitignore" : "\(folder)/.gitignore"
            try? put(fixture, file, lines.joined(separator: "\n"))
        case 2: SnapshotFixture.remove(fixture.path(folder.isEmpty ? ".gitignore" : "\(folder)/.gitignore"))
        case 3: SnapshotFixture.remove(fixture.path(path))
        case 4: if !folder.isEmpty { SnapshotFixture.remove(fixture.path(folder)) }
        case 5: try? FileIO.createDirectory(fixture.path(path), mode: 0o755)
        case 6: _ = fixture.path(path).withPlatformString { symlink("../one", $0) }
        case 7: try? put(fixture, "many/\(numbers.next() % 100)/\(name)", "m")
        case 8:
            // A file in the place of a directory, and a pipe.
            if !folder.isEmpty {
                SnapshotFixture.remove(fixture.path(folder))
                if Bool.random(using: &numbers) {
                    _ = fixture.path(folder).withPlatformString { mkfifo($0, 0o600) }
                } else {
                    try? put(fixture, folder, "file")
                }
            }
        default: try? put(fixture, path, "\(numbers.next() % 100)\n")
        }
    }

    @Test("Rules outside the workspace count too, those of the repository above the user's")
    func rulesOutside() async throws {
        let fixture = try SnapshotFixture()
        let home = fixture.root.appending("home")
        let store = try SnapshotFixture.store(
            fixture.workspace, fixture.data, SnapshotLimits(), home: home.string, time: fixture.time)
        _ = try await fixture.git("init", "-q")
        try FileIO.createDirectory(home.pushing(".config/git"))
        // The first line after a byte order mark, and no line break at the end.
        try AtomicFile.write([0xEF, 0xBB, 0xBF] + Array("*.tmp\n*.log".utf8), to: home.pushing(".config/git/ignore"))
        try fixture.put(".git/info/exclude", "!keep.log\n")
        try fixture.put("first", "1")
        _ = try await store.create()
        for name in ["a.tmp", "b.log", "keep.log", "c"] { try fixture.put(name, name) }
        #expect(try await files(store, store.create()) == ["first", "keep.log", "c"])
        try AtomicFile.write(Array("d\n".utf8), to: home.pushing(".config/git/ignore"))
        try fixture.put("d", "d")
        #expect(try await files(store, store.create()) == ["first", "keep.log", "c", "a.tmp", "b.log"])
    }

    private func files(_ store: SnapshotStore, _ snapshot: Snapshot) async throws -> Set<String> {
        Set(try await store.changes(from: GitObjects.emptyTree, to: snapshot.tree).map(\.path.string))
    }

    // MARK: What it costs

    @Test("Git is not run again for what is ignored, for new files that stay and for empty directories")
    func needsNoGit() async throws {
        let fixture = try SnapshotFixture()
        let git = try CountingGit(in: fixture.root)
        let store = try SnapshotFixture.store(
            fixture.workspace, fixture.data, SnapshotLimits(), path: git.path, time: fixture.time)
        try fixture.put(".gitignore", "/modules\n*.o\n")
        try fixture.put("src/a.c", "1")
        _ = try await store.create()
        for name in ["modules/x/y", "src/a.o", "src/b.c", "own/.gitignore", "own/data"] { try fixture.put(name, "*\n") }
        try FileIO.createDirectory(fixture.path("nothing"), mode: 0o755)
        let first = try await store.create()
        #expect(try await files(store, first) == [".gitignore", "src/a.c", "src/b.c"])
        let before = git.count
        try fixture.put("src/a.c", "2")
        try fixture.put("modules/x/z", "more")
        let second = try await store.create()
        #expect(git.count == before)
        #expect(try await files(store, second) == [".gitignore", "src/a.c", "src/b.c"])
        // A rule inside a directory that is looked into, and what was written down being damaged.
        try fixture.put("own/.gitignore", "\n")
        #expect(
            try await files(store, store.create())
                == [".gitignore", "src/a.c", "src/b.c", "own/.gitignore", "own/data"])
        #expect(git.count > before)
        let kept = store.directory.appending("ignored")
        var bytes = try FileIO.read(kept)
        let place = try #require(bytes.firstIndex(of: 0x2B))
        bytes[place] = 0x2D
        try AtomicFile.write(bytes, to: kept)
        #expect(
            try await files(store, store.create())
                == [".gitignore", "src/a.c", "src/b.c", "own/.gitignore", "own/data"])
    }

    // MARK: Parts and bounds

    @Test("However many threads share the work, it finds the same")
    func parts() async throws {
        let fixture = try SnapshotFixture()
        var numbers = SeededNumbers(5)
        var paths: [String] = []
        for number in 0..<9_000 {
            let depth = Int.random(in: 0...4, using: &numbers)
            let folder = (0..<depth).map { _ in "d\(numbers.next() % 4)" }.joined(separator: "/")
            paths.append((folder.isEmpty ? "" : folder + "/") + "f\(number)")
        }
        for path in paths { write(fixture.path(path)) }
        _ = try await fixture.git("init", "-q")
        _ = try await fixture.git("add", "-A")
        let index = try #require(GitIndex(fixture.path(".git/index")))
        #expect(index.count == 9_000 && index.marks.count == 9)
        for path in paths.shuffled(using: &numbers).prefix(40) { SnapshotFixture.remove(fixture.path(path)) }
        for path in paths.shuffled(using: &numbers).prefix(40) { write(fixture.path(path + ".new")) }
        for name in ["d1", "d2/d3"] {
            SnapshotFixture.remove(fixture.path(name))
            write(fixture.path(name))
        }
        SnapshotFixture.remove(fixture.path(paths[0]))
        write(fixture.path(paths[0] + "/in"))
        let root = try FileIO.open(fixture.workspace, .readOnly, options: .directory)
        defer { try? root.close() }
        let one = try #require(index.scan(below: root, workers: 1) { false })
        #expect(one.isComplete && one.changed.count >= 40 && one.unknown.count > 20)
        for workers in 2...8 {
            let other = try #require(index.scan(below: root, workers: workers) { false })
            #expect(Set(other.changed) == Set(one.changed) && other.changed.count == one.changed.count)
            #expect(Set(other.unknown) == Set(one.unknown) && other.unknown.count == one.unknown.count)
            #expect(other.isComplete)
        }
        for workers in [1, 4] { #expect(index.scan(below: root, workers: workers, isLate: { true }) == nil) }
    }

    /// Without waiting for the disk.
    private func write(_ path: FilePath) {
        try? FileIO.createDirectory(path.removingLastComponent(), mode: 0o755)
        let file = path.withPlatformString { open($0, O_WRONLY | O_CREAT, 0o644) }
        if file >= 0 { close(file) }
    }

    @Test("Too many new names and too many levels are left to git, which finds them")
    func bounds() async throws {
        let fixture = try SnapshotFixture()
        try fixture.put("many/first", "1")
        _ = try await fixture.git("init", "-q")
        _ = try await fixture.git("add", "-A")
        let index = try #require(GitIndex(fixture.path(".git/index")))
        for number in 0...WorkspaceScan.maximumUnknown { write(fixture.path("many/\(number)")) }
        let root = try FileIO.open(fixture.workspace, .readOnly, options: .directory)
        defer { try? root.close() }
        let found = try #require(index.scan(below: root, workers: 2) { false })
        #expect(found.unknown.count == WorkspaceScan.maximumUnknown && !found.isComplete)

        let deep = try SnapshotFixture()
        try deep.put("a", "1")
        _ = try await deep.store.create()
        let name = (0..<80).map { _ in "d" }.joined(separator: "/") + "/file"
        try deep.put(name, "2")
        #expect(try await files(deep.store, deep.store.create()) == ["a", name])
        let deeper = (0..<210).map { _ in "e" }.joined(separator: "/") + "/file"
        try deep.put(deeper, "3")
        for number in 0..<100 { try deep.put("n\(number)", "4") }
        #expect(try await files(deep.store, deep.store.create()).isSuperset(of: ["a", name, deeper]))
        // They are in the index now.
        try deep.put(FilePath(deeper).removingLastComponent().string + "/other", "5")
        #expect(try await files(deep.store, deep.store.create()).count == 104)
    }
}
