import CPQ
import Glibc
import Storage
import Support

/// One connection to the server. Blocking, and not Sendable: it belongs to the queue of its `PostgresWorker`.
final class PostgresConnection {
    /// How long connecting may take.
    static let connectTimeoutMs: Int64 = 8_000
    /// How long a statement may take, by the server's watch; migrations may take longer.
    static let statementTimeoutMs: Int64 = 8_000
    /// How long a statement waits for others' locks.
    static let lockTimeoutMs: Int64 = 5_000
    /// What the network may add to a statement's time.
    private static let graceMs: Int64 = 2_000
    /// The oldest server whose SQL we use.
    private static let minimumVersion: Int32 = 120_000

    /// A message of another connection.
    struct Notification {
        var channel: String
        var payload: String
    }

    let url: PostgresURL
    private let raw: OpaquePointer
    private let errors: PostgresError
    /// True when the connection cannot be used any more.
    private(set) var isBroken = false
    /// True from the moment a COMMIT was sent: a failure after it leaves the outcome unknown.
    private(set) var isCommitSent = false

    /// Connects and prepares the session.
    /// - Throws: `unavailable`, `denied`, `invalid` (libpq missing is `unavailable`).
    init(_ url: PostgresURL) throws(StorageError) {
        self.url = url
        errors = PostgresError(url: url)
        try Self.loadLibrary()
        // Later words override earlier ones: the URL may set all but the encoding.
        let words: [(String, String)] = [
            ("application_name", "codetether"), ("keepalives_idle", "10"), ("keepalives_interval", "3"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "10000"), ("dbname", url.text), ("client_encoding", "UTF8"),
        ]
        guard let raw = Self.start(words) else {
            throw StorageError(.unavailable, "There is no memory for a connection to \(url.shown).")
        }
        self.raw = raw
        try connect()
        try execute(
            """
            SET search_path TO codetether; SET lock_timeout TO \(Self.lockTimeoutMs);
            SET statement_timeout TO \(Self.statementTimeoutMs); SET client_min_messages TO error;
            SET idle_in_transaction_session_timeout TO 60000; SET default_transaction_isolation TO 'read committed'
            """)
    }

    deinit { cpq_finish(raw) }

    /// - Throws: `unavailable` when libpq is not installed.
    static func loadLibrary() throws(StorageError) {
        var reason = [UInt8](repeating: 0, count: 300)
        let isLoaded = reason.withUnsafeMutableBytes { buffer in
            cpq_load(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count) == 1
        }
        guard !isLoaded else { return }
        let text = String(decoding: reason.prefix { $0 != 0 }, as: UTF8.self)
        throw StorageError(
            .unavailable,
            "PostgreSQL's client library cannot be opened: \(HostileText.escaped(text, multiline: false)). Install it (Debian: apt-get install libpq5)."
        )
    }

    private static func start(_ words: [(String, String)]) -> OpaquePointer? {
        let keys = words.map { strdup($0.0) }
        let values = words.map { strdup($0.1) }
        defer { for pointer in keys + values { free(pointer) } }
        let keyList = keys.map { UnsafePointer($0) } + [nil]
        let valueList = values.map { UnsafePointer($0) } + [nil]
        return keyList.withUnsafeBufferPointer { keys in
            valueList.withUnsafeBufferPointer { values in cpq_connect_start(keys.baseAddress, values.baseAddress) }
        }
    }

    private func connect() throws(StorageError) {
        guard cpq_status(raw) != CPQ_CONNECTION_BAD else { throw connectionError() }
        cpq_set_verbose_errors(raw)
        cpq_silence_notices(raw)
        let deadline = Deadline(ms: Self.connectTimeoutMs)
        var awaited = CPQ_POLLING_WRITING
        while awaited != CPQ_POLLING_OK {
            let events = awaited == CPQ_POLLING_READING ? Int16(POLLIN) : Int16(POLLOUT)
            guard try wait(for: events, until: deadline) else {
                isBroken = true
                throw errors.silent("answer", ms: Self.connectTimeoutMs)
            }
            awaited = cpq_connect_poll(raw)
            if awaited == CPQ_POLLING_FAILED { throw connectionError() }
        }
        guard cpq_set_nonblocking(raw) == 0 else { throw connectionError() }
        guard cpq_server_version(raw) >= Self.minimumVersion else {
            isBroken = true
            throw StorageError(
                .unavailable, "PostgreSQL at \(url.shown) is older than version 12. Use a newer server.")
        }
    }

    /// Looks whether the server closed the connection while it was idle.
    var isAlive: Bool {
        guard !isBroken else { return false }
        var descriptor = pollfd(fd: cpq_socket(raw), events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 0) > 0 else { return true }
        if cpq_consume_input(raw) == 0 || cpq_status(raw) != CPQ_CONNECTION_OK { isBroken = true }
        return !isBroken
    }

    // MARK: Statements

    /// Runs statements without parameters and rows, in one round trip.
    func execute(_ script: String, timeoutMs: Int64 = statementTimeoutMs) throws(StorageError) {
        guard cpq_send_query(raw, script) == 1 else { throw connectionError() }
        _ = try results(timeoutMs: timeoutMs)
    }

    /// Runs one statement.
    @discardableResult
    func query(_ sql: String, _ values: [PostgresValue] = []) throws(StorageError) -> PostgresRows {
        let bytes = values.map(\.bytes)
        let types = values.map(\.type)
        let lengths = bytes.map { Int32(clamping: $0?.count ?? 0) }
        let formats = [Int32](repeating: 1, count: values.count)
        // The bytes of all parameters one after the other; an empty one still needs an address.
        var storage: [UInt8] = [0]
        storage.reserveCapacity(bytes.reduce(1) { $0 + ($1?.count ?? 0) })
        var offsets: [Int?] = []
        for value in bytes {
            offsets.append(value == nil ? nil : storage.count - (value?.isEmpty == true ? 1 : 0))
            storage += value ?? []
        }
        let isSent = storage.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return cpq_send_query_params(raw, sql, Int32(clamping: values.count), types, pointers, lengths, formats, 1)
        }
        guard isSent == 1 else { throw connectionError() }
        guard let rows = try results(timeoutMs: Self.statementTimeoutMs) else {
            throw errors.error("08P01", "the statement has no result")
        }
        return rows
    }

    /// Runs `body` in a transaction, which is rolled back when it throws.
    func transaction<T>(_ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        isCommitSent = false
        try execute("BEGIN")
        do throws(StorageError) {
            let result = try body()
            isCommitSent = true
            try execute("COMMIT")
            isCommitSent = false
            return result
        } catch {
            if !isBroken { try? execute("ROLLBACK") }
            throw error
        }
    }

    /// Sends what is queued and collects results until the server is ready again.
    /// - Returns: the last result that has rows or a status.
    private func results(timeoutMs: Int64) throws(StorageError) -> PostgresRows? {
        let deadline = Deadline(ms: timeoutMs + Self.graceMs)
        var flushed = cpq_flush(raw)
        while flushed == 1 {
            guard try wait(for: Int16(POLLIN | POLLOUT), until: deadline) else { throw silence(timeoutMs) }
            guard cpq_consume_input(raw) == 1 else { throw connectionError() }
            flushed = cpq_flush(raw)
        }
        guard flushed == 0 else { throw connectionError() }
        var rows: PostgresRows?
        var failure: StorageError?
        while true {
            while cpq_is_busy(raw) == 1 {
                guard try wait(for: Int16(POLLIN), until: deadline) else { throw silence(timeoutMs) }
                guard cpq_consume_input(raw) == 1 else { throw connectionError() }
            }
            guard let result = cpq_get_result(raw) else { break }
            switch cpq_result_status(result) {
            case CPQ_COMMAND_OK, CPQ_TUPLES_OK, CPQ_EMPTY_QUERY:
                rows = PostgresRows(result)
            default:
                failure = errors.result(result).error
                cpq_clear(result)
                if cpq_status(raw) != CPQ_CONNECTION_OK { isBroken = true }
            }
            if isBroken { break }
        }
        if let failure { throw failure }
        if cpq_status(raw) != CPQ_CONNECTION_OK { throw connectionError() }
        return rows
    }

    // MARK: Notifications

    /// Waits for messages of other connections or for a byte on `wake`.
    /// - Returns: empty when the time is over or it was woken.
    func notifications(timeoutMs: Int32, wake: Int32) throws(StorageError) -> [Notification] {
        var found = pending()
        guard found.isEmpty else { return found }
        var descriptors = [
            pollfd(fd: cpq_socket(raw), events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, timeoutMs) > 0, descriptors.first?.revents != 0 else { return [] }
        guard cpq_consume_input(raw) == 1 else { throw connectionError() }
        found = pending()
        return found
    }

    private func pending() -> [Notification] {
        var found: [Notification] = []
        while found.count < 1_000, let next = cpq_notifies(raw) {
            found.append(
                Notification(
                    channel: String(cString: next.pointee.channel), payload: String(cString: next.pointee.payload)))
            cpq_free(next)
        }
        return found
    }

    // MARK: Waiting

    private struct Deadline {
        private let end: UInt64
        init(ms: Int64) { end = SystemTime().uptimeNs() + UInt64(max(0, ms)) * 1_000_000 }
        var leftMs: Int32 {
            let now = SystemTime().uptimeNs()
            return now >= end ? 0 : Int32(clamping: (end - now) / 1_000_000 + 1)
        }
    }

    /// - Returns: false when the time is over.
    private func wait(for events: Int16, until deadline: Deadline) throws(StorageError) -> Bool {
        while true {
            var descriptor = pollfd(fd: cpq_socket(raw), events: events, revents: 0)
            let left = deadline.leftMs
            guard left > 0 else { return false }
            let count = poll(&descriptor, 1, left)
            if count > 0 { return true }
            if count < 0, errno != EINTR { throw connectionError() }
        }
    }

    private func silence(_ timeoutMs: Int64) -> StorageError {
        isBroken = true
        return errors.silent("answer", ms: timeoutMs + Self.graceMs)
    }

    private func connectionError() -> StorageError {
        isBroken = true
        return errors.connection(cpq_error_message(raw).map { String(cString: $0) } ?? "")
    }
}
