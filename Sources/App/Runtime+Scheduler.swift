import Configuration
import Glibc
package import Scheduler
import Snapshots
import Storage
import StoragePostgres
import Support
import SystemPackage

extension Runtime {
    /// The scheduler with all jobs of this program registered, not started: a server starts it with `start()`, `scheduler run`
    /// runs single jobs. Opens the store on the first call.
    /// - Throws: `StorageError`, `ConfigError`.
    package func scheduler() async throws -> Scheduler {
        if let schedulerService { return schedulerService }
        let storage = try await openStorage()
        if let schedulerService { return schedulerService }
        let service = Scheduler(
            storage: storage, bus: bus, ids: ids, time: time, logger: logger, locks: paths.state.appending("locks"),
            instanceID: instanceID, owner: "process \(getpid()) on \(Self.hostName)")
        schedulerService = service
        for job in jobs { try await service.register(job) }
        return service
    }

    /// What is known of the jobs, without creating a store that is not there.
    /// - Throws: `StorageError`, `ConfigError`.
    package func jobStatuses() async throws -> [JobStatus] {
        let store: FilePath
        switch try storageTarget() {
        case .embedded(.sqlite): store = paths.data.appending("codetether.db")
        case .embedded(.filesystem): store = paths.data.appending("storage")
        case .postgres: return try await scheduler().list()
        }
        if FileIO.exists(store) { return try await scheduler().list() }
        return jobs.map { JobStatus($0, nowMs: time.nowMs()) }
    }

    /// Everything that recurs. `snapshot.cleanup` and `tool-output.cleanup` are named by CONTRACT §9.
    private var jobs: [ScheduledJob] {
        let refresh = modelRefresh
        return [
            .snapshotCleanup(collectSnapshots), .toolOutputCleanup(paths.data.appending("tool-output"), time: time),
            .eventLogCompaction { try await Self.compact(try await self.openStorage()) },
            .lockCleanup(paths.state.appending("locks"), time: time),
            .modelRefresh(isEnabled: false) { try await refresh.run() },
        ].map(configured)
    }

    /// `scheduler.<job>{enabled, interval_minutes}` of the configuration.
    private func configured(_ job: ScheduledJob) -> ScheduledJob {
        guard let settings = config.config.raw["scheduler"]?[job.id] else { return job }
        var job = job
        job.isEnabled = settings["enabled"]?.boolValue ?? job.isEnabled
        if let minutes = settings["interval_minutes"]?.intValue { job.interval = .seconds(minutes * 60) }
        return job
    }

    /// Space that is worth a compaction in the background.
    private static let reclaimable: Int64 = 16 << 20
    /// A larger store is compacted only when somebody asks (`codetether storage gc`): other processes wait meanwhile.
    private static let compactable: Int64 = 256 << 20

    /// Gives back what deleted sessions left, when that is much and quickly done.
    private static func compact(_ storage: any StorageBackend) async throws -> JobFacts {
        guard let store = storage as? any StorageMaintenance else { return ["bytes": 0] }
        let before = try await store.stats()
        let content = before.collections.values.reduce(before.eventBytes) { $0 + $1.bytes }
        // Indexes and page ends take about half of the content again.
        guard content <= compactable, before.bytes - content - content / 2 >= reclaimable else { return ["bytes": 0] }
        try await store.compact()
        return ["bytes": .int(max(0, before.bytes - (try await store.stats()).bytes))]
    }

    /// Deletes snapshots that no session references.
    private func collectSnapshots() async throws -> JobFacts {
        let result = try await collectAllSnapshots()
        return [
            "removed": .int(Int64(result.removed)), "bytes": .int(max(0, result.bytesBefore - result.bytesAfter)),
        ]
    }

    /// Names this home among those that share a store: 16 hexadecimal digits of its machine and data directory.
    private var instanceID: String {
        let directory = (try? FileIO.realPath(paths.data)) ?? paths.data
        return String(SHA256Hash.hex(of: Array("\(Self.hostName)\n\(directory)".utf8)).prefix(16))
    }

    /// The machine's name, printable ASCII.
    private static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        let name = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.filter { (0x21..<0x7F).contains($0) }
        return name.isEmpty ? "localhost" : String(decoding: name, as: UTF8.self)
    }
}
