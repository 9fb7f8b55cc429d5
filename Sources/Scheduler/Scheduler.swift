package import Events
package import Logging
import Schema
package import Storage
package import Support
package import SystemPackage

/// Recurring jobs.
///
/// A job starts when it is due, at most four at once, and never twice at the same time: a start that falls into a run of the
/// same job is skipped, whether this process, another process of the home (`instance`) or another node (`global`) runs it. What
/// a job throws is logged, counted, published (`scheduler.job.failed`) and forgotten: the job runs again when it is due, and
/// nothing else notices. Last runs are kept in the store, so that the interval also counts across restarts; a run that was
/// missed is made up once, a minute after the start. Nothing of this runs before `start()`; `run` works without it.
package actor Scheduler {
    /// More jobs cannot be registered.
    package static let maximumJobs = 64
    private static let maximumRunning = 4
    /// After the start, nothing is due before this: a start is the worst moment for cleaning.
    package static let startDelay = Duration.seconds(60)
    /// The loop looks at least this often, because the clock may jump and other processes may run a job.
    private static let longestPause = Duration.seconds(60)

    struct Entry {
        var job: ScheduledJob
        /// When it is due, Unix milliseconds.
        var dueMs: Int64
        var run: Task<JobOutcome, Never>?
        /// A body that was cancelled and has not ended: the job stays claimed.
        var leftBehind = false
        /// Starts that fell into a run.
        var skipped = 0
    }

    let ledger: JobLedger
    let storage: any StorageBackend
    let locks: FilePath
    let owner: String
    let bus: EventBus
    let ids: any IDSource
    let time: any TimeSource
    let logger: Logger
    private let random: @Sendable () -> Double
    private(set) var entries: [Entry] = []
    private var loop: Task<Void, Never>?
    private var hasTakenUp = false

    /// - Parameters:
    ///   - locks: directory of the home's lock files.
    ///   - instanceID: names the home within a shared store, 1 to 100 bytes with the form of a record id.
    ///   - owner: names this process to others: printable ASCII.
    ///   - random: 0 to 1, for the jitter.
    package init(
        storage: any StorageBackend, bus: EventBus, ids: any IDSource, time: any TimeSource, logger: Logger,
        locks: FilePath, instanceID: String, owner: String,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        ledger = JobLedger(storage: storage, instanceID: instanceID)
        self.storage = storage
        self.locks = locks
        self.owner = owner
        self.bus = bus
        self.ids = ids
        self.time = time
        self.logger = logger
        self.random = random
    }

    /// Adds a job, or replaces the one of the same id that does not run.
    /// - Throws: `invalid` for an impossible id, a 65th job, or the id of a job that runs.
    package func register(_ job: ScheduledJob) throws(SchedulerError) {
        guard ScheduledJob.isValidID(job.id) else {
            throw SchedulerError(
                .invalid,
                "\"\(HostileText.escaped(job.id, multiline: false))\" cannot be a job's id; use a-z, 0-9, '.' and '-'."
            )
        }
        let entry = Entry(job: job, dueMs: time.nowMs() + min(Self.startDelay, job.interval).wholeMs)
        if let index = entries.firstIndex(where: { $0.job.id == job.id }) {
            guard entries[index].run == nil, !entries[index].leftBehind else {
                throw SchedulerError(.invalid, "The job \(job.id) is running; replace it when it is done.")
            }
            entries[index] = entry
        } else {
            guard entries.count < Self.maximumJobs else {
                throw SchedulerError(.invalid, "There are \(Self.maximumJobs) jobs already; remove one first.")
            }
            entries.append(entry)
        }
        if loop != nil {
            loop?.cancel()
            start()
        }
    }

    /// Removes a job; a run of it goes on to its end.
    package func unregister(_ id: String) { entries.removeAll { $0.job.id == id } }

    /// Starts the loop; calling it again has no effect while it runs.
    package func start() {
        if let loop, !loop.isCancelled { return }
        loop = Task { [weak self, time] in
            while !Task.isCancelled {
                guard let pause = await self?.tick() else { return }
                do { try await time.sleep(for: pause) } catch { return }
            }
        }
    }

    /// Ends the loop and cancels all runs; returns when they have ended, three seconds later at most.
    package func stop() async {
        loop?.cancel()
        loop = nil
        let runs = entries.compactMap(\.run)
        for run in runs { run.cancel() }
        for run in runs { _ = await run.value }
    }

    /// All jobs in the order of their registration, with what the store knows of them.
    /// - Throws: `StorageError`.
    package func list() async throws(StorageError) -> [JobStatus] {
        var rows: [JobStatus] = []
        for entry in entries {
            let record = try await ledger.read(entry.job)
            rows.append(
                JobStatus(
                    entry.job, record, dueMs: entry.dueMs, nowMs: time.nowMs(), isRunning: entry.run != nil))
        }
        return rows
    }

    /// The jobs that this process runs now.
    package var running: [String] { entries.filter { $0.run != nil }.map(\.job.id) }

    /// Starts of a job that fell into a run of it, in this process.
    package func skipped(_ id: String) -> Int { entries.first { $0.job.id == id }?.skipped ?? 0 }

    /// Runs a job now, whether it is due or not, and waits for its end.
    /// - Returns: `skipped` when it runs already, here or elsewhere.
    /// - Throws: `unknownJob`.
    package func run(_ id: String) async throws(SchedulerError) -> JobOutcome {
        guard let index = entries.firstIndex(where: { $0.job.id == id }) else {
            throw SchedulerError(
                .unknownJob,
                "There is no job \(HostileText.escaped(id, multiline: false)); `codetether scheduler list` shows them.")
        }
        guard entries[index].run == nil, !entries[index].leftBehind else {
            entries[index].skipped += 1
            return .skipped("this process")
        }
        let run = launch(entries[index].job, isAsked: true)
        return await withTaskCancellationHandler {
            await run.value
        } onCancel: {
            run.cancel()
        }
    }

    // MARK: The loop

    /// Starts what is due, without waiting for its end. The loop of `start()` calls it again and again.
    /// - Returns: how long nothing is due; a minute at most.
    package func tick() async -> Duration {
        if !hasTakenUp {
            hasTakenUp = true
            await takeUp()
        }
        startDue()
        let nowMs = time.nowMs()
        let next = entries.filter { $0.job.isEnabled && $0.run == nil }.map(\.dueMs).min() ?? .max
        let pauseMs = max(10, min(next, nowMs + Self.longestPause.wholeMs) - nowMs)
        return .milliseconds(pauseMs)
    }

    /// Lets the interval of the last run count, of whichever process that was.
    private func takeUp() async {
        for entry in entries where entry.job.isEnabled {
            guard let record = try? await ledger.read(entry.job), let next = record.nextRun else { continue }
            // A clock that was wrong once must not put a job off for years.
            let latest = time.nowMs() + entry.job.interval.wholeMs * 2
            change(entry.job.id) { $0.dueMs = max($0.dueMs, min(next, latest)) }
        }
    }

    private func startDue() {
        let nowMs = time.nowMs()
        for index in entries.indices where entries[index].job.isEnabled && entries[index].dueMs <= nowMs {
            let entry = entries[index]
            if entry.run != nil || entry.leftBehind {
                entries[index].skipped += 1
                entries[index].dueMs = next(entry.job, after: nowMs)
                logger.debug("job still runs, start skipped", metadata: ["job": "\(entry.job.id)"])
                continue
            }
            guard entries.count(where: { $0.run != nil }) < Self.maximumRunning else { return }
            entries[index].dueMs = next(entry.job, after: nowMs)
            launch(entry.job, isAsked: false)
        }
    }

    func next(_ job: ScheduledJob, after ms: Int64) -> Int64 {
        let interval = job.interval.wholeMs
        return ms + interval + Int64(Double(interval) * job.jitter * min(max(0, random()), 1))
    }

    @discardableResult
    private func launch(_ job: ScheduledJob, isAsked: Bool) -> Task<JobOutcome, Never> {
        let run = Task { await execute(job, isAsked: isAsked) }
        change(job.id) { $0.run = run }
        return run
    }

    func change(_ id: String, _ body: (inout Entry) -> Void) {
        guard let index = entries.firstIndex(where: { $0.job.id == id }) else { return }
        body(&entries[index])
    }

    /// After a run: what waited for a free place starts now.
    func runEnded(_ id: String) {
        change(id) { $0.run = nil }
        if loop != nil { startDue() }
    }
}
