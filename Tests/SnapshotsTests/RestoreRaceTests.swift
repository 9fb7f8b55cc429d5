import Glibc
import Snapshots
import Support
import Synchronization
import SystemPackage
import Testing

/// A directory of the workspace becomes a link to the outside and back, as fast as it goes, while snapshots are taken and
/// restored. `CODETETHER_RACE_SECONDS` sets the time; `scripts/race` takes 60.
@Suite("Symbolic links that change under a restore", .serialized)
struct RestoreRaceTests {
    private static let seconds = getenv("CODETETHER_RACE_SECONDS").flatMap { Double(String(cString: $0)) } ?? 1

    @Test("no restore reads, changes or removes anything outside")
    func restore() async throws {
        let fixture = try SnapshotFixture()
        let outside = fixture.root.appending("outside")
        try FileIO.createDirectory(outside)
        let canary = Array("canary outside\n".utf8)
        for name in ["a.txt", "only-outside.txt"] { try AtomicFile.write(canary, to: outside.pushing(FilePath(name))) }
        try fixture.put("d/a.txt", "first\n")
        let first = try await fixture.store.create()
        try fixture.put("d/a.txt", "second\n")
        try fixture.put("d/b.txt", "second\n")
        let second = try await fixture.store.create()
        let before = try state(outside)

        let isOver = Flag()
        let (directory, link, spare) = (fixture.path("d"), fixture.path("e"), fixture.path("spare"))
        _ = symlink(outside.string, link.string)
        let flipper = Task.detached { await Self.flip(directory, link, spare, isOver) }
        var (calls, worked) = (0, 0)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        while ContinuousClock.now < end || calls < 10 {
            calls += 1
            do throws(SnapshotError) {
                let snapshot = calls % 2 == 0 ? first.id : second.id
                let (plan, folders) = try await fixture.store.plan(restoring: snapshot, exact: true)
                _ = try await fixture.store.apply(
                    plan, RestoreRequest(kind: .restore, owner: "", folders: folders))
                worked += 1
            } catch {
                // What moved meanwhile is refused; what counts is the outside.
            }
        }
        isOver.set()
        let swaps = await flipper.value
        #expect(swaps > calls)
        #expect(try state(outside) == before, "\(calls) calls, \(swaps) swaps")
        let read = GitObjects(fixture.store.directory.appending("objects")).isLoose(GitObjects.hash(.blob, canary))
        #expect(!read, "what is outside was read into the store")
        if Self.seconds > 10 { print("race: restore \(calls) calls (\(worked) worked), \(swaps) swaps, 0 escapes") }
    }

    /// Exchanges the two names until it is over; the number of times.
    private static func flip(_ one: FilePath, _ other: FilePath, _ spare: FilePath, _ isOver: Flag) async -> Int {
        var swaps = 0
        while !isOver.isSet {
            for _ in 0..<100 {
                _ = rename(one.string, spare.string)
                _ = rename(other.string, one.string)
                _ = rename(spare.string, other.string)
                swaps += 1
            }
            await Task.yield()
        }
        return swaps
    }

    private func state(_ folder: FilePath) throws -> [String] {
        try FileIO.list(folder).map { entry in
            let path = folder.appending(entry.name)
            let info = try FileIO.stat(path, followSymlink: false)
            return "\(path) \(info.inode) \(info.mtimeNs) \(UTF8Text.lossy(try FileIO.read(path)))"
        }
        .sorted()
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }
}
