import Events
import Logging
import Scheduler
import Schema
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport

/// Schedulers on one store with a clock of their own.
struct SchedulerWorld: Sendable {
    let storage: any StorageBackend
    let time: TestTime
    let directory: FilePath
    let log: LogSink

    static func with<T: Sendable>(_ body: (SchedulerWorld) async throws -> T) async throws -> T {
        try await TempWorkspace.with { workspace in
            let storage = try await SQLiteStorage.open(workspace.path.appending("codetether.db"))
            let world = SchedulerWorld(
                storage: storage, time: TestTime(), directory: workspace.path, log: LogSink())
            let result = try await body(world)
            await storage.close()
            return result
        }
    }

    /// A scheduler of one process of the home `instance`.
    func scheduler(
        instance: String = "home1", owner: String = "process 1 on here", bus: EventBus = EventBus(),
        storage: (any StorageBackend)? = nil, random: Double = 0
    ) -> Scheduler {
        let sink = log
        return Scheduler(
            storage: storage ?? self.storage, bus: bus, ids: TestIDs(), time: time,
            logger: Logger(label: "test") { _ in sink },
            locks: directory.appending(instance).appending("locks"), instanceID: instance, owner: owner,
            random: { random })
    }

    /// A job that counts its runs.
    func counting(
        _ runs: Watchable<Int>, id: String = "test.job", scope: JobScope = .instance,
        interval: Duration = .seconds(3_600), jitter: Double = 0
    ) -> ScheduledJob {
        ScheduledJob(id: id, summary: "Counts.", scope: scope, interval: interval, jitter: jitter) {
            runs.change { $0 += 1 }
            return ["removed": .int(Int64(runs.state))]
        }
    }

    /// Moves the clock in steps and lets the schedulers look after each, until `condition` holds; false when it never does.
    /// - Parameter waits: false goes on although jobs run.
    func pass(
        _ seconds: Int, step: Int = 10, _ schedulers: Scheduler..., waits: Bool = true,
        until condition: @Sendable () async -> Bool = { false }
    ) async -> Bool {
        for _ in 0..<(seconds / step) {
            time.advance(by: .seconds(step))
            for scheduler in schedulers { _ = await scheduler.tick() }
            for scheduler in schedulers where waits { while await !scheduler.running.isEmpty { await Task.yield() } }
            if await condition() { return true }
        }
        return await condition()
    }
}

/// Keeps log lines.
final class LogSink: LogHandler {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var metadata: Logger.Metadata {
        get { [:] }
        set { _ = newValue }
    }
    var logLevel: Logger.Level {
        get { .debug }
        set { _ = newValue }
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set { _ = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        kept.withLock { $0.append("\(event.level) \(event.message) \(fields.joined(separator: " "))") }
    }
}

/// What a failing job throws.
struct Broken: AppError {
    var code: String { "test.broken" }
    var message: String { "The disk of the job is on fire." }
}

extension JobOutcome {
    var isFinished: Bool { if case .finished = self { true } else { false } }
    var isStopped: Bool { if case .stopped = self { true } else { false } }
    var holder: String? { if case .skipped(let holder) = self { holder } else { nil } }
    var failure: SchedulerError? { if case .failed(let error, _) = self { error } else { nil } }
}
