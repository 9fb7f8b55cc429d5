import Glibc
import Synchronization
import SystemPackage

/// A real PostgreSQL server of its own on 127.0.0.1, which asks for a password; it ends with the test.
///
/// Run as root, the server runs as the user `postgres` (else `nobody`), for it refuses root. Databases are made with
/// `database`; `crash` and `start` end and restart the server in between.
package final class PostgresServer: Sendable {
    /// The user of every database.
    package static let user = "codetether"
    /// The user's password; it must never turn up in an output.
    package static let password = "canary-pg-7d1f52c3"

    /// The server that a suite with the trait `.postgresServer` shares.
    @TaskLocal package static var current: PostgresServer?

    package let port: UInt16
    private let root: FilePath
    private let programs: FilePath
    private let account: (name: String, uid: uid_t, gid: gid_t)?
    private let process = Mutex<ChildProcess?>(nil)
    private let databases = DatabaseNames()

    private init() throws {
        programs = try Self.findPrograms()
        account = getuid() == 0 ? try Self.unprivilegedAccount() : nil
        root = try TestFiles.makeTemporaryDirectory("codetether-pg")
        port = try Self.freePort()
        if let account {
            guard chown(root.string, account.uid, account.gid) == 0 else {
                throw TestSupportError("\(root) cannot be given to \(account.name): \(Errno(rawValue: errno)).")
            }
        }
    }

    /// Starts a server, hands it to `body`, ends it and removes its files.
    package static func with<Result: Sendable>(
        _ body: (PostgresServer) async throws -> Result
    ) async throws -> Result {
        let server = try PostgresServer()
        do {
            try await server.initialise()
            try await server.start()
            let result = try await body(server)
            await server.remove()
            return result
        } catch {
            await server.remove()
            throw error
        }
    }

    /// The URL of a database that is made when this name is new.
    package func database(_ name: String) async throws -> String {
        try await databases.once(name) { try await self.sql("CREATE DATABASE \"\(name)\"") }
        return url(name)
    }

    /// The URL of a database; nothing is made.
    package func url(_ name: String, password: String = PostgresServer.password) -> String {
        "postgres://\(Self.user):\(password)@127.0.0.1:\(port)/\(name)"
    }

    /// Runs SQL with psql.
    /// - Returns: the rows, columns divided by `|`.
    @discardableResult
    package func sql(_ statement: String, in database: String = "postgres") async throws -> String {
        var options = ChildOptions(
            programs.appending("psql"),
            ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url(database)],
            directory: "/", environment: ["PATH": "/usr/bin:/bin"])
        options.timeout = .seconds(30)
        let result = try await ChildProcess.run(options)
        guard result.code == 0 else { throw TestSupportError("psql failed with \(result.story)") }
        return result.out
    }

    /// Starts the server (again) and waits until it takes connections.
    package func start() async throws {
        for attempt in 1...20 {
            let child = try ChildProcess.start(options("postgres", ["-D", root.appending("data").string]))
            process.withLock { $0 = child }
            if await child.waitForError("database system is ready to accept connections", atMost: .seconds(30)) {
                return
            }
            // After a crash the old children hold the data for a moment.
            _ = await child.state.wait(atMost: .seconds(10)) { $0.status != nil }
            let story = String(decoding: child.state.state.stderr, as: UTF8.self)
            guard attempt < 20, story.contains("pre-existing shared memory") || story.contains("lock file") else {
                throw TestSupportError("PostgreSQL did not start: \(story)")
            }
            _ = await child.state.wait(atMost: .milliseconds(200)) { _ in false }
        }
    }

    /// Ends the server at once, as a crash does; what was committed is there after `start`.
    package func crash() async {
        guard let child = process.withLock({ $0 }) else { return }
        child.send(SIGKILL)
        _ = await child.state.wait(atMost: .seconds(10)) { $0.status != nil && $0.openOutputs == 0 }
        process.withLock { $0 = nil }
    }

    /// Ends the server in order, cutting all connections.
    package func stop() async {
        guard let child = process.withLock({ $0 }) else { return }
        child.send(SIGINT)
        if await !child.state.wait(atMost: .seconds(20), until: { $0.status != nil }) { child.send(SIGKILL) }
        _ = await child.state.wait(atMost: .seconds(10)) { $0.status != nil && $0.openOutputs == 0 }
        process.withLock { $0 = nil }
    }

    private func remove() async {
        if let child = process.withLock({ $0 }) {
            child.send(SIGQUIT)
            if await !child.state.wait(atMost: .seconds(10), until: { $0.status != nil && $0.openOutputs == 0 }) {
                child.send(SIGKILL)
                _ = await child.state.wait(atMost: .seconds(10)) { $0.status != nil && $0.openOutputs == 0 }
            }
        }
        TestFiles.remove(root)
    }

    private func initialise() async throws {
        let passwordFile = root.appending("password")
        try TestFiles.write("\(Self.password)\n".utf8, to: passwordFile, mode: 0o644)
        let result = try await ChildProcess.run(
            options(
                "initdb",
                [
                    "-D", root.appending("data").string, "-U", Self.user, "-A", "scram-sha-256", "-E", "UTF8",
                    "--locale=C", "--no-sync", "--pwfile", passwordFile.string,
                ]))
        guard result.code == 0 else { throw TestSupportError("initdb failed with \(result.story)") }
        let settings = """

            listen_addresses = '127.0.0.1'
            port = \(port)
            unix_socket_directories = ''
            fsync = off
            shared_buffers = 32MB
            max_connections = 90
            """
        let file = root.appending("data").appending("postgresql.conf")
        try TestFiles.write((try TestFiles.read(file)) + Array(settings.utf8), to: file)
        if let account { _ = chown(file.string, account.uid, account.gid) }
    }

    private func options(_ program: String, _ arguments: [String]) -> ChildOptions {
        let path = programs.appending(program)
        let environment = ["PATH": "/usr/bin:/bin:\(programs)", "LC_ALL": "C", "HOME": root.string]
        guard let account else {
            return ChildOptions(path, arguments, directory: root, environment: environment)
        }
        return ChildOptions(
            "/usr/bin/setpriv",
            ["--reuid=\(account.uid)", "--regid=\(account.gid)", "--clear-groups", path.string] + arguments,
            directory: root, environment: environment)
    }

    private static func findPrograms() throws -> FilePath {
        let versions = TestFiles.list("/usr/lib/postgresql").compactMap { Int($0) }.sorted(by: >)
        var folders = versions.map { FilePath("/usr/lib/postgresql/\($0)/bin") }
        folders += [FilePath("/usr/local/bin"), FilePath("/usr/bin")]
        let wanted = ["postgres", "initdb", "psql"]
        for folder in folders where wanted.allSatisfy({ access(folder.appending($0).string, X_OK) == 0 }) {
            return folder
        }
        throw TestSupportError("There is no PostgreSQL server to test with. Run scripts/setup test.")
    }

    private static func unprivilegedAccount() throws -> (name: String, uid: uid_t, gid: gid_t) {
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) { return (name, entry.pointee.pw_uid, entry.pointee.pw_gid) }
        }
        throw TestSupportError("There is no user postgres or nobody to run PostgreSQL as.")
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failure = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) != 0 || getsockname(descriptor, generic, &length) != 0
            }
        }
        guard !failure else { throw TestSupportError("There is no free port: \(Errno(rawValue: errno)).") }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// Makes each database once, also when several tasks ask for it at the same time.
private actor DatabaseNames {
    private var made: [String: Task<Void, any Error>] = [:]

    func once(_ name: String, _ make: @escaping @Sendable () async throws -> Void) async throws {
        let task = made[name] ?? Task { try await make() }
        made[name] = task
        try await task.value
    }
}
