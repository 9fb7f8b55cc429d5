import Git
import Glibc
import Logging
import Snapshots
import Support
import Synchronization
import SystemPackage

/// A workspace, a data directory and the store between them, in a temporary folder of their own.
final class SnapshotFixture: Sendable {
    let root: FilePath
    let workspace: FilePath
    let data: FilePath
    let store: SnapshotStore
    let time = FixtureTime()

    init(
        limits: SnapshotLimits = SnapshotLimits(), path: String? = nil, home: String = "/nonexistent",
        below place: String = "/tmp", named name: [UInt8] = Array("ws".utf8)
    ) throws {
        var template = Array("\(place)/codetether-snap-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw FileError(.io, path: FilePath(place), message: "no temporary folder")
        }
        root = try FileIO.realPath(FilePath(platformString: template))
        workspace = FilePath(bytes: root.bytes + [0x2F] + name)
        data = root.appending("data")
        try FileIO.createDirectory(workspace, mode: 0o755)
        try FileIO.createDirectory(data)
        store = try Self.store(workspace, data, limits, path: path, home: home, time: time)
    }

    static func store(
        _ workspace: FilePath, _ data: FilePath, _ limits: SnapshotLimits, path: String? = nil,
        home: String = "/nonexistent", time: any TimeSource
    ) throws -> SnapshotStore {
        SnapshotStore(
            workspace: try WorkspaceRoot(workspace), dataDirectory: data, limits: limits, runner: ProcessRunner(),
            environment: Environment([
                "PATH": path ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": home,
            ]), ids: ULIDSource(), time: time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    deinit { Self.remove(root) }

    static func remove(_ path: FilePath) { remove(path.bytes) }

    /// Not with `FilePath`, which is slow in debug builds.
    private static func remove(_ path: [UInt8]) {
        let text = (path + [0]).map { CChar(bitPattern: $0) }
        var info = stat()
        guard lstat(text, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFDIR else {
            unlink(text)
            return
        }
        chmod(text, 0o700)
        var names: [[UInt8]] = []
        if let stream = opendir(text) {
            while let entry = readdir(stream) {
                names.append(withUnsafeBytes(of: &entry.pointee.d_name) { raw in Array(raw.prefix { $0 != 0 }) })
            }
            closedir(stream)
        }
        for name in names where name != [0x2E] && name != [0x2E, 0x2E] { remove(path + [0x2F] + name) }
        rmdir(text)
    }

    // MARK: The user's hand

    func path(_ name: String) -> FilePath { workspace.pushing(FilePath(name)) }

    func put(_ name: String, _ text: String, mode: UInt16 = 0o644) throws {
        try put(FilePath(name), Array(text.utf8), mode: mode)
    }

    func put(_ name: FilePath, _ bytes: [UInt8], mode: UInt16 = 0o644) throws {
        let path = workspace.pushing(name)
        try FileIO.createDirectory(path.removingLastComponent(), mode: 0o755)
        try AtomicFile.write(bytes, to: path, mode: mode, followSymlink: false)
    }

    func text(_ name: String) -> String? { (try? FileIO.read(path(name))).map { UTF8Text.lossy($0) } }

    func git(_ arguments: String..., at directory: FilePath? = nil) async throws -> String {
        let result = try await ProcessRunner().run(
            Command(
                executable: "git",
                arguments: [
                    "-c", "user.name=u", "-c", "user.email=u@example.org", "-c", "filter.evil.clean=cat",
                ] + arguments,
                directory: directory ?? workspace,
                environment: [
                    "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": "/nonexistent",
                    "GIT_CONFIG_NOSYSTEM": "1",
                ]))
        guard result.isSuccess else {
            throw FileError(.io, path: workspace, message: "git \(arguments): \(result.stderr.text)")
        }
        return result.stdout.text
    }

    // MARK: The agent's hand

    /// A write as the file tools make it: kept, then written.
    @discardableResult
    func toolWrite(
        _ name: FilePath, _ bytes: [UInt8]?, owner: String = "ses_a", message: String = "msg_1", call: String = "c"
    ) throws -> String {
        let path = workspace.pushing(name)
        let info = try? FileIO.stat(path, followSymlink: false)
        let before = try info.map { (try FileIO.read(path), $0.mode) }
        let mode = info?.mode ?? 0o644
        let folders = name.parents.filter { !FileIO.exists(workspace.pushing($0)) }
        let id = try store.journal.willWrite(
            JournalCall(owner: owner, sessionID: owner, messageID: message, callID: call, tool: "write"),
            [ChangeJournal.Planned(path: name, before: before, after: bytes.map { ($0, mode) })], folders: folders)
        if let bytes { try put(name, bytes, mode: mode) } else { try FileIO.remove(path) }
        store.journal.didWrite(id, succeeded: true)
        return id
    }

    func toolWrite(_ name: String, _ text: String, owner: String = "ses_a", message: String = "msg_1") throws {
        try toolWrite(FilePath(name), Array(text.utf8), owner: owner, message: message)
    }

    /// A command as the bash tool makes it: compared before and after.
    @discardableResult
    func command(
        owner: String = "ses_a", message: String = "msg_1", _ body: () async throws -> Void
    ) async throws -> (files: [JournalFile], notice: String?) {
        let mark = await store.beginCommand(
            JournalCall(owner: owner, sessionID: owner, messageID: message, callID: "b", tool: "bash"))
        try await body()
        guard let mark else { return ([], "no mark") }
        return await store.endCommand(mark)
    }

    func undo(
        owner: String = "ses_a", message: String? = nil, merges: Bool = false
    ) async throws -> RestoreResult {
        let view = try store.journal.read()
        let entries = view.entries(of: owner).filter { message == nil || $0.call.messageID == message }
        let plan = try await store.plan(undoing: entries, in: view)
        return try await store.apply(
            plan,
            RestoreRequest(kind: .undo, owner: owner, folders: Set(entries.flatMap(\.folders)), merges: merges))
    }

    func redo(owner: String = "ses_a") async throws -> RestoreResult {
        guard let undo = try store.journal.read().lastUndo(of: owner) else {
            throw SnapshotError(.notFound, "nothing to redo")
        }
        let plan = try await store.plan(redoing: undo)
        return try await store.apply(
            plan,
            RestoreRequest(
                kind: .redo, owner: owner, of: undo.id,
                folders: Set(plan.filter { $0.target == nil }.flatMap { $0.path.parents })))
    }

    /// Every file and link with its bytes, mode and, when wanted, inode and mtime, by the bytes of the path; `.git` too.
    /// Not with `FilePath`, which is slow in debug builds.
    func tree(identity: Bool = false) throws -> [[UInt8]: String] {
        var found: [[UInt8]: String] = [:]
        let base = workspace.bytes + [0x2F]
        func walk(_ folder: [UInt8]) {
            guard let stream = opendir((base + folder + [0]).map { CChar(bitPattern: $0) }) else { return }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in Array(raw.prefix { $0 != 0 }) }
                if name == [0x2E] || name == [0x2E, 0x2E] { continue }
                let path = folder + name
                let full = (base + path + [0]).map { CChar(bitPattern: $0) }
                var info = stat()
                guard lstat(full, &info) == 0 else { continue }
                if info.st_mode & S_IFMT == S_IFDIR {
                    walk(path + [0x2F])
                    continue
                }
                let isLink = info.st_mode & S_IFMT == S_IFLNK
                var buffer = [UInt8](repeating: 0, count: isLink ? 4_096 : Int(info.st_size) + 1)
                var count = 0
                if isLink {
                    count = buffer.withUnsafeMutableBytes { raw in
                        raw.baseAddress.map { readlink(full, $0.assumingMemoryBound(to: CChar.self), raw.count) } ?? 0
                    }
                } else {
                    let file = open(full, O_RDONLY)
                    count = buffer.withUnsafeMutableBytes { raw in
                        raw.baseAddress.map { read(file, $0, raw.count) } ?? 0
                    }
                    close(file)
                }
                let content = SHA256Hash.hex(of: buffer[..<max(0, count)])
                found[path] =
                    "\(isLink ? "link" : "file") \(content) \(String(info.st_mode & 0o7777, radix: 8))"
                    + (identity ? "/\(info.st_ino) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)" : "")
            }
        }
        walk([])
        return found
    }
}

extension SnapshotFixture {
    /// Every directory below the workspace, by the bytes of its path.
    func folders() throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        func walk(_ folder: FilePath) throws {
            for entry in try FileIO.list(workspace.pushing(folder)) where entry.kind == .directory {
                found.append(folder.appending(entry.name).bytes)
                try walk(folder.appending(entry.name))
            }
        }
        for entry in try FileIO.list(workspace) where entry.kind == .directory && entry.name.string != ".git" {
            let folder = FilePath(root: nil, [entry.name])
            found.append(folder.bytes)
            try walk(folder)
        }
        return found
    }
}

/// The system's clock, shifted by hand.
final class FixtureTime: TimeSource {
    private let offset = Shift()

    func nowMs() -> Int64 { SystemTime().nowMs() + offset.value }
    func uptimeNs() -> UInt64 { SystemTime().uptimeNs() }
    func sleep(for duration: Duration) async throws { try await SystemTime().sleep(for: duration) }
    func advance(days: Int64) { offset.add(days * 86_400_000) }
}

private final class Shift: Sendable {
    private let milliseconds = Mutex<Int64>(0)
    var value: Int64 { milliseconds.withLock { $0 } }
    func add(_ more: Int64) { milliseconds.withLock { $0 += more } }
}
