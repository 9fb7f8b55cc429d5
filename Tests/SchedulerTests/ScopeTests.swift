import Events
import Scheduler
import Storage
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Scopes of jobs", .timeLimit(.minutes(1)))
struct ScopeTests {
    /// A job that waits until the gate opens.
    private func waiting(_ started: Watchable<Int>, _ gate: Watchable<Bool>, _ scope: JobScope) -> ScheduledJob {
        ScheduledJob(id: "job", summary: "", scope: scope, interval: .seconds(60), timeout: .seconds(100_000)) {
            started.change { $0 += 1 }
            _ = await gate.wait { $0 }
            return [:]
        }
    }

    @Test("An instance job runs once a home, whichever process of it starts it; another home runs its own")
    func instance() async throws {
        try await SchedulerWorld.with { world in
            let started = Watchable(0)
            let gate = Watchable(false)
            let first = world.scheduler(owner: "process 1 on here")
            let same = world.scheduler(owner: "process 2 on here")
            let other = world.scheduler(instance: "home2", owner: "process 3 on there")
            for scheduler in [first, same, other] { try await scheduler.register(waiting(started, gate, .instance)) }
            async let running = first.run("job")
            #expect(await started.wait { $0 == 1 })
            #expect(try await same.run("job").holder == "process 1 on here")
            async let elsewhere = other.run("job")
            #expect(await started.wait { $0 == 2 })
            gate.change { $0 = true }
            #expect(try await running.isFinished)
            #expect(try await elsewhere.isFinished)
            #expect(try await same.run("job").isFinished)
            #expect(try await first.list().first?.runs == 2)
            #expect(try await other.list().first?.runs == 1)
        }
    }

    @Test("A global job runs on one node: the others skip it, and see its run as theirs")
    func global() async throws {
        try await SchedulerWorld.with { world in
            let started = Watchable(0)
            let gate = Watchable(false)
            let first = world.scheduler(instance: "home1", owner: "process 1 on a")
            let second = world.scheduler(instance: "home2", owner: "process 2 on b")
            for scheduler in [first, second] { try await scheduler.register(waiting(started, gate, .global)) }
            async let running = first.run("job")
            #expect(await started.wait { $0 == 1 })
            #expect(try await second.run("job").holder == "process 1 on a")
            gate.change { $0 = true }
            #expect(try await running.isFinished)
            #expect(try await second.list().first?.runs == 1)
            #expect(try await second.list().first?.lastRun == world.time.nowMs())
        }
    }

    @Test("Nodes whose loops find a global job due at the same moment run it once an interval between them")
    func shared() async throws {
        try await SchedulerWorld.with { world in
            let runs = Watchable(0)
            let nodes = (1...4).map { world.scheduler(instance: "home\($0)", owner: "process \($0) on node") }
            for node in nodes {
                try await node.register(
                    world.counting(runs, id: "job", scope: .global, interval: .seconds(600), jitter: 0))
            }
            for count in 1...3 {
                #expect(await world.pass(700, nodes[0], nodes[1], nodes[2], nodes[3]) { runs.state == count })
            }
            #expect(await !world.pass(590, nodes[0], nodes[1], nodes[2], nodes[3]) { runs.state > 3 })
            #expect(try await nodes[0].list().first?.runs == Int64(runs.state))
        }
    }

    @Test("A node that loses its lease stops the job and says so")
    func lostLease() async throws {
        try await SchedulerWorld.with { world in
            let scheduler = world.scheduler()
            let started = Watchable(false)
            let time = world.time
            try await scheduler.register(
                ScheduledJob(
                    id: "job", summary: "", scope: .global, interval: .seconds(60), timeout: .seconds(100_000)
                ) {
                    started.change { $0 = true }
                    try await time.sleep(for: .seconds(50_000))
                    return [:]
                })
            async let outcome = scheduler.run("job")
            #expect(await started.wait { $0 })
            // The job, its timeout and the keeper of the lease.
            #expect(await time.waitForSleepers(3))
            try await world.storage.remove(RecordKey("lease", "job.job"))
            time.advance(by: .seconds(11))
            let failure = try #require(try await outcome.failure)
            #expect(failure.kind == .lostLease)
            #expect(failure.message.contains("another node"))
        }
    }

    @Test("A store that cannot be written stops no job: the run is done, logged and repeated from memory")
    func brokenStore() async throws {
        try await SchedulerWorld.with { world in
            let runs = Watchable(0)
            let scheduler = world.scheduler()
            try await scheduler.register(world.counting(runs))
            await world.storage.close()
            #expect(try await scheduler.run("test.job").isFinished)
            #expect(world.log.lines.contains { $0.hasPrefix("warning job's run not recorded") })
            #expect(await world.pass(4_000, scheduler) { runs.state == 2 })
        }
    }
}
