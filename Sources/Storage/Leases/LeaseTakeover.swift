package import Support
import Synchronization

/// Looks for leases whose owner died, takes each over and puts in order what the owner left; of all processes one does it.
package final class LeaseTakeover: Sendable {
    /// What to do for one lease. When it throws, the lease runs out again and somebody tries later.
    package typealias Repair = @Sendable (_ name: String, _ deadOwner: String) async throws -> Void

    private static let lengthMs: Int64 = 30_000

    private let storage: any StorageBackend
    private let prefix: String
    private let owner: String
    private let interval: Duration
    private let time: any TimeSource
    private let repair: Repair
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// - Parameters:
    ///   - prefix: of the leases' names.
    ///   - owner: who takes them over.
    ///   - interval: between two looks.
    package init(
        storage: any StorageBackend, prefix: String, owner: String, interval: Duration = .seconds(2),
        time: any TimeSource = SystemTime(), repair: @escaping Repair
    ) {
        self.storage = storage
        self.prefix = prefix
        self.owner = owner
        self.interval = interval
        self.time = time
        self.repair = repair
    }

    deinit { task.withLock { $0 }?.cancel() }

    /// Looks now and then again and again, until `stop`. A store that is away is tried again.
    package func start() {
        task.withLock { task in
            guard task == nil else { return }
            task = Task { [weak self, time, interval] in
                while !Task.isCancelled {
                    _ = try? await self?.runOnce()
                    guard (try? await time.sleep(for: interval)) != nil else { return }
                }
            }
        }
    }

    /// Ends the looking, waiting for a repair that has begun.
    package func stop() async {
        let running = task.withLock { task in
            defer { task = nil }
            return task
        }
        running?.cancel()
        await running?.value
    }

    /// One look.
    /// - Returns: the names of the leases that were repaired.
    @discardableResult
    package func runOnce() async throws -> [String] {
        var repaired: [String] = []
        var after: String?
        while true {
            let leases = try await storage.leases(prefix: prefix, after: after, limit: 500)
            for lease in leases where lease.isExpired {
                if try await takeOver(lease) { repaired.append(lease.name) }
            }
            guard let last = leases.last, leases.count == 500 else { return repaired }
            after = last.name
        }
    }

    private func takeOver(_ dead: StorageLease) async throws -> Bool {
        let keeper: LeaseKeeper
        do throws(StorageError) {
            keeper = try await LeaseKeeper.acquire(
                dead.name, owner: owner, lengthMs: Self.lengthMs, storage: storage, time: time)
        } catch {
            if error.kind == .busy { return false }
            throw error
        }
        // Somebody else repaired and released it since we looked.
        guard let deadOwner = keeper.lease.previousOwner else {
            await keeper.release()
            return false
        }
        try await repair(dead.name, deadOwner)
        await keeper.release()
        return true
    }
}
