import Storage
import Support
import Synchronization

/// At most four connections; operations beyond that wait in order, 1,000 at most.
final class PostgresPool: Sendable {
    static let width = 4
    private static let maximumWaiting = 1_000

    private enum Turn {
        case worker(PostgresWorker)
        case closed
    }

    private struct State {
        /// Used last at the end, so that a quiet pool keeps to one connection.
        var idle: [PostgresWorker] = []
        var all: [PostgresWorker] = []
        var waiting: [CheckedContinuation<Turn, Never>] = []
        var isClosed = false
    }

    let url: PostgresURL
    private let gate: ConnectGate
    private let state = Mutex(State())

    init(url: PostgresURL, time: any TimeSource) {
        self.url = url
        gate = ConnectGate(time: time)
    }

    /// Runs `body` on a connection; see `PostgresWorker.run`.
    func run<T: Sendable>(
        _ body: @Sendable (PostgresConnection) throws(StorageError) -> T
    ) async throws(StorageError) -> T {
        let worker = try await take()
        defer { give(worker) }
        return try await worker.run(body)
    }

    /// A connection of its own beside the pool, for LISTEN.
    func separateWorker() -> PostgresWorker { PostgresWorker(url: url, gate: gate) }

    func close() async {
        let (workers, waiting) = state.withLock { state in
            state.isClosed = true
            defer { (state.all, state.idle, state.waiting) = ([], [], []) }
            return (state.all, state.waiting)
        }
        for turn in waiting { turn.resume(returning: .closed) }
        for worker in workers { await worker.close() }
    }

    private func take() async throws(StorageError) -> PostgresWorker {
        var isFull = false
        let turn = await withCheckedContinuation { continuation in
            let turn = state.withLock { state -> Turn? in
                if state.isClosed { return .closed }
                if let worker = state.idle.popLast() { return .worker(worker) }
                if state.all.count < Self.width {
                    let worker = PostgresWorker(url: url, gate: gate)
                    state.all.append(worker)
                    return .worker(worker)
                }
                isFull = state.waiting.count >= Self.maximumWaiting
                guard !isFull else { return .closed }
                state.waiting.append(continuation)
                return nil
            }
            if let turn { continuation.resume(returning: turn) }
        }
        if case .worker(let worker) = turn { return worker }
        guard isFull else { throw BatchValidation.closed(url.shown) }
        throw StorageError(
            .busy, "\(Self.maximumWaiting) operations wait for the database at \(url.shown) already. Try again later.")
    }

    private func give(_ worker: PostgresWorker) {
        let next = state.withLock { state -> CheckedContinuation<Turn, Never>? in
            guard !state.isClosed else { return nil }
            guard !state.waiting.isEmpty else {
                state.idle.append(worker)
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: .worker(worker))
    }
}
