import Storage
import Support
import SystemPackage

/// The right to run one job now: a file lock of the home (instance scope) or a lease of the store (global scope). Both end with
/// the process: the lock at once, the lease after `leaseMs`.
struct JobClaim: Sendable {
    /// A lease whose holder died is free after this time.
    static let leaseMs: Int64 = 30_000

    private enum Hold: Sendable {
        case lock(FileLock)
        case lease(LeaseKeeper)
    }

    private let hold: Hold
    private let lost: AsyncStream<Void>

    /// Tries to take a job.
    /// - Parameters:
    ///   - locks: directory of lock files, made when it is missing.
    ///   - owner: names this process to others: printable ASCII.
    /// - Returns: nil with the holder's name when somebody else has it.
    static func take(
        _ job: ScheduledJob, storage: any StorageBackend, locks: FilePath, owner: String, time: any TimeSource
    ) async throws -> (claim: JobClaim?, holder: String) {
        let (lost, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        switch job.scope {
        case .instance:
            let path = locks.appending("scheduler-\(job.id).lock")
            return try await BlockingWork.run {
                try FileIO.createDirectory(locks)
                if let lock = try FileLock.tryLock(path) {
                    lock.write(owner)
                    return (JobClaim(hold: .lock(lock), lost: lost), owner)
                }
                let holder = (try? FileIO.read(path, limit: 4_096)).map { String(decoding: $0, as: UTF8.self) } ?? ""
                return (nil, holder.isEmpty ? "another process" : HostileText.escaped(holder, multiline: false))
            }
        case .global:
            do throws(StorageError) {
                let keeper = try await LeaseKeeper.acquire(
                    "job.\(job.id)", owner: owner, lengthMs: leaseMs, storage: storage, time: time
                ) { signal.yield() }
                return (JobClaim(hold: .lease(keeper), lost: lost), owner)
            } catch {
                guard error.kind == .busy, let holder = error.holder else { throw error }
                return (nil, HostileText.escaped(holder, multiline: false))
            }
        }
    }

    /// Returns when somebody else may have the job now, or when the task is cancelled.
    /// - Returns: true for the first.
    func isLost() async -> Bool { await lost.first { true } != nil }

    /// Gives the claim back.
    func release() async {
        switch hold {
        case .lock(let lock): lock.release()
        case .lease(let keeper): await keeper.release()
        }
    }
}
