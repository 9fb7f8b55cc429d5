package import Events
package import Logging
import Schema
package import Support

/// Keeps shares up to date while a process runs: sends what happens in shared sessions half a second later, makes shares of new
/// sessions where `share.mode` is `auto`, and tries again what failed, also what other processes left.
///
/// At most 4,096 sessions wait; beyond that all shares are looked at. One pass at a time.
package actor ShareSyncer {
    /// What applies to sessions of a directory.
    package typealias Context = @Sendable (_ directory: String) async -> ShareContext?

    private static let maximumDirty = 4_096
    private static let pace: Duration = .milliseconds(500)
    private static let scanMs: Int64 = 30_000

    private let shares: ShareService
    private let sessions: SessionService
    private let bus: EventBus
    private let time: any TimeSource
    private let logger: Logger
    private let context: Context
    private var dirty: Set<String> = []
    /// Sessions that began an execution and may have to be shared.
    private var started: Set<String> = []
    private var isAllDirty = true
    private var tasks: [Task<Void, Never>] = []
    private var timer: Task<Void, Never>?
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// - Parameter context: nil for a directory whose configuration cannot be read now.
    package init(
        shares: ShareService, sessions: SessionService, bus: EventBus, time: any TimeSource, logger: Logger,
        context: @escaping Context
    ) {
        self.shares = shares
        self.sessions = sessions
        self.bus = bus
        self.time = time
        self.logger = logger
        self.context = context
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Starts; what other processes left is looked at first.
    package func start() {
        guard tasks.isEmpty else { return }
        tasks = [Task { await listen() }, Task { await work() }]
        signal.yield()
    }

    /// Ends, without waiting for a service that does not answer: what is not sent is sent by the next process. Returns when
    /// the leases are given back; a lease that stays would keep other processes from sending.
    package func stop() async {
        timer?.cancel()
        signal.finish()
        let ending = tasks
        tasks = []
        for task in ending { task.cancel() }
        for task in ending { await task.value }
    }

    private func listen() async {
        while !Task.isCancelled {
            let subscription = bus.subscribe(limit: 1_024) { $0.durable != nil && $0.payload.sessionID != nil }
            while let event = await subscription.next() { note(event) }
            guard subscription.end == .overflow else { return }
            isAllDirty = true
            signal.yield()
        }
    }

    private func note(_ event: Event) {
        guard let id = event.payload.sessionID else { return }
        if case .sessionExecutionStarted = event.payload { started.insert(id) }
        dirty.insert(id)
        if dirty.count > Self.maximumDirty || started.count > Self.maximumDirty {
            dirty.removeAll()
            started.removeAll()
            isAllDirty = true
        }
        signal.yield()
    }

    private func work() async {
        for await _ in signals {
            guard (try? await time.sleep(for: Self.pace)) != nil else { return }
            let next = await pass()
            if Task.isCancelled { return }
            timer?.cancel()
            timer = Task { [time, signal] in
                guard (try? await time.sleep(for: .milliseconds(next))) != nil else { return }
                self.scanLater()
                signal.yield()
            }
        }
    }

    private func scanLater() { isAllDirty = true }

    /// One look at what changed, or at everything.
    /// - Returns: in how many milliseconds to look at everything.
    private func pass() async -> Int64 {
        let (changed, begun, all) = (dirty, started, isAllDirty)
        (dirty, started, isAllDirty) = ([], [], false)
        for id in begun.sorted() { await shareAutomatically(id) }
        do {
            var records: [ShareRecord] = []
            if all {
                records = try await shares.list()
            } else {
                for id in changed.sorted() {
                    if let record = try await shares.record(id) { records.append(record) }
                }
            }
            var next = Self.scanMs
            for record in records where !Task.isCancelled {
                let wait = record.nextAttempt - time.nowMs()
                if wait <= 0 { await attend(to: record) } else { next = min(next, wait) }
                if let failed = try await shares.record(record.sessionID), failed.attempts > 0 {
                    next = min(next, max(1, failed.nextAttempt - time.nowMs()))
                }
            }
            return next
        } catch {
            logger.warning("shares cannot be read", metadata: ["error": "\(error)"])
            return Self.scanMs
        }
    }

    private func attend(to record: ShareRecord) async {
        do {
            switch record.state {
            case .revoking: try await shares.revoke(record.id)
            case .creating: try await shares.repair(record)
            case .gone: return
            case .active:
                try await shares.repair(record)
                let directory = try await sessions.get(record.sessionID).location.directory
                guard let context = await context(directory) else { return }
                try await shares.sync(record.sessionID, context)
            }
        } catch {
            logger.warning(
                "a share is not up to date", metadata: ["session": "\(record.sessionID)", "error": "\(error)"])
        }
    }

    private func shareAutomatically(_ id: String) async {
        do {
            let directory = try await sessions.get(id).location.directory
            guard let context = await context(directory), context.mode == .auto, try await shares.isToShare(id) else {
                return
            }
            _ = try await shares.share(id, context)
        } catch {
            logger.warning("a session was not shared", metadata: ["session": "\(id)", "error": "\(error)"])
        }
    }
}
