import Git
import Glibc
import Support
import SystemPackage
import Testing

@testable import Snapshots

@Suite("The index, read and written without git")
struct GitIndexTests {
    @Test("after any changes a snapshot is the tree that git itself makes of the workspace, and git can read the index")
    func sameTreeAsGit() async throws {
        let fixture = try SnapshotFixture()
        var numbers = SeededNumbers(11)
        for number in 0..<120 { try fixture.put(Self.name(number), Self.content(&numbers)) }
        for number in 0..<120 { backdate(fixture.path(Self.name(number).string)) }
        let other = fixture.root.appending("other.git")
        _ = try await fixture.git("--git-dir", other.string, "--work-tree", fixture.workspace.string, "init", "-q")
        for round in 0..<24 {
            for _ in 0..<[0, 1, 3, 30, 50, 90][round % 6] { try change(fixture, &numbers) }
            let tree = try await fixture.store.create().tree
            let git = ["--git-dir", other.string, "--work-tree", fixture.workspace.string]
            _ = try await fixture.git(git[0], git[1], git[2], git[3], "add", "-A")
            let expected = try await fixture.git(git[0], git[1], git[2], git[3], "write-tree")
            #expect(tree == expected.prefix(40), "round \(round)")
            // What the index says is what the tree has that was noted beside it.
            let layout = StoreLayout(root: fixture.store.directory)
            let base = GitIndex.checksum(layout.index).flatMap { layout.baseTree(of: $0) }
            if let base { #expect(try await writeTree(layout, fixture) == base, "round \(round)") }
        }
        #expect(try await fixture.store.verify().isEmpty)
    }

    @Test("entries are put in, replaced and taken out in git's order; all others stay to the byte")
    func applying() throws {
        let stamp = GitIndex.Stamp(stat(), mode: 0o100644)
        func entry(_ digit: String) -> GitIndex.Entry {
            GitIndex.Entry(stamp: stamp, hash: String(repeating: digit, count: 40))
        }
        let empty = Array("DIRC\0\0\0\u{2}\0\0\0\0".utf8) + [UInt8](repeating: 0, count: 20)
        func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }
        let first = try #require(GitIndex(empty, writtenSecond: 0)).applying([
            bytes("b"): entry("1"), bytes("d/x"): entry("2"), bytes("é"): entry("3"),
            bytes(String(repeating: "n", count: 5_000)): entry("4"),
        ])
        let index = try #require(GitIndex(first, writtenSecond: 0))
        #expect(index.count == 4)
        #expect(index.applying([:]) == first)
        let more = index.applying([bytes("a"): entry("5"), bytes("b"): nil, bytes("d/x"): entry("6"), bytes("zz"): nil])
        let back = try #require(GitIndex(more, writtenSecond: 0))
        #expect(back.count == 4)
        #expect(back.applying([bytes("a"): nil, bytes("b"): entry("1"), bytes("d/x"): entry("2")]) == first)
    }

    @Test(
        "an index that is cut, of another version, with stages or with an extension that must be known is left to git")
    func others() throws {
        let stamp = GitIndex.Stamp(stat(), mode: 0o100644)
        let empty = Array("DIRC\0\0\0\u{2}\0\0\0\0".utf8) + [UInt8](repeating: 0, count: 20)
        let good = try #require(GitIndex(empty, writtenSecond: 0)).applying([
            [0x61]: GitIndex.Entry(stamp: stamp, hash: String(repeating: "1", count: 40))
        ])
        #expect(GitIndex(good, writtenSecond: 0) != nil)
        for length in 0..<good.count { #expect(GitIndex(Array(good[..<length]), writtenSecond: 0) == nil) }
        func changed(_ offset: Int, _ byte: UInt8) -> [UInt8] {
            var copy = good
            copy[offset] = byte
            return copy
        }
        #expect(GitIndex(changed(7, 4), writtenSecond: 0) == nil)
        #expect(GitIndex(changed(11, 2), writtenSecond: 0) == nil)
        #expect(GitIndex(changed(12 + 60, 0x10), writtenSecond: 0) == nil)
        #expect(GitIndex(changed(12 + 60, 0x80), writtenSecond: 0) == nil)
        let end = good.count - 20
        for (name, isKnown) in [("TREE", true), ("link", false)] {
            let extended = Array(good[..<end]) + Array(name.utf8) + [0, 0, 0, 2, 9, 9] + good[end...]
            #expect((GitIndex(extended, writtenSecond: 0) != nil) == isKnown)
        }
    }

    // MARK: A workspace that changes

    private static func name(_ number: Int) -> FilePath {
        FilePath(
            ["f\(number)", "d\(number % 7)/f\(number)", "d\(number % 7)/e/f\(number)", "d.x/f\(number)"][number % 4])
    }

    private static func content(_ numbers: inout SeededNumbers) -> [UInt8] {
        Array("\(numbers.next() % 1_000)".utf8)
    }

    private func backdate(_ path: FilePath) {
        let old = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
        _ = path.withPlatformString { utimensat(AT_FDCWD, $0, old, AT_SYMLINK_NOFOLLOW) }
    }

    private func change(_ fixture: SnapshotFixture, _ numbers: inout SeededNumbers) throws {
        let name = Self.name(Int.random(in: 0..<150, using: &numbers))
        let path = fixture.workspace.pushing(name)
        for folder in name.parents where !FileIO.isDirectory(fixture.workspace.pushing(folder)) {
            SnapshotFixture.remove(fixture.workspace.pushing(folder))
        }
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: SnapshotFixture.remove(path)
        case 1: _ = path.withPlatformString { chmod($0, mode_t(0o755)) }
        case 2:
            SnapshotFixture.remove(path)
            try FileIO.createDirectory(path.removingLastComponent(), mode: 0o755)
            _ = path.withPlatformString { symlink("f\(numbers.next() % 3)", $0) }
        case 3:
            // A directory becomes a file, or a file one.
            let place = name.parents.last ?? name
            SnapshotFixture.remove(fixture.workspace.pushing(place))
            try fixture.put(place == name ? name.appending("in") : place, Self.content(&numbers))
        default:
            if (try? FileIO.stat(path, followSymlink: false))?.isRegular != true { SnapshotFixture.remove(path) }
            try fixture.put(name, Self.content(&numbers))
            if Bool.random(using: &numbers) { backdate(path) }
        }
    }

    /// The tree of our index as git writes it, from a copy of it.
    private func writeTree(_ layout: StoreLayout, _ fixture: SnapshotFixture) async throws -> String {
        let copy = fixture.root.appending("copy.git")
        SnapshotFixture.remove(copy)
        _ = try await fixture.git("init", "-q", "--bare", copy.string)
        try AtomicFile.write(try FileIO.read(layout.index), to: copy.appending("index"))
        try AtomicFile.write(layout.objects.bytes + [0x0A], to: copy.pushing("objects/info/alternates"))
        return String(try await fixture.git("--git-dir", copy.string, "write-tree").prefix(40))
    }
}
