import Events
import Logging
import Scheduler
import Schema
import Storage
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("The scheduler", .timeLimit(.minutes(1)))
struct SchedulerTests {

    @Test("A job runs a minute after the start and then once an interval, each time with its jitter")
    func interval() async throws {
        try await SchedulerWorld.with { world in
            let runs = Watchable(0)
            let scheduler = world.scheduler(random: 0.5)
            try await scheduler.register(world.counting(runs, interval: .seconds(600), jitter: 0.1))
            let startMs = world.time.nowMs()
            #expect(await scheduler.tick() == .seconds(60))
            #expect(await !world.pass(50, scheduler) { runs.state == 1 })
            #expect(await world.pass(10, scheduler) { runs.state == 1 })
            let first = try #require(try await scheduler.list().first)
            #expect(first.lastRun == startMs + 60_000 && first.lastStatus == .finished && first.runs == 1)
            // 600 s and half of the tenth that chance may add.
            #expect(first.nextRun == startMs + 60_000 + 630_000)
            for count in 2...5 {
                #expect(await !world.pass(620, scheduler) { runs.state == count })
                #expect(await world.pass(10, scheduler) { runs.state == count })
            }
        }
    }

    @Test("The loop starts jobs by itself, and none after stop()")
    func loop() async throws {
        try await SchedulerWorld.with { world in
            let runs = Watchable(0)
            let scheduler = world.scheduler()
            try await scheduler.register(world.counting(runs, interval: .seconds(60)))
            await scheduler.start()
            await scheduler.start()
            // Whoever sleeps may be the job's own timer, so that the number of steps is not fixed.
            while runs.state < 3 {
                #expect(await world.time.waitForSleepers())
                world.time.advance(by: .seconds(1))
                await Task.yield()
            }
            await scheduler.stop()
            let done = runs.state
            world.time.advance(by: .seconds(6_000))
            #expect(runs.state == done && world.time.sleepers == 0)
        }
    }

    @Test("What a job throws is logged, counted and published; the job and the others run on")
    func failures() async throws {
        try await SchedulerWorld.with { world in
            let bus = EventBus()
            let events = bus.subscribe()
            let runs = Watchable(0)
            let scheduler = world.scheduler(bus: bus)
            try await scheduler.register(
                ScheduledJob(id: "bad", summary: "Fails.", scope: .instance, interval: .seconds(120), jitter: 0) {
                    throw Broken()
                })
            try await scheduler.register(world.counting(runs, id: "good", interval: .seconds(120)))
            #expect(await world.pass(600, scheduler) { runs.state == 3 })
            bus.close()
            let rows = try await scheduler.list()
            let bad = try #require(rows.first { $0.id == "bad" })
            #expect(bad.failures >= 2 && bad.runs == bad.failures && bad.lastStatus == .failed)
            #expect(bad.lastError?.contains("The disk of the job is on fire.") == true)
            #expect(rows.first { $0.id == "good" }?.failures == 0)
            var failed = 0
            var finished = 0
            for await event in events {
                switch event.payload {
                case .schedulerJobFailed(let data):
                    #expect(data.id == "bad" && data.error.message.contains("on fire"))
                    failed += 1
                case .schedulerJobFinished(let data):
                    #expect(data.id == "good")
                    finished += 1
                default: Issue.record("\(event.payload.type)")
                }
            }
            #expect(failed == Int(bad.failures) && finished == 3)
            let logged = world.log.lines.filter { $0.hasPrefix("error job failed") && $0.contains("on fire") }
            #expect(logged.count == failed)
        }
    }

    @Test("A start that falls into a run of the same job is skipped, and so is a run that is asked for")
    func overlap() async throws {
        try await SchedulerWorld.with { world in
            let scheduler = world.scheduler()
            let gate = Watchable(0)
            try await scheduler.register(
                ScheduledJob(
                    id: "slow", summary: "Waits.", scope: .instance, interval: .seconds(60), jitter: 0,
                    timeout: .seconds(100_000)
                ) {
                    gate.change { $0 += 1 }
                    _ = await gate.wait { $0 >= 100 }
                    return [:]
                })
            #expect(await world.pass(200, scheduler, waits: false) { await scheduler.running == ["slow"] })
            #expect(await gate.wait { $0 == 1 })
            #expect(await world.pass(200, scheduler, waits: false) { await scheduler.skipped("slow") >= 3 })
            #expect(gate.state == 1)
            #expect(try await scheduler.run("slow").holder == "this process")
            gate.change { $0 = 100 }
            #expect(await world.pass(10, step: 1, scheduler) { await scheduler.running.isEmpty })
            #expect(try await scheduler.list().first?.lastStatus == .finished)
            #expect(try await scheduler.list().first?.runs == 1)
        }
    }

    @Test("A run that takes longer than its timeout fails; a body that does not stop keeps its job to itself")
    func timeout() async throws {
        try await SchedulerWorld.with { world in
            let scheduler = world.scheduler()
            let other = world.scheduler(owner: "process 2 on here")
            let gate = Watchable(false)
            let time = world.time
            for scheduler in [scheduler, other] {
                try await scheduler.register(
                    ScheduledJob(
                        id: "polite", summary: "", scope: .instance, interval: .seconds(60), timeout: .seconds(5)
                    ) {
                        try await time.sleep(for: .seconds(1_000))
                        return [:]
                    })
                try await scheduler.register(
                    ScheduledJob(
                        id: "stubborn", summary: "", scope: .instance, interval: .seconds(60), timeout: .seconds(5)
                    ) {
                        await Task.detached { _ = await gate.wait { $0 } }.value
                        return [:]
                    })
            }
            for id in ["polite", "stubborn"] {
                async let outcome = scheduler.run(id)
                #expect(await time.waitForSleepers(id == "polite" ? 2 : 1))
                time.advance(by: .seconds(6))
                #expect(try await outcome.failure?.kind == .timeout)
            }
            #expect(try await scheduler.run("stubborn").holder == "this process")
            #expect(try await other.run("stubborn").holder == "process 1 on here")
            gate.change { $0 = true }
            // The claim is given back when the body has ended.
            var isFree = false
            for _ in 0..<200 where !isFree { isFree = try await other.run("stubborn").isFinished }
            #expect(isFree)
        }
    }

    @Test("stop() cancels what runs and records nothing of it")
    func stop() async throws {
        try await SchedulerWorld.with { world in
            let scheduler = world.scheduler()
            let started = Watchable(false)
            let time = world.time
            try await scheduler.register(
                ScheduledJob(id: "long", summary: "", scope: .global, interval: .seconds(60)) {
                    started.change { $0 = true }
                    try await time.sleep(for: .seconds(500))
                    return [:]
                })
            async let outcome = scheduler.run("long")
            #expect(await started.wait { $0 })
            await scheduler.stop()
            #expect(try await outcome.isStopped)
            let row = try #require(try await scheduler.list().first)
            #expect(row.lastRun == nil && row.runs == 0)
            #expect(try await world.storage.leases(prefix: "job.", after: nil, limit: 10).isEmpty)
        }
    }

    @Test(
        "Last runs are kept: after a restart the interval counts on, and a missed run is made up once, after a minute")
    func persistence() async throws {
        try await SchedulerWorld.with { world in
            let runs = Watchable(0)
            let job = world.counting(runs, scope: .global)
            let first = world.scheduler()
            try await first.register(job)
            #expect(try await first.run(job.id).isFinished)
            let ranMs = world.time.nowMs()
            world.time.advance(by: .seconds(1_800))

            let second = world.scheduler(owner: "process 2 on here")
            try await second.register(job)
            let row = try #require(try await second.list().first)
            #expect(row.lastRun == ranMs && row.lastStatus == .finished && row.nextRun == ranMs + 3_600_000)
            #expect(await !world.pass(1_790, second) { runs.state == 2 })
            #expect(await world.pass(10, second) { runs.state == 2 })

            world.time.advance(by: .seconds(400_000))
            let third = world.scheduler(owner: "process 3 on here")
            try await third.register(job)
            #expect(try await third.list().first?.nextRun == world.time.nowMs())
            let startMs = world.time.nowMs()
            #expect(await world.pass(200, third) { runs.state == 3 })
            #expect(try await third.list().first?.lastRun == startMs + 60_000)
            #expect(await !world.pass(600, third) { runs.state == 4 })
        }
    }

    @Test("Ids, the number of jobs and unknown jobs are checked; a job that is not enabled runs only when asked")
    func registration() async throws {
        try await SchedulerWorld.with { world in
            let scheduler = world.scheduler()
            let runs = Watchable(0)
            for id in ["", ".a", "A", "a/b", "a b", String(repeating: "x", count: 65)] {
                await #expect(throws: SchedulerError.self) {
                    try await scheduler.register(world.counting(runs, id: id))
                }
            }
            var off = world.counting(runs, id: "off")
            off.isEnabled = false
            try await scheduler.register(off)
            for number in 1..<Scheduler.maximumJobs {
                try await scheduler.register(
                    ScheduledJob(id: "job-\(number)", summary: "", scope: .instance, interval: .seconds(90_000)) { [:] }
                )
            }
            await #expect(throws: SchedulerError.self) {
                try await scheduler.register(world.counting(runs, id: "more"))
            }
            #expect(await !world.pass(15_000, step: 3_000, scheduler) { runs.state > 0 })
            #expect(try await scheduler.list().first?.nextRun == nil)
            #expect(try await scheduler.run("off").isFinished)
            #expect(runs.state == 1)
            let error = await #expect(throws: SchedulerError.self) { try await scheduler.run("none") }
            #expect(error?.kind == .unknownJob && error?.message.contains("none") == true)
        }
    }
}
