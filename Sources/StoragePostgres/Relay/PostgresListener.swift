import Glibc
import Storage
import Support
import Synchronization

/// A connection that listens to the other processes, on a thread of its own. It does not reconnect by itself: what was said
/// while it was away is lost, and its user has to know that.
actor PostgresListener {
    private nonisolated let executor = BlockingExecutor(label: "codetether.postgres.listen")
    private let url: PostgresURL
    private nonisolated let wake: WakeDescriptor
    private var connection: PostgresConnection?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Throws: `unavailable` when the process has no file descriptors left.
    init(url: PostgresURL) throws(StorageError) {
        self.url = url
        wake = try WakeDescriptor()
    }

    /// Connects anew and listens.
    /// - Returns: the database's time in Unix microseconds, taken after listening began.
    func connect() throws(StorageError) -> Int64 {
        connection = nil
        let new = try PostgresConnection(url)
        try new.execute("LISTEN \(EventNotice.channel)")
        let now = try Self.now(new)
        connection = new
        return now
    }

    /// Waits for messages, 10 s at most.
    /// - Returns: the messages in the order of the commits that sent them, and when nothing came, the database's time.
    func next() throws(StorageError) -> (payloads: [String], nowUs: Int64?) {
        guard let connection, !connection.isBroken else {
            throw StorageError(.unavailable, "The connection to \(url.shown) broke.")
        }
        let found = try connection.notifications(timeoutMs: 10_000, wake: wake.descriptor)
        guard found.isEmpty, !wake.isSet else { return (found.map(\.payload), nil) }
        return ([], try Self.now(connection))
    }

    /// Makes a `next` that waits return now, and all later ones at once.
    nonisolated func stopWaiting() { wake.set() }

    func close() { connection = nil }

    private static func now(_ connection: PostgresConnection) throws(StorageError) -> Int64 {
        try connection.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8").int(0, 0)
    }
}

/// A descriptor that becomes readable once, for ever.
final class WakeDescriptor: Sendable {
    let descriptor: Int32
    private let writing: Int32
    private let state = Mutex(false)

    init() throws(StorageError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let reading = ends.first, let writing = ends.last else {
            throw StorageError(.unavailable, "No file descriptor is left to listen to the database. Raise `ulimit -n`.")
        }
        descriptor = reading
        self.writing = writing
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    var isSet: Bool { state.withLock { $0 } }

    func set() {
        state.withLock { $0 = true }
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }
}
