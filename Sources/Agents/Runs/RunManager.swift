package import Logging
package import Schema
package import Sessions
import Storage
package import Support
package import SystemPackage

/// Executes what is in the inboxes of many sessions: of one session one after the other, of several in parallel.
///
/// `admit` returns once the prompt is durable; a worker of its session then takes the inbox in order. What is delivered
/// with `steer` joins the execution that runs, at its next step; all else waits for its turn. Every admission belongs to
/// exactly one execution. Interrupting a session parks what is still in its inbox until something is admitted again.
///
/// Bounds: 1,000 waiting prompts a session, 10,000 altogether; more are refused.
package actor RunManager {
    /// What waits for an admission to be done.
    private struct Waiter {
        var id: String
        var continuation: CheckedContinuation<Result<Void, AdmissionError>, Never>
    }

    private struct Worker {
        var task: Task<Void, Never>
        /// The execution that runs.
        var execution: Task<Void, Never>?
        var isParking = false
    }

    private static let maximumInbox = 1_000
    private static let maximumOptions = 10_000

    private let sessions: SessionService
    private let stateDirectory: FilePath
    private let ids: any IDSource
    private let logger: Logger
    private let loop: @Sendable (SessionInfo) async throws -> AgentService
    private var workers: [String: Worker] = [:]
    /// What was asked for beside the item itself, by id. Of this process only: a crash interrupts what waited.
    private var admissions: [String: Admission] = [:]
    private var waiters: [String: [Int: Waiter]] = [:]
    private var idleWaiters: [String: [Int: CheckedContinuation<Void, Never>]] = [:]
    private var lastWaiter = 0
    private var isStopping = false

    /// - Parameter loop: who executes sessions of a directory.
    package init(
        sessions: SessionService, stateDirectory: FilePath, ids: any IDSource, logger: Logger,
        loop: @escaping @Sendable (SessionInfo) async throws -> AgentService
    ) {
        self.sessions = sessions
        self.stateDirectory = stateDirectory
        self.ids = ids
        self.logger = logger
        self.loop = loop
    }

    // MARK: Admission

    /// Checks, stores and schedules; nothing is promised before this returns.
    /// - Throws: `AdmissionError`, or what makes the session's configuration unusable.
    package func admit(_ admission: Admission) async throws -> AdmissionReceipt {
        guard !isStopping else { throw AdmissionError.parked("The server is stopping; send the prompt again later.") }
        let session: SessionInfo
        do {
            session = try await sessions.get(admission.sessionID)
        } catch {
            throw AdmissionError.session(error)
        }
        if let id = admission.id {
            switch try await claim(id, admission.sessionID) {
            case .fresh: break
            case .known(let created, let item):
                if admission.resumes { start(admission.sessionID) }
                return AdmissionReceipt(id: id, sessionID: admission.sessionID, created: created, item: item)
            case .taken(let owner):
                throw AdmissionError.conflict(
                    "The id \(id) is in use already, in session \(HostileText.escaped(owner, multiline: false)); use another one."
                )
            }
        }
        let id = admission.id ?? ids.next(.message)
        if admission.item.isPrompt {
            let loop = try await loop(session)
            do throws(AgentError) {
                try await loop.validate(admission.prompt(id: id))
            } catch {
                throw AdmissionError.agent(error)
            }
        }
        let created = try await enqueue(admission, id)
        if admission.resumes { start(admission.sessionID) }
        return AdmissionReceipt(id: id, sessionID: admission.sessionID, created: created, item: admission.item)
    }

    private func claim(_ id: String, _ sessionID: String) async throws(AdmissionError) -> AdmissionClaim {
        do {
            return try await sessions.claim(id, for: sessionID)
        } catch {
            throw .session(error)
        }
    }

    private func enqueue(_ admission: Admission, _ id: String) async throws(AdmissionError) -> Int64 {
        do throws(SessionError) {
            let waiting = try await sessions.projection(admission.sessionID).inbox.count
            guard waiting < Self.maximumInbox, admissions.count < Self.maximumOptions else {
                throw SessionError(.busy, "\(waiting) prompts wait in this session already; wait until some are done.")
            }
            admissions[id] = admission
            let events = try await sessions.append(
                admission.sessionID,
                [
                    .sessionInboxEnqueued(
                        .init(sessionID: admission.sessionID, inboxID: id, item: admission.item))
                ], durability: .flushed)
            return events.first?.created ?? 0
        } catch {
            admissions[id] = nil
            throw .session(error)
        }
    }

    /// Takes something back that was not delivered yet; what is not there is fine.
    package func cancel(_ id: String, in sessionID: String) async throws(SessionError) {
        let inbox = try await sessions.projection(sessionID).inbox
        guard inbox.contains(where: { $0.id == id }) else { return }
        try await sessions.append(
            sessionID, [.sessionInboxCancelled(.init(sessionID: sessionID, inboxID: id))], durability: .flushed)
        admissions[id] = nil
        settle(
            sessionID, "The prompt was cancelled before it was delivered.", keep: Set(inbox.map(\.id)).subtracting([id])
        )
    }

    /// Executes what is parked.
    package func resume(_ sessionID: String) { start(sessionID) }

    // MARK: State

    /// The sessions that this process executes now.
    package var active: [String] { workers.keys.sorted() }

    /// True while this process executes something of the session.
    package func isActive(_ sessionID: String) -> Bool { workers[sessionID] != nil }

    /// Ends the running execution.
    /// - Parameter resumes: goes on with what waits; else that is parked.
    /// - Returns: false when nothing ran.
    package func interrupt(_ sessionID: String, resumes: Bool) -> Bool {
        guard let worker = workers[sessionID] else { return false }
        if !resumes { workers[sessionID]?.isParking = true }
        worker.execution?.cancel()
        return worker.execution != nil
    }

    /// Returns when nothing of the session is executed here any more.
    package func waitUntilIdle(_ sessionID: String) async {
        guard workers[sessionID] != nil else { return }
        lastWaiter += 1
        let number = lastWaiter
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume() }
                idleWaiters[sessionID, default: [:]][number] = continuation
            }
        } onCancel: {
            Task { await self.forgetIdle(sessionID, number) }
        }
    }

    private func forgetIdle(_ sessionID: String, _ number: Int) {
        idleWaiters[sessionID]?.removeValue(forKey: number)?.resume()
        if idleWaiters[sessionID]?.isEmpty == true { idleWaiters[sessionID] = nil }
    }

    /// Returns when the execution that an admission belongs to has ended.
    /// - Throws: `parked` when that will not happen for now; `CancellationError`.
    package func wait(for id: String, in sessionID: String) async throws {
        let inbox = try await sessions.projection(sessionID).inbox
        guard inbox.contains(where: { $0.id == id }) || workers[sessionID] != nil else { return }
        guard workers[sessionID] != nil else {
            throw AdmissionError.parked("The prompt waits in the inbox until the session is resumed.")
        }
        lastWaiter += 1
        let number = lastWaiter
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, AdmissionError>, Never>) in
                if Task.isCancelled || workers[sessionID] == nil { return continuation.resume(returning: .success(())) }
                waiters[sessionID, default: [:]][number] = Waiter(id: id, continuation: continuation)
            }
        } onCancel: {
            Task { await self.forget(sessionID, number) }
        }
        try Task.checkCancellation()
        try result.get()
    }

    private func forget(_ sessionID: String, _ number: Int) {
        waiters[sessionID]?.removeValue(forKey: number)?.continuation.resume(returning: .success(()))
        if waiters[sessionID]?.isEmpty == true { waiters[sessionID] = nil }
    }

    /// Interrupts everything and admits nothing more; returns when every execution has its terminal event.
    package func stop() async {
        isStopping = true
        for id in workers.keys {
            workers[id]?.isParking = true
            workers[id]?.execution?.cancel()
        }
        for worker in Array(workers.values) { await worker.task.value }
    }

    // MARK: Executing

    private func start(_ sessionID: String) {
        guard !isStopping else { return }
        guard workers[sessionID] == nil else {
            workers[sessionID]?.isParking = false
            return
        }
        workers[sessionID] = Worker(task: Task { await work(sessionID) })
    }

    /// Executes the inbox until it is empty or parked.
    private func work(_ sessionID: String) async {
        var failure = "The session was interrupted before this was delivered; it stays in the inbox."
        var rest: Set<String> = []
        do {
            let lock = try await lock(sessionID)
            defer { lock?.release() }
            guard let lock else { throw AdmissionError.parked(failure) }
            lock.whenLost { Task { await self.interrupt(sessionID, resumes: false) } }
            try await sessions.repairOrphans(sessionID, keepsInbox: true)
            while true {
                let inbox = try await sessions.projection(sessionID).inbox
                rest = Set(inbox.map(\.id))
                settle(sessionID, nil, keep: rest)
                // In one step with leaving, so that an admission either is seen here or starts a new worker.
                guard workers[sessionID]?.isParking == false, let next = Self.next(inbox) else { break }
                await execute(next, in: sessionID)
            }
        } catch {
            let text = (error as? any AppError)?.message ?? "\(error)"
            failure = "The session cannot be executed now: \(text)"
            logger.error("session not executed", metadata: ["session": "\(sessionID)", "error": "\(text)"])
        }
        workers[sessionID] = nil
        settle(sessionID, failure, keep: [])
        for continuation in (idleWaiters.removeValue(forKey: sessionID) ?? [:]).values { continuation.resume() }
    }

    /// Steered items go first: they are for the work that is at hand.
    private static func next(_ inbox: [InboxEntry]) -> InboxEntry? {
        inbox.first { $0.delivery == .steer } ?? inbox.first
    }

    private func lock(_ sessionID: String) async throws -> SessionLock? {
        while workers[sessionID]?.isParking == false {
            do {
                return try await SessionLock.acquire(
                    stateDirectory: stateDirectory, sessionID: sessionID, timeout: .seconds(2),
                    leases: sessions.runLeases)
            } catch {
                // Another process executes it; its turn ends at some time.
                guard error.kind == .busy else { throw error }
            }
        }
        return nil
    }

    private func execute(_ entry: InboxEntry, in sessionID: String) async {
        let admission = admissions[entry.id] ?? Admission(sessionID: sessionID, item: entry.item)
        let task = Task { await self.run(admission, entry) }
        workers[sessionID]?.execution = task
        if workers[sessionID]?.isParking == true { task.cancel() }
        await task.value
        workers[sessionID]?.execution = nil
        admissions[entry.id] = nil
    }

    private func run(_ admission: Admission, _ entry: InboxEntry) async {
        let id = admission.sessionID
        do {
            switch entry.item {
            case .user, .synthetic, .compaction:
                let session = try await sessions.get(id)
                _ = try await loop(session).execute(admission.prompt(id: entry.id))
            case .move(let payload, _):
                try await sessions.append(
                    id,
                    [
                        .sessionInboxDelivered(.init(sessionID: id, inboxID: entry.id)),
                        .sessionMoved(
                            .init(
                                sessionID: id, location: payload.location, projectID: payload.projectID,
                                subpath: payload.subpath)),
                    ], durability: .flushed)
            case .unknown:
                try await sessions.append(id, [.sessionInboxCancelled(.init(sessionID: id, inboxID: entry.id))])
            }
        } catch {
            await fail(entry, in: id, error)
        }
    }

    /// What could not even start ends all the same, so that nobody waits for it.
    private func fail(_ entry: InboxEntry, in id: String, _ error: any Error) async {
        let message = (error as? any AppError)?.message ?? "\(error)"
        let type = (error as? AgentError)?.structured.type ?? "UnknownError"
        do {
            try await sessions.append(
                id,
                [
                    .sessionExecutionStarted(.init(sessionID: id)),
                    .sessionInboxDelivered(.init(sessionID: id, inboxID: entry.id)),
                    .sessionExecutionFailed(
                        .init(sessionID: id, error: StructuredError(type: type, message: message))),
                ], durability: .flushed)
        } catch {
            workers[id]?.isParking = true
            logger.error(
                "a prompt was neither executed nor failed", metadata: ["session": "\(id)", "id": "\(entry.id)"])
        }
    }

    /// Answers those who wait for something that is not in the inbox any more, or with a reason all of them.
    private func settle(_ sessionID: String, _ reason: String?, keep: Set<String>) {
        for (number, waiter) in waiters[sessionID] ?? [:] where !keep.contains(waiter.id) {
            waiters[sessionID]?[number] = nil
            // A reason is for those that wait for what is still there.
            waiter.continuation.resume(returning: reason.map { .failure(.parked($0)) } ?? .success(()))
        }
        if waiters[sessionID]?.isEmpty == true { waiters[sessionID] = nil }
    }

    // MARK: Repair

    /// Puts in order what dead processes left open, in all sessions that nobody executes now: their executions and waiting
    /// prompts end as interrupted. Call it once, before anything is admitted.
    package func repairAll() async {
        let unfinished = (try? await sessions.unfinished()) ?? []
        for id in unfinished where workers[id] == nil {
            guard
                let lock = try? await SessionLock.acquire(
                    stateDirectory: stateDirectory, sessionID: id, timeout: .zero, leases: sessions.runLeases)
            else { continue }
            do {
                try await sessions.repairOrphans(id)
            } catch {
                logger.warning(
                    "a session could not be repaired", metadata: ["session": "\(id)", "error": "\(error.message)"])
            }
            lock.release()
        }
    }
}
