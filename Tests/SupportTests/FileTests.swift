import Dispatch
import Glibc
import Support
import Synchronization
import SystemPackage
import Testing

@Suite("Files")
struct FileTests {
    private func code(_ work: () throws(FileError) -> Void) -> FileError.Code? {
        do throws(FileError) {
            try work()
            return nil
        } catch { return error.kind }
    }

    @Test("an atomic write keeps the mode, is 0600 when new, and leaves nothing beside the file")
    func mode() throws {
        let scratch = try Scratch()
        let file = scratch.path.appending("f")
        try AtomicFile.write(bytes("one"), to: file)
        #expect(try FileIO.stat(file).mode == 0o600)
        _ = file.withPlatformString { chmod($0, 0o751) }
        try AtomicFile.write(bytes("two"), to: file)
        #expect(try FileIO.stat(file).mode == 0o751)
        try AtomicFile.write(bytes("three"), to: file, mode: 0o640)
        #expect(try FileIO.stat(file).mode == 0o640)
        #expect(try scratch.text("f") == "three")
        #expect(try FileIO.list(scratch.path).map(\.name.string) == ["f"])
    }

    @Test("an atomic write goes through a link, or replaces it when told")
    func links() throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "target")
        try scratch.link("link", to: "target")
        try AtomicFile.write(bytes("new"), to: scratch.path.appending("link"))
        #expect(try scratch.text("target") == "new")
        #expect(try FileIO.stat(scratch.path.appending("link"), followSymlink: false).isSymlink)
        try AtomicFile.write(bytes("own"), to: scratch.path.appending("link"), followSymlink: false)
        #expect(try scratch.text("target") == "new")
        #expect(try !FileIO.stat(scratch.path.appending("link"), followSymlink: false).isSymlink)
    }

    @Test("a reader sees the old or the new content, never a part")
    func atomic() async throws {
        let scratch = try Scratch()
        let file = scratch.path.appending("f")
        let contents = [UInt8(ascii: "a"), UInt8(ascii: "b")].map { [UInt8](repeating: $0, count: 300_000) }
        try AtomicFile.write(contents[0], to: file)
        let isDone = Flag()
        async let torn = BlockingWork.run { () -> Int in
            var torn = 0
            while !isDone.isSet {
                let seen = try FileIO.read(file)
                if !contents.contains(seen) { torn += 1 }
            }
            return torn
        }
        try await BlockingWork.run {
            defer { isDone.set() }
            for round in 0..<30 { try AtomicFile.write(contents[round % 2], to: file) }
        }
        #expect(try await torn == 0)
    }

    @Test("a failed write leaves the old content and no temporary file")
    func failure() throws {
        let scratch = try Scratch()
        #expect(
            code { () throws(FileError) in try AtomicFile.write([], to: scratch.path.appending("no").appending("f")) }
                == .notFound)
        try FileIO.createDirectory(scratch.path.appending("d"))
        #expect(code { () throws(FileError) in try AtomicFile.write([1], to: scratch.path.appending("d")) } != nil)
        #expect(try FileIO.list(scratch.path).map(\.name.string) == ["d"])
    }

    @Test("errors carry a class and name the path")
    func errors() throws {
        let scratch = try Scratch()
        let missing = scratch.path.appending("missing")
        do {
            _ = try FileIO.read(missing)
            Issue.record("no error")
        } catch {
            #expect(error.kind == .notFound && error.message.contains(missing.string))
        }
        try scratch.write("0123456789", to: "ten")
        let ten = scratch.path.appending("ten")
        #expect(try FileIO.read(ten, limit: 10).count == 10)
        #expect(code { () throws(FileError) in _ = try FileIO.read(ten, limit: 9) } == .tooLarge)
        #expect(code { () throws(FileError) in _ = try FileIO.read(scratch.path) } == .isADirectory)
        #expect(code { () throws(FileError) in _ = try FileIO.list(ten) } == .notADirectory)
        #expect(code { () throws(FileError) in try FileIO.createDirectory(ten) } == .exists)
        #expect(code { () throws(FileError) in try FileIO.remove(missing) } == .notFound)
    }

    @Test("names that are not UTF-8 survive listing, reading and removing")
    func rawNames() throws {
        let scratch = try Scratch()
        let name: [CChar] = [0x61, CChar(bitPattern: 0xFF), 0x62, 0]
        let component = try #require(FilePath(platformString: name).lastComponent)
        let file = scratch.path.appending(component)
        try AtomicFile.write([1], to: file)
        let entry = try #require(try FileIO.list(scratch.path).first)
        #expect(entry.name == component && entry.kind == .file)
        #expect(try FileIO.read(scratch.path.appending(entry.name)) == [1])
        try FileIO.remove(file)
        #expect(!FileIO.exists(file))
    }

    @Test("directories are made with their parents and listed with their kinds")
    func directories() throws {
        let scratch = try Scratch()
        try FileIO.createDirectory(scratch.path.appending(FilePath("a/b/c").components))
        try FileIO.createDirectory(scratch.path.appending(FilePath("a/b/c").components))
        try scratch.write("", to: "a/f")
        try scratch.link("l", to: "nowhere")
        #expect(FileIO.isDirectory(scratch.path.appending("a")))
        let kinds = Dictionary(
            uniqueKeysWithValues: try FileIO.list(scratch.path.appending("a")).map { ($0.name.string, $0.kind) })
        #expect(kinds == ["b": .directory, "f": .file])
        #expect(!FileIO.exists(scratch.path.appending("l")))
        #expect(code { () throws(FileError) in _ = try FileIO.realPath(scratch.path.appending("l")) } == .notFound)
    }

    @Test("a lock has one holder, and is free after release and after deinit")
    func locks() async throws {
        let scratch = try Scratch()
        let path = scratch.path.appending("lock")
        let first = try #require(try FileLock.tryLock(path))
        #expect(try FileLock.tryLock(path) == nil)
        #expect(try await FileLock.lock(path, timeout: .milliseconds(20)) == nil)
        first.release()
        do {
            let second = try FileLock.tryLock(path)
            #expect(second != nil)
            _ = consume second
        }
        let shared = try FileLock.tryLock(path, shared: true)
        #expect(try FileLock.tryLock(path, shared: true) != nil)
        #expect(try FileLock.tryLock(path) == nil)
        shared?.release()
    }

    @Test("blocking work runs off the cooperative pool, as many at once as the pool is wide, and all of it")
    func blockingWork() async throws {
        // A pool of its own: the shared one is used by the tests beside this one.
        let pool = BlockingPool(width: 8)
        let gate = Gate(width: 8)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        pool.submit {
                            gate.pass()
                            continuation.resume()
                        }
                    }
                }
            }
        }
        #expect(gate.counts.total == 60)
        #expect(gate.counts.most == 8)
        await #expect(throws: FileError.self) { try await BlockingWork.run { try FileIO.read("/nonexistent/file") } }
    }

    @Test("a pool's threads take the next job, in order, however long they were idle")
    func blockingOrder() async throws {
        let pool = BlockingPool(width: 1)
        let seen = Mutex<[Int]>([])
        for round in 0..<20 {
            await withCheckedContinuation { continuation in
                for job in 0..<5 {
                    pool.submit {
                        seen.withLock { $0.append(round * 5 + job) }
                        if job == 4 { continuation.resume() }
                    }
                }
            }
        }
        #expect(seen.withLock { $0 } == Array(0..<100))
    }
}

private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}

/// Holds everyone in `pass` until `width` threads have been in there at the same time.
private final class Gate: Sendable {
    private let values = Mutex((now: 0, most: 0, total: 0))
    private let opened = DispatchSemaphore(value: 0)
    private let width: Int

    init(width: Int) { self.width = width }

    func pass() {
        let isOpen = values.withLock {
            $0.now += 1
            $0.total += 1
            $0.most = max($0.most, $0.now)
            return $0.most >= width
        }
        // Whoever comes through opens for the next; without `width` at once `most` tells after a minute.
        if !isOpen { _ = opened.wait(timeout: .now() + 60) }
        opened.signal()
        values.withLock { $0.now -= 1 }
    }

    var counts: (now: Int, most: Int, total: Int) { values.withLock { $0 } }
}
