import Glibc
import Scheduler
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Jobs that remove files")
struct FileJobTests {
    private func age(_ path: FilePath, seconds: Int, at time: TestTime) {
        let when = timespec(tv_sec: Int(time.nowMs() / 1_000) - seconds, tv_nsec: 0)
        let times = [when, when]
        #expect(utimensat(AT_FDCWD, path.string, times, AT_SYMLINK_NOFOLLOW) == 0)
    }

    @Test("tool-output.cleanup removes what is older than 7 days, and only ordinary files of its directory")
    func toolOutput() async throws {
        try await TempWorkspace.with(files: [
            "out/old.txt": "1234567890", "out/young.txt": "x", "out/sub/old.txt": "x", "outside.txt": "x",
        ]) { workspace in
            let time = TestTime()
            let directory = workspace.path.appending("out")
            #expect(symlink("../outside.txt", directory.appending("link.txt").string) == 0)
            for name in ["old.txt", "sub/old.txt", "link.txt", "../outside.txt"] {
                age(directory.pushing(FilePath(name)), seconds: 7 * 86_400 + 1, at: time)
            }
            age(directory.appending("young.txt"), seconds: 7 * 86_400 - 1, at: time)
            let job = ScheduledJob.toolOutputCleanup(directory, time: time)
            #expect(job.id == "tool-output.cleanup" && job.isEnabled)
            let facts1 = try await job.body()
            #expect(facts1 == ["removed": 1, "bytes": 10])
            #expect(workspace.files.sorted() == ["out/link.txt", "out/sub/old.txt", "out/young.txt", "outside.txt"])
            let facts2 = try await job.body()
            #expect(facts2 == ["removed": 0, "bytes": 0])
            let missing = ScheduledJob.toolOutputCleanup(workspace.path.appending("missing"), time: time)
            let facts3 = try await missing.body()
            #expect(facts3 == ["removed": 0, "bytes": 0])
        }
    }

    @Test("locks.cleanup removes lock files that nobody holds; who locks meanwhile never shares a lock")
    func locks() async throws {
        try await TempWorkspace.with(files: ["locks/free.lock": "", "locks/notes.txt": ""]) { workspace in
            let time = TestTime()
            let directory = workspace.path.appending("locks")
            let held = try #require(try FileLock.tryLock(directory.appending("held.lock")))
            let young = directory.appending("young.lock")
            try workspace.write("", to: "locks/young.lock")
            for name in ["free.lock", "held.lock", "notes.txt"] {
                age(directory.appending(name), seconds: 2 * 86_400, at: time)
            }
            age(young, seconds: 60, at: time)
            let job = ScheduledJob.lockCleanup(directory, time: time)
            #expect(try await job.body()["removed"] == 1)
            #expect(workspace.files.sorted() == ["locks/held.lock", "locks/notes.txt", "locks/young.lock"])
            #expect(try FileLock.tryLock(directory.appending("held.lock")) == nil)
            held.release()
            let again = try #require(try FileLock.tryLock(directory.appending("held.lock")))
            again.release()
        }
    }

    @Test("A lock whose file was removed while it was held is not mistaken for the lock of the new file")
    func removedLock() throws {
        let workspace = try TempWorkspace()
        defer { workspace.remove() }
        let path = workspace.path.appending("a.lock")
        let first = try #require(try FileLock.tryLock(path))
        try FileIO.remove(path)
        let second = try #require(try FileLock.tryLock(path))
        #expect(try FileLock.tryLock(path) == nil)
        first.release()
        #expect(try FileLock.tryLock(path) == nil)
        second.release()
        #expect(try FileLock.tryLock(path) != nil)
    }
}
