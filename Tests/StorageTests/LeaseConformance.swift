import Storage
import Support
import Synchronization
import TestSupport
import Testing

/// Who may do what, the same on every backend.
@Suite("Lease conformance", .postgresServer) struct LeaseConformance {
    /// Waits until a lease is over by the store's own clock; no length of sleep is assumed.
    private func waitUntilExpired(_ name: String, _ store: any StorageBackend) async throws {
        while try await store.leases(prefix: name, after: nil, limit: 10).contains(where: { !$0.isExpired }) {
            await Task.yield()
        }
    }

    @Test("one owner at a time; the others learn who", arguments: Backend.allCases)
    func exclusive(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            let lease = try await store.acquireLease("job.a", owner: "one", forMs: 60_000)
            #expect(lease.previousOwner == nil)
            let other = await failure { try await store.acquireLease("job.a", owner: "two", forMs: 60_000) }
            #expect(other?.kind == .busy)
            #expect(other?.holder == "one")
            let own = await failure { try await store.acquireLease("job.a", owner: "one", forMs: 60_000) }
            #expect(own?.kind == .busy, "not re-entrant")
            _ = try await store.acquireLease("job.b", owner: "two", forMs: 60_000)
            let all = try await store.leases(prefix: "job.", after: nil, limit: 10)
            #expect(all.map(\.name) == ["job.a", "job.b"])
            #expect(all.map(\.owner) == ["one", "two"])
            #expect(all.allSatisfy { !$0.isExpired && $0.remainingMs <= 60_000 })
            #expect(try await store.leases(prefix: "job.", after: "job.a", limit: 10).map(\.name) == ["job.b"])
            #expect(try await store.leases(prefix: "run.", after: nil, limit: 10).isEmpty)
            try await store.releaseLease(lease)
            try await store.releaseLease(lease)
            #expect(try await store.leases(prefix: "job.", after: nil, limit: 10).map(\.name) == ["job.b"])
            let next = try await store.acquireLease("job.a", owner: "two", forMs: 60_000)
            #expect(next.previousOwner == nil, "a released lease has no dead owner")
            #expect(next.token > lease.token)
        }
    }

    @Test("an expired lease is taken over exactly once and its old owner cannot renew it", arguments: Backend.allCases)
    func takeover(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            let dead = try await store.acquireLease("run.x", owner: "dead", forMs: 1)
            try await waitUntilExpired("run.x", store)
            let winners = try await withThrowingTaskGroup(of: StorageLease?.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        do {
                            return try await store.acquireLease("run.x", owner: "node\(index)", forMs: 60_000)
                        } catch let error as StorageError where error.kind == .busy {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [StorageLease]()) { all, lease in
                    if let lease { all.append(lease) }
                }
            }
            #expect(winners.count == 1)
            #expect(winners.first?.previousOwner == "dead")
            #expect(await failure { try await store.renewLease(dead, forMs: 60_000) }?.kind == .conflict)
            try await store.releaseLease(dead)
            let held = try await store.leases(prefix: "run.", after: nil, limit: 10)
            #expect(held.map(\.owner) == winners.map(\.owner), "a stale release changes nothing")
        }
    }

    @Test("renewing moves the end; one that ran out but nobody took is renewed as well", arguments: Backend.allCases)
    func renewal(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            let lease = try await store.acquireLease("run.y", owner: "one", forMs: 1)
            try await waitUntilExpired("run.y", store)
            let renewed = try await store.renewLease(lease, forMs: 60_000)
            #expect(renewed.token == lease.token)
            #expect(try await store.leases(prefix: "run.y", after: nil, limit: 1).first?.isExpired == false)
            #expect(
                await failure { try await store.acquireLease("run.y", owner: "two", forMs: 1_000) }?.kind == .busy)
            try await store.releaseLease(renewed)
            #expect(await failure { try await store.renewLease(renewed, forMs: 1_000) }?.kind == .conflict)
        }
    }

    @Test("impossible names, owners and lengths are refused", arguments: Backend.allCases)
    func invalid(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            for (name, owner, length) in [
                ("a/b", "o", 5), ("a", "", 5), ("a", "ö", 5), ("a", "o", 0), ("a", "o", 90_000_000),
            ] {
                let error = await failure { try await store.acquireLease(name, owner: owner, forMs: Int64(length)) }
                #expect(error?.kind == .invalid)
            }
        }
    }

    @Test("a keeper renews its lease until it is released, and says once when it was lost", arguments: Backend.allCases)
    func keeper(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            let time = TestTime()
            let losses = Watchable(0)
            let keeper = try await LeaseKeeper.acquire(
                "job.k", owner: "one", lengthMs: 60_000, storage: store, time: time
            ) { losses.change { $0 += 1 } }
            #expect(!keeper.isLost)
            // Somebody else takes it away, as after a long sleep of this machine.
            try await store.releaseLease(keeper.lease)
            _ = try await store.acquireLease("job.k", owner: "two", forMs: 60_000)
            #expect(await time.waitForSleepers())
            time.advance(by: .seconds(20))
            #expect(await losses.wait(atMost: .seconds(20)) { $0 > 0 })
            #expect(keeper.isLost)
            await keeper.release()
            #expect(losses.state == 1)
            #expect(try await store.leases(prefix: "job.k", after: nil, limit: 1).first?.owner == "two")
        }
    }

    @Test("of three watchers one repairs what a dead owner left, once", arguments: Backend.allCases)
    func takeovers(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.acquireLease("run.ses_1", owner: "dead", forMs: 1)
            _ = try await store.acquireLease("run.ses_2", owner: "alive", forMs: 60_000)
            _ = try await store.acquireLease("job.z", owner: "dead", forMs: 1)
            try await waitUntilExpired("run.ses_1", store)
            let repaired = Mutex<[String]>([])
            let watchers = (0..<3).map { index in
                LeaseTakeover(storage: store, prefix: "run.", owner: "node\(index)") { name, dead in
                    repaired.withLock { $0.append("\(name) of \(dead)") }
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for watcher in watchers { group.addTask { _ = try await watcher.runOnce() } }
                try await group.waitForAll()
            }
            for watcher in watchers { try await watcher.runOnce() }
            #expect(repaired.withLock { $0 } == ["run.ses_1 of dead"])
            #expect(try await store.leases(prefix: "run.", after: nil, limit: 9).map(\.name) == ["run.ses_2"])
        }
    }
}
