package import Configuration
package import Storage
import Support
import SystemPackage

// Open asks: putting, listing, answering, withdrawing.
extension PermissionService {
    /// The open asks in the order they came, those of dead processes first. With a session: its own, which are those of
    /// its subagents too, and for a subagent's session what that one asked.
    package func pending(sessionID: String? = nil) async -> [PermissionAsk] {
        let orphans = (try? await store?.orphans(directory: project.directory.string)) ?? []
        let live = waiting.values.sorted { $0.order < $1.order }.map(\.ask)
        let all = orphans.filter { waiting[$0.id] == nil } + live
        guard let sessionID else { return all }
        return all.filter { $0.sessionID == sessionID || $0.context.sessionID == sessionID }
    }

    /// One open ask.
    package func pendingAsk(_ id: String) async -> PermissionAsk? {
        if let ask = waiting[id]?.ask { return ask }
        return await pending().first { $0.id == id }
    }

    /// Answers an ask, whoever put it. The answer is stored and published before the call that waits goes on; an
    /// "always" also answers every other open ask that its rules cover now.
    package func reply(_ id: String, _ reply: PermissionReply) async throws(PermissionReplyError) {
        guard let entry = waiting[id] else {
            if answered.contains(id) { throw Self.alreadyAnswered(id) }
            return try await replyToOrphan(id, reply)
        }
        guard !entry.isAnswering, entry.answer == nil else { throw Self.alreadyAnswered(id) }
        waiting[id]?.isAnswering = true
        do throws(PermissionReplyError) {
            try await save(reply, of: entry.ask)
        } catch {
            waiting[id]?.isAnswering = false
            throw error
        }
        await finish(id, .reply(reply))
        if case .always = reply { await sweep() }
    }

    /// Puts an ask that no tool call waits for (a client's): decides at once when the rules or approvals do.
    /// - Returns: the id, and what holds now.
    package func open(
        _ demand: PermissionDemand, _ context: PermissionContext, id: String? = nil
    ) async throws(PermissionReplyError) -> (id: String, effect: PermissionAction) {
        let id = id ?? ids.next(.permission)
        let decisions: [PermissionDecision]
        do {
            decisions = try await self.decisions(demand, context)
        } catch {
            throw PermissionReplyError(.storage, error.message)
        }
        if decisions.contains(where: { $0.action == .deny }) { return (id, .deny) }
        let open = decisions.filter { $0.action == .ask }
        guard let first = open.first else { return (id, .allow) }
        guard waiting[id] == nil, !answered.contains(id), waiting.count < Self.maxWaiting else {
            throw Self.alreadyAnswered(id)
        }
        let ask = PermissionAsk(
            id: id, context: context, permission: demand.permission, patterns: open.map(\.pattern),
            always: demand.always, metadata: demand.metadata, title: demand.title, decision: first,
            createdMs: time.nowMs())
        do {
            try await put(ask, isDetached: true)
        } catch {
            throw PermissionReplyError(.storage, error.message)
        }
        return (id, .ask)
    }

    /// Asks that a dead process left in the session are withdrawn: what asked has been ended and repaired.
    package func sessionStarts(_ sessionID: String) async {
        for ask in await pending(sessionID: sessionID) where ask.isOrphan && ask.context.sessionID == sessionID {
            try? await store?.drop(ask.id)
            await publish(.replied(ask, .reject(feedback: nil)))
        }
    }

    /// Takes a saved approval back and tells everyone. False when there is none.
    package func revoke(_ id: String) async throws(StorageError) -> Bool {
        guard let store, try await store.revoke(id) else { return false }
        await publish(.revoked(id: id))
        return true
    }

    // MARK: Inside

    static func alreadyAnswered(_ id: String) -> PermissionReplyError {
        PermissionReplyError(.alreadyAnswered, "The ask \(id) has been answered already.")
    }

    /// Makes the ask a record, publishes it and hands it to the asker of this process.
    func put(_ ask: PermissionAsk, isDetached: Bool = false) async throws(StorageError) {
        lastOrder += 1
        waiting[ask.id] = Pending(ask: ask, order: lastOrder, isDetached: isDetached)
        do throws(StorageError) {
            try await store?.keep(AskRecord(ask: ask, owner: .current), directory: project.directory.string)
        } catch {
            waiting[ask.id] = nil
            throw error
        }
        await publish(.asked(ask))
        guard asker != nil, waiting[ask.id] != nil else { return }
        waiting[ask.id]?.presenter = Task { await self.present(ask) }
    }

    /// Waits for the answer; the time and a cancelled task end the wait.
    func answer(to id: String, timeoutMs: Int?) async -> Answer {
        let timer: Task<Void, Never>?
        if let timeoutMs {
            timer = Task { [time] in
                do { try await time.sleep(for: .milliseconds(timeoutMs)) } catch { return }
                await self.withdraw(id, .timedOut)
            }
        } else {
            timer = nil
        }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let answer = waiting[id]?.answer {
                    waiting[id] = nil
                    continuation.resume(returning: answer)
                } else if waiting[id] == nil {
                    continuation.resume(returning: .cancelled)
                } else {
                    waiting[id]?.continuation = continuation
                    if Task.isCancelled { Task { await self.withdraw(id, .cancelled) } }
                }
            }
        } onCancel: {
            Task { await self.withdraw(id, .cancelled) }
        }
    }

    private func withdraw(_ id: String, _ answer: Answer) async {
        guard let entry = waiting[id], !entry.isAnswering, entry.answer == nil else { return }
        waiting[id]?.isAnswering = true
        await finish(id, answer)
    }

    /// Drops the record, publishes the answer and lets the call go on.
    private func finish(_ id: String, _ answer: Answer) async {
        guard let ask = waiting[id]?.ask else { return }
        if answered.count >= Self.maxWaiting { answered.removeFirst() }
        answered.append(id)
        try? await store?.drop(id)
        let reply: PermissionReply = if case .reply(let reply) = answer { reply } else { .reject(feedback: nil) }
        await publish(.replied(ask, reply))
        waiting[id]?.presenter?.cancel()
        guard let continuation = waiting[id]?.continuation else {
            // Nobody waits yet, or nobody ever will (`open`).
            waiting[id]?.answer = answer
            if waiting[id]?.isDetached == true { waiting[id] = nil }
            return
        }
        waiting[id] = nil
        continuation.resume(returning: answer)
    }

    /// Saves what an "always" approves.
    private func save(_ reply: PermissionReply, of ask: PermissionAsk) async throws(PermissionReplyError) {
        guard case .always(let scope, let expiresMs) = reply, let store, !ask.always.isEmpty else { return }
        let now = time.nowMs()
        let approvals = ask.always.prefix(256).map {
            SavedApproval(
                id: ids.next(.permission), scope: scope, projectID: project.id, directory: project.directory.string,
                sessionID: scope == .session ? ask.sessionID : nil, action: ask.permission, resource: $0,
                createdMs: now, expiresMs: expiresMs)
        }
        let saved: [SavedApproval]
        do {
            saved = try await store.save(Array(approvals))
        } catch {
            throw PermissionReplyError(.storage, "The approval was not saved: \(error.message)")
        }
        for approval in saved { await publish(.saved(approval)) }
    }

    /// Answers every open ask that needs no answer any more.
    private func sweep() async {
        for id in waiting.values.sorted(by: { $0.order < $1.order }).map(\.ask.id) {
            guard let entry = waiting[id], !entry.isAnswering, entry.answer == nil, await isCovered(entry.ask),
                waiting[id]?.isAnswering == false, waiting[id]?.answer == nil
            else { continue }
            waiting[id]?.isAnswering = true
            await finish(id, .reply(.once))
        }
    }

    private func isCovered(_ ask: PermissionAsk) async -> Bool {
        let demand = PermissionDemand(permission: ask.permission, patterns: ask.patterns)
        guard let decisions = try? await decisions(demand, ask.context) else { return false }
        return decisions.allSatisfy { $0.action == .allow }
    }

    private func replyToOrphan(_ id: String, _ reply: PermissionReply) async throws(PermissionReplyError) {
        guard let ask = await pending().first(where: { $0.id == id }) else {
            throw PermissionReplyError(
                .notFound, "There is no open ask \(HostileText.escaped(String(id.prefix(100)), multiline: false)).")
        }
        guard !answered.contains(id) else { throw Self.alreadyAnswered(id) }
        answered.append(id)
        do throws(PermissionReplyError) {
            try await save(reply, of: ask)
        } catch {
            answered.removeAll { $0 == id }
            throw error
        }
        try? await store?.drop(id)
        await publish(.replied(ask, reply))
        if case .always = reply { await sweep() }
    }

    /// Puts the ask before the asker of this process when its turn comes, unless it has its answer by then.
    private func present(_ ask: PermissionAsk) async {
        guard let asker else { return }
        let key = asker.queueKey(for: ask)
        guard await takeTurn(key) else { return }
        defer { turns.pass(key) }
        guard let entry = waiting[ask.id], !entry.isAnswering, entry.answer == nil, !Task.isCancelled else { return }
        if await isCovered(ask) {
            try? await reply(ask.id, .once)
            return
        }
        let reply = await asker.ask(ask)
        guard !Task.isCancelled else { return }
        do throws(PermissionReplyError) {
            try await self.reply(ask.id, reply)
        } catch {
            // What cannot be saved counts once: the person did approve this call.
            if error.kind == .storage { try? await self.reply(ask.id, .once) }
        }
    }

    /// Waits for the turn; false when the task was cancelled while waiting.
    private func takeTurn(_ key: String) async -> Bool {
        if turns.take(key) { return true }
        let ticket = turns.newTicket()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { turns.wait(key, ticket, $0, isCancelled: Task.isCancelled) }
        } onCancel: {
            Task { await self.cancelTurn(key, ticket) }
        }
    }

    private func cancelTurn(_ key: String, _ ticket: Int) { turns.cancel(key, ticket) }
}
