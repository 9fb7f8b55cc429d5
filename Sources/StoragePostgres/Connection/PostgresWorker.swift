import Storage
import Support

/// A connection on a queue of its own, where it may block; connects when it is first used and again after it broke.
actor PostgresWorker {
    private nonisolated let executor = BlockingExecutor(label: "codetether.postgres")
    private let url: PostgresURL
    private let gate: ConnectGate
    private var connection: PostgresConnection?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(url: PostgresURL, gate: ConnectGate) {
        self.url = url
        self.gate = gate
    }

    /// Runs `body` with a connection. When one that was idle turns out to be broken, `body` runs once more with a new one,
    /// unless a COMMIT of it was sent.
    func run<T: Sendable>(
        _ body: @Sendable (PostgresConnection) throws(StorageError) -> T
    ) throws(StorageError) -> T {
        while true {
            let (connection, isFresh) = try connected()
            do throws(StorageError) {
                return try body(connection)
            } catch {
                guard connection.isBroken else { throw error }
                self.connection = nil
                if connection.isCommitSent { throw Self.unknownOutcome(error) }
                if isFresh { throw error }
            }
        }
    }

    func close() { connection = nil }

    private func connected() throws(StorageError) -> (PostgresConnection, isFresh: Bool) {
        if let connection, connection.isAlive { return (connection, false) }
        connection = nil
        try gate.check()
        do throws(StorageError) {
            let new = try PostgresConnection(url)
            gate.succeeded()
            connection = new
            return (new, true)
        } catch {
            gate.failed(error)
            throw error
        }
    }

    private static func unknownOutcome(_ error: StorageError) -> StorageError {
        StorageError(
            .unavailable,
            "\(error.message) The connection broke while a change was being confirmed: all of it is stored or nothing. Read it again before you retry."
        )
    }
}
