import Support

extension EventPayload {
    /// The event's type on the wire.
    package var type: String {
        switch self {
        case .agentUpdated: "agent.updated"
        case .commandUpdated: "command.updated"
        case .configUpdated: "config.updated"
        case .credentialSwitched: "credential.switched"
        case .credentialUpdated: "credential.updated"
        case .filesystemChanged: "filesystem.changed"
        case .formCancelled: "form.cancelled"
        case .formCreated: "form.created"
        case .formReplied: "form.replied"
        case .installationUpdateAvailable: "installation.update-available"
        case .installationUpdated: "installation.updated"
        case .integrationUpdated: "integration.updated"
        case .locationShutdown: "location.shutdown"
        case .mcpResourcesChanged: "mcp.resources.changed"
        case .mcpStatusChanged: "mcp.status.changed"
        case .mcpToolsChanged: "mcp.tools.changed"
        case .modelUpdated: "model.updated"
        case .modelsDevRefreshed: "models-dev.refreshed"
        case .permissionAsked: "permission.asked"
        case .permissionReplied: "permission.replied"
        case .permissionRevoked: "permission.revoked"
        case .permissionSaved: "permission.saved"
        case .persistentPtyAdded: "persistent-pty.added"
        case .persistentPtyRemoved: "persistent-pty.removed"
        case .pluginFailed: "plugin.failed"
        case .pluginLoaded: "plugin.loaded"
        case .pluginUpdated: "plugin.updated"
        case .projectUpdated: "project.updated"
        case .providerUpdated: "provider.updated"
        case .ptyCreated: "pty.created"
        case .ptyDeleted: "pty.deleted"
        case .ptyExited: "pty.exited"
        case .ptyUpdated: "pty.updated"
        case .referenceUpdated: "reference.updated"
        case .schedulerJobFailed: "scheduler.job.failed"
        case .schedulerJobFinished: "scheduler.job.finished"
        case .serverConnected: "server.connected"
        case .serverGap: "server.gap"
        case .serverHeartbeat: "server.heartbeat"
        case .serverStopping: "server.stopping"
        case .sessionAgentSelected: "session.agent.selected"
        case .sessionArchived: "session.archived"
        case .sessionCompactionDelta: "session.compaction.delta"
        case .sessionCompactionEnded: "session.compaction.ended"
        case .sessionCompactionFailed: "session.compaction.failed"
        case .sessionCompactionStarted: "session.compaction.started"
        case .sessionCreated: "session.created"
        case .sessionDeleted: "session.deleted"
        case .sessionExecutionFailed: "session.execution.failed"
        case .sessionExecutionInterrupted: "session.execution.interrupted"
        case .sessionExecutionStarted: "session.execution.started"
        case .sessionExecutionSucceeded: "session.execution.succeeded"
        case .sessionForked: "session.forked"
        case .sessionIdle: "session.idle"
        case .sessionImported: "session.imported"
        case .sessionInboxCancelled: "session.inbox.cancelled"
        case .sessionInboxDelivered: "session.inbox.delivered"
        case .sessionInboxDeliveryChanged: "session.inbox.delivery.changed"
        case .sessionInboxEnqueued: "session.inbox.enqueued"
        case .sessionInstructionsUpdated: "session.instructions.updated"
        case .sessionMessageAdded: "session.message.added"
        case .sessionMessageContentUpdated: "session.message.content.updated"
        case .sessionMetadataUpdated: "session.metadata.updated"
        case .sessionModelSelected: "session.model.selected"
        case .sessionMoved: "session.moved"
        case .sessionPermissionsChanged: "session.permissions"
        case .sessionReasoningDelta: "session.reasoning.delta"
        case .sessionReasoningEnded: "session.reasoning.ended"
        case .sessionReasoningStarted: "session.reasoning.started"
        case .sessionRenamed: "session.renamed"
        case .sessionRetryScheduled: "session.retry.scheduled"
        case .sessionRevertCleared: "session.revert.cleared"
        case .sessionRevertCommitted: "session.revert.committed"
        case .sessionRevertStaged: "session.revert.staged"
        case .sessionReverted: "session.reverted"
        case .sessionShared: "session.shared"
        case .sessionShellEnded: "session.shell.ended"
        case .sessionShellStarted: "session.shell.started"
        case .sessionSkillActivated: "session.skill.activated"
        case .sessionStatusChanged: "session.status"
        case .sessionStepEnded: "session.step.ended"
        case .sessionStepFailed: "session.step.failed"
        case .sessionStepStarted: "session.step.started"
        case .sessionStepStreamed: "session.step.streamed"
        case .sessionSynthetic: "session.synthetic"
        case .sessionTextDelta: "session.text.delta"
        case .sessionTextEnded: "session.text.ended"
        case .sessionTextStarted: "session.text.started"
        case .sessionToolCalled: "session.tool.called"
        case .sessionToolFailed: "session.tool.failed"
        case .sessionToolInputDelta: "session.tool.input.delta"
        case .sessionToolInputEnded: "session.tool.input.ended"
        case .sessionToolInputStarted: "session.tool.input.started"
        case .sessionToolProgress: "session.tool.progress"
        case .sessionToolSuccess: "session.tool.success"
        case .sessionUnarchived: "session.unarchived"
        case .sessionUnreverted: "session.unreverted"
        case .sessionUnshared: "session.unshared"
        case .sessionUsageRecorded: "session.usage.recorded"
        case .sessionUsageUpdated: "session.usage.updated"
        case .sessionViewed: "session.viewed"
        case .shellCreated: "shell.created"
        case .shellDeleted: "shell.deleted"
        case .shellExited: "shell.exited"
        case .skillUpdated: "skill.updated"
        case .snapshotCollected: "snapshot.collected"
        case .snapshotCreated: "snapshot.created"
        case .snapshotRestored: "snapshot.restored"
        case .tuiCommandExecute: "tui.command.execute"
        case .tuiPromptAppend: "tui.prompt.append"
        case .tuiSessionSelect: "tui.session.select"
        case .tuiToastShow: "tui.toast.show"
        case .vcsBranchUpdated: "vcs.branch.updated"
        case .websearchUpdated: "websearch.updated"
        case .worktreeResolved: "worktree.resolved"
        case .worktreeUpdated: "worktree.updated"
        case .unknown(let type, _): type
        }
    }

    /// The version of a durable event; nil for one that is only published (deltas, status, progress).
    package var durableVersion: Int? {
        switch self {
        case .sessionAgentSelected, .sessionArchived, .sessionCompactionEnded, .sessionCompactionFailed,
            .sessionCompactionStarted, .sessionCreated, .sessionExecutionFailed, .sessionExecutionInterrupted,
            .sessionExecutionStarted, .sessionExecutionSucceeded, .sessionImported, .sessionInboxCancelled,
            .sessionInboxDelivered, .sessionInboxDeliveryChanged, .sessionInboxEnqueued, .sessionMessageAdded,
            .sessionMessageContentUpdated,
            .sessionMetadataUpdated, .sessionModelSelected, .sessionMoved, .sessionPermissionsChanged,
            .sessionReasoningEnded, .sessionReasoningStarted, .sessionRenamed, .sessionRetryScheduled,
            .sessionRevertCleared, .sessionRevertCommitted, .sessionRevertStaged, .sessionReverted, .sessionShared,
            .sessionShellEnded, .sessionShellStarted, .sessionSkillActivated, .sessionStepEnded, .sessionStepFailed,
            .sessionStepStarted, .sessionStepStreamed, .sessionSynthetic, .sessionTextEnded, .sessionTextStarted,
            .sessionToolCalled, .sessionToolInputEnded, .sessionToolInputStarted, .sessionUnarchived,
            .sessionUnreverted, .sessionUnshared, .sessionUsageRecorded, .sessionViewed, .worktreeResolved:
            1
        case .sessionDeleted, .sessionForked, .sessionInstructionsUpdated, .sessionToolFailed, .sessionToolSuccess:
            2
        default: nil
        }
    }

    /// The session that the event belongs to; nil when it belongs to none.
    package var sessionID: String? {
        switch self {
        case .formCancelled(let data): data.sessionID
        case .formCreated(let data): data.form["sessionID"]?.stringValue
        case .formReplied(let data): data.sessionID
        case .permissionAsked(let data): data.sessionID
        case .permissionReplied(let data): data.sessionID
        case .persistentPtyAdded(let data): data.sessionID
        case .persistentPtyRemoved(let data): data.sessionID
        case .sessionAgentSelected(let data): data.sessionID
        case .sessionArchived(let data): data.sessionID
        case .sessionCompactionDelta(let data): data.sessionID
        case .sessionCompactionEnded(let data): data.sessionID
        case .sessionCompactionFailed(let data): data.sessionID
        case .sessionCompactionStarted(let data): data.sessionID
        case .sessionCreated(let data): data.sessionID
        case .sessionDeleted(let data): data.sessionID
        case .sessionExecutionFailed(let data): data.sessionID
        case .sessionExecutionInterrupted(let data): data.sessionID
        case .sessionExecutionStarted(let data): data.sessionID
        case .sessionExecutionSucceeded(let data): data.sessionID
        case .sessionForked(let data): data.sessionID
        case .sessionIdle(let data): data.sessionID
        case .sessionImported(let data): data.sessionID
        case .sessionInboxCancelled(let data): data.sessionID
        case .sessionInboxDelivered(let data): data.sessionID
        case .sessionInboxDeliveryChanged(let data): data.sessionID
        case .sessionInboxEnqueued(let data): data.sessionID
        case .sessionInstructionsUpdated(let data): data.sessionID
        case .sessionMessageAdded(let data): data.sessionID
        case .sessionMessageContentUpdated(let data): data.sessionID
        case .sessionMetadataUpdated(let data): data.sessionID
        case .sessionModelSelected(let data): data.sessionID
        case .sessionMoved(let data): data.sessionID
        case .sessionPermissionsChanged(let data): data.sessionID
        case .sessionReasoningDelta(let data): data.sessionID
        case .sessionReasoningEnded(let data): data.sessionID
        case .sessionReasoningStarted(let data): data.sessionID
        case .sessionRenamed(let data): data.sessionID
        case .sessionRetryScheduled(let data): data.sessionID
        case .sessionRevertCleared(let data): data.sessionID
        case .sessionRevertCommitted(let data): data.sessionID
        case .sessionRevertStaged(let data): data.sessionID
        case .sessionReverted(let data): data.sessionID
        case .sessionShared(let data): data.sessionID
        case .sessionShellEnded(let data): data.sessionID
        case .sessionShellStarted(let data): data.sessionID
        case .sessionSkillActivated(let data): data.sessionID
        case .sessionStatusChanged(let data): data.sessionID
        case .sessionStepEnded(let data): data.sessionID
        case .sessionStepFailed(let data): data.sessionID
        case .sessionStepStarted(let data): data.sessionID
        case .sessionStepStreamed(let data): data.sessionID
        case .sessionSynthetic(let data): data.sessionID
        case .sessionTextDelta(let data): data.sessionID
        case .sessionTextEnded(let data): data.sessionID
        case .sessionTextStarted(let data): data.sessionID
        case .sessionToolCalled(let data): data.sessionID
        case .sessionToolFailed(let data): data.sessionID
        case .sessionToolInputDelta(let data): data.sessionID
        case .sessionToolInputEnded(let data): data.sessionID
        case .sessionToolInputStarted(let data): data.sessionID
        case .sessionToolProgress(let data): data.sessionID
        case .sessionToolSuccess(let data): data.sessionID
        case .sessionUnarchived(let data): data.sessionID
        case .sessionUnreverted(let data): data.sessionID
        case .sessionUnshared(let data): data.sessionID
        case .sessionUsageRecorded(let data): data.sessionID
        case .sessionUsageUpdated(let data): data.sessionID
        case .sessionViewed(let data): data.sessionID
        case .snapshotCreated(let data): data.sessionID
        case .snapshotRestored(let data): data.sessionID
        case .tuiSessionSelect(let data): data.sessionID
        case .unknown(_, let data): data["sessionID"]?.stringValue
        default: nil
        }
    }
}
