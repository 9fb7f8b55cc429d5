package import Schema
import Support

extension SessionProjection {
    /// Applies one event. Events of other sessions and of unknown types change nothing but `seq` and the update time.
    package mutating func apply(_ event: Event) {
        if let durable = event.durable {
            info.seq = durable.seq
            if case .sessionViewed = event.payload {} else { info.time.updated = max(info.time.updated, event.created) }
        }
        switch event.payload {
        case .sessionStepStarted, .sessionStepStreamed, .sessionStepEnded, .sessionStepFailed, .sessionRetryScheduled,
            .sessionMessageContentUpdated:
            applyStep(event)
        case .sessionTextStarted, .sessionTextDelta, .sessionTextEnded, .sessionReasoningStarted,
            .sessionReasoningDelta, .sessionReasoningEnded:
            applyText(event)
        case .sessionToolInputStarted, .sessionToolInputDelta, .sessionToolInputEnded, .sessionToolCalled,
            .sessionToolProgress, .sessionToolSuccess, .sessionToolFailed:
            applyTool(event)
        case .sessionInboxEnqueued, .sessionInboxDelivered, .sessionInboxCancelled, .sessionInboxDeliveryChanged:
            applyInbox(event)
        case .sessionExecutionStarted, .sessionExecutionSucceeded, .sessionExecutionFailed,
            .sessionExecutionInterrupted:
            applyExecution(event)
        case .sessionCompactionStarted, .sessionCompactionDelta, .sessionCompactionEnded, .sessionCompactionFailed,
            .sessionUsageRecorded:
            applyCompaction(event)
        case .sessionRevertStaged, .sessionRevertCleared, .sessionRevertCommitted, .sessionForked, .sessionMoved,
            .sessionShared, .sessionUnshared:
            applyGraph(event)
        case .sessionMessageAdded, .sessionImported: applyAdded(event)
        default: applyInfo(event)
        }
    }

    private mutating func applyInfo(_ event: Event) {
        let id = Self.messageID(of: event)
        let time = MessageTime(created: event.created)
        let seq = event.durable?.seq ?? seq
        switch event.payload {
        case .sessionRenamed(let data): info.title = data.title
        case .sessionArchived: info.time.archived = event.created
        case .sessionUnarchived: info.time.archived = nil
        case .sessionViewed(let data): info.time.viewed = data.idle
        case .sessionMetadataUpdated(let data): info.metadata = data.metadata
        case .sessionPermissionsChanged(let data): info.permissions = data.permissions
        case .sessionAgentSelected(let data):
            // The first selection is no switch.
            if let previous = data.previous ?? info.agent, previous != data.agent {
                put(.agentSwitched(.init(id: id, time: time, agent: data.agent, previous: previous)), seq: seq)
            }
            info.agent = data.agent
        case .sessionModelSelected(let data):
            if let previous = data.previous ?? info.model, previous != data.model {
                put(.modelSwitched(.init(id: id, time: time, model: data.model, previous: previous)), seq: seq)
            }
            info.model = data.model
        case .sessionSynthetic(let data):
            put(
                .synthetic(
                    .init(id: id, metadata: data.metadata, time: time, text: data.text, description: data.description)),
                seq: seq)
        case .sessionInstructionsUpdated(let data):
            if let text = data.text { put(.system(.init(id: id, time: time, text: text)), seq: seq) }
        case .sessionSkillActivated(let data):
            put(.skill(.init(id: id, time: time, skill: data.id, name: data.name, text: data.text)), seq: seq)
        case .sessionShellStarted(let data):
            put(
                .shell(
                    .init(
                        id: id, time: .init(created: data.shell.time.started), shellID: data.shell.id,
                        command: data.shell.command, status: data.shell.status)), seq: seq)
        case .sessionShellEnded(let data): endShell(data, at: event.created)
        default: return
        }
    }

    private mutating func endShell(_ data: SessionShellEnded, at created: Int64) {
        let index = entries.lastIndex { entry in
            if case .shell(let message) = entry.message { return message.shellID == data.shell.id }
            return false
        }
        guard let index, case .shell(var message) = entries[index].message else { return }
        message.status = data.shell.status
        message.exit = data.shell.exit
        message.output = data.output
        message.time.completed = data.shell.time.completed ?? created
        entries[index].message = .shell(message)
        changed.insert(index)
    }

    private mutating func applyInbox(_ event: Event) {
        switch event.payload {
        case .sessionInboxEnqueued(let data):
            let entry = InboxEntry(id: data.inboxID, created: event.created, item: data.item)
            if let index = inbox.firstIndex(where: { $0.id == data.inboxID }) {
                inbox[index] = entry
            } else {
                inbox.append(entry)
            }
        case .sessionInboxCancelled(let data): inbox.removeAll { $0.id == data.inboxID }
        case .sessionInboxDeliveryChanged(let data):
            guard let index = inbox.firstIndex(where: { $0.id == data.inboxID }) else { return }
            inbox[index].item = inbox[index].item.with(delivery: data.delivery)
        case .sessionInboxDelivered(let data):
            guard let index = inbox.firstIndex(where: { $0.id == data.inboxID }) else { return }
            let entry = inbox.remove(at: index)
            let time = MessageTime(created: event.created)
            let seq = event.durable?.seq ?? seq
            switch entry.item {
            case .user(let payload, _):
                put(
                    .user(
                        .init(
                            id: entry.id, metadata: payload.metadata, time: time, text: payload.text,
                            files: payload.files, agents: payload.agents, skills: payload.skills)), seq: seq)
            case .synthetic(let payload, _):
                put(
                    .synthetic(
                        .init(
                            id: entry.id, metadata: payload.metadata, time: time, text: payload.text,
                            description: payload.description)), seq: seq)
            // Their effect has events of its own.
            case .compaction, .move, .unknown: return
            }
        default: return
        }
    }

    private mutating func applyExecution(_ event: Event) {
        switch event.payload {
        case .sessionExecutionStarted:
            running = true
            info.outcome = nil
        case .sessionExecutionSucceeded: endExecution(event, .succeeded, error: nil)
        case .sessionExecutionFailed(let data): endExecution(event, .failed, error: data.error)
        case .sessionExecutionInterrupted: endExecution(event, .interrupted, error: nil)
        default: return
        }
    }

    private mutating func endExecution(_ event: Event, _ outcome: Outcome, error: StructuredError?) {
        running = false
        info.outcome = outcome
        info.time.idle = event.created
        put(
            .idle(
                .init(
                    id: Self.messageID(of: event), time: .init(created: event.created), outcome: outcome, error: error)),
            seq: event.durable?.seq ?? seq)
    }

    private mutating func applyCompaction(_ event: Event) {
        let seq = event.durable?.seq ?? seq
        switch event.payload {
        case .sessionUsageRecorded(let data): count(data.tokens, cost: data.cost)
        case .sessionCompactionStarted(let data):
            put(
                .compaction(
                    .init(
                        id: data.inputID ?? Self.messageID(of: event), time: .init(created: event.created),
                        status: .running, reason: data.reason, summary: "")), seq: seq)
        case .sessionCompactionDelta(let data):
            guard let (index, found) = runningCompaction else { return }
            var message = found
            message.summary = (message.summary ?? "") + data.text
            entries[index].message = .compaction(message)
            changed.insert(index)
        case .sessionCompactionEnded(let data):
            if data.tokens != nil { count(data.tokens, cost: data.cost) }
            let running = runningCompaction?.message
            put(
                .compaction(
                    .init(
                        id: running?.id ?? Self.messageID(of: event),
                        time: running?.time ?? .init(created: event.created), status: .completed, reason: data.reason,
                        model: data.model, native: data.native, summary: data.text, cost: data.cost,
                        tokens: data.tokens)), seq: seq)
        case .sessionCompactionFailed(let data):
            if data.tokens != nil { count(data.tokens, cost: data.cost) }
            let running = runningCompaction?.message
            put(
                .compaction(
                    .init(
                        id: running?.id ?? data.inputID ?? Self.messageID(of: event),
                        time: running?.time ?? .init(created: event.created), status: .failed, reason: data.reason,
                        error: data.error, cost: data.cost, tokens: data.tokens)), seq: seq)
        default: return
        }
    }

    var runningCompaction: (index: Int, message: CompactionMessage)? {
        for (index, entry) in entries.enumerated().reversed() {
            if case .compaction(let message) = entry.message, message.status == .running { return (index, message) }
        }
        return nil
    }

    private mutating func applyGraph(_ event: Event) {
        switch event.payload {
        case .sessionRevertStaged(let data): stageRevert(data.revert)
        case .sessionRevertCleared: stageRevert(nil)
        case .sessionRevertCommitted(let data): commitRevert(to: data.to)
        case .sessionForked(let data):
            info.fork = SessionFork(sessionID: data.parentID, boundary: data.boundary)
            var messageID: String?
            if case .before(let id) = data.boundary { messageID = id }
            info.forkedFrom = SessionOrigin(sessionID: data.parentID, messageID: messageID)
        case .sessionMoved(let data):
            let previous = PreviousLocation(
                location: info.location, projectID: info.projectID, subpath: info.subpath)
            info.location = LocationPublicRef(directory: data.location.directory)
            info.projectID = data.projectID
            info.subpath = data.subpath
            put(
                .locationSwitched(
                    .init(
                        id: Self.messageID(of: event), time: .init(created: event.created), projectID: data.projectID,
                        subpath: data.subpath, location: info.location, previous: previous)),
                seq: event.durable?.seq ?? seq)
        case .sessionShared(let data): info.share = SessionShare(url: data.url)
        case .sessionUnshared: info.share = nil
        default: return
        }
    }
}

extension InboxItem {
    fileprivate func with(delivery: Delivery) -> InboxItem {
        switch self {
        case .user(let payload, _): .user(payload, delivery: delivery)
        case .synthetic(let payload, _): .synthetic(payload, delivery: delivery)
        case .compaction: .compaction(delivery: delivery)
        case .move(let payload, _): .move(payload, delivery: delivery)
        case .unknown: self
        }
    }
}
