package import Support
import Synchronization

/// A lease that is renewed until it is released, three times within its length.
///
/// When it is lost (taken over, or the store could not be reached for its whole length) `onLost` is called once: the work must
/// stop then, for somebody else may have begun it. Release it in every case; what is not released runs out by itself.
package final class LeaseKeeper: Sendable {
    private struct State {
        var lease: StorageLease
        /// The uptime at which it was asked for last with success.
        var renewedNs: UInt64
        var isLost = false
        var heartbeat: Task<Void, Never>?
    }

    private let storage: any StorageBackend
    private let time: any TimeSource
    private let lengthMs: Int64
    private let onLost: @Sendable () -> Void
    private let state: Mutex<State>

    /// The lease as of its last renewal.
    package var lease: StorageLease { state.withLock { $0.lease } }
    /// True when the work it was for must stop.
    package var isLost: Bool { state.withLock { $0.isLost } }

    /// True while nobody else can have it, by our own clock.
    package var isCurrent: Bool {
        let (renewed, isLost) = state.withLock { ($0.renewedNs, $0.isLost) }
        return !isLost && time.uptimeNs() < renewed + UInt64(max(0, lengthMs)) * 1_000_000
    }

    private init(
        _ lease: StorageLease, renewedNs: UInt64, storage: any StorageBackend, time: any TimeSource, lengthMs: Int64,
        onLost: @escaping @Sendable () -> Void
    ) {
        self.storage = storage
        self.time = time
        self.lengthMs = lengthMs
        self.onLost = onLost
        state = Mutex(State(lease: lease, renewedNs: renewedNs))
    }

    /// Acquires a lease and begins to renew it.
    /// - Parameter lengthMs: how long the lease outlives its holder, 300 ms to one day.
    /// - Throws: `busy` with the holder, and what the store throws.
    package static func acquire(
        _ name: String, owner: String, lengthMs: Int64 = 15_000, storage: any StorageBackend,
        time: any TimeSource = SystemTime(), onLost: @escaping @Sendable () -> Void = {}
    ) async throws(StorageError) -> LeaseKeeper {
        let start = time.uptimeNs()
        let lease = try await storage.acquireLease(name, owner: owner, forMs: lengthMs)
        let keeper = LeaseKeeper(
            lease, renewedNs: start, storage: storage, time: time, lengthMs: lengthMs, onLost: onLost)
        let task = Task { [weak keeper] in
            while await keeper?.beat() == true {}
        }
        keeper.state.withLock { $0.heartbeat = task }
        return keeper
    }

    deinit { state.withLock { $0.heartbeat }?.cancel() }

    /// Stops renewing and gives the lease back; errors are ignored, the lease then runs out.
    package func release() async {
        let (lease, task) = state.withLock { state in
            defer { state.heartbeat = nil }
            return (state.lease, state.heartbeat)
        }
        guard let task else { return }
        task.cancel()
        await task.value
        try? await storage.releaseLease(lease)
    }

    /// Waits, then renews.
    /// - Returns: false when there is nothing to renew any more.
    private func beat() async -> Bool {
        guard (try? await time.sleep(for: .milliseconds(lengthMs / 3))) != nil else { return false }
        let start = time.uptimeNs()
        do throws(StorageError) {
            let lease = try await storage.renewLease(lease, forMs: lengthMs)
            state.withLock { ($0.lease, $0.renewedNs) = (lease, start) }
            return true
        } catch {
            let unrenewedMs = Int64(clamping: (time.uptimeNs() - state.withLock { $0.renewedNs }) / 1_000_000)
            if error.kind != .conflict, unrenewedMs < lengthMs - lengthMs / 3 { return true }
            state.withLock { $0.isLost = true }
            onLost()
            return false
        }
    }
}
