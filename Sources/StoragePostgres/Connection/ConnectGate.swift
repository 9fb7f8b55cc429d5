import Storage
import Support
import Synchronization

/// Keeps a store from hammering a server that is away: after a failed connect, the next tries fail at once with the same error
/// for a pause that doubles from 100 ms to 2 s. One success opens it.
final class ConnectGate: Sendable {
    private struct State {
        var failures = 0
        var closedUntilNs: UInt64 = 0
        var error: StorageError?
    }

    private static let firstPauseMs: UInt64 = 100
    private static let longestPauseMs: UInt64 = 2_000
    private let time: any TimeSource
    private let state = Mutex(State())

    init(time: any TimeSource) { self.time = time }

    /// - Throws: the last error while the pause lasts.
    func check() throws(StorageError) {
        let now = time.uptimeNs()
        let error = state.withLock { $0.closedUntilNs > now ? $0.error : nil }
        if let error { throw error }
    }

    func failed(_ error: StorageError) {
        let now = time.uptimeNs()
        state.withLock { state in
            state.closedUntilNs = now + Self.pauseMs(failures: state.failures) * 1_000_000
            state.failures = min(state.failures + 1, 16)
            state.error = error
        }
    }

    func succeeded() { state.withLock { $0 = State() } }

    static func pauseMs(failures: Int) -> UInt64 { min(firstPauseMs << UInt64(min(failures, 16)), longestPauseMs) }
}
