package import Support

extension EventPayload {
    /// The body as a tree.
    package func dataJSON() throws(JSONCodingError) -> JSON {
        switch self {
        case .agentUpdated(let data): try JSON(encoding: data)
        case .commandUpdated(let data): try JSON(encoding: data)
        case .configUpdated(let data): try JSON(encoding: data)
        case .credentialSwitched(let data): try JSON(encoding: data)
        case .credentialUpdated(let data): try JSON(encoding: data)
        case .filesystemChanged(let data): try JSON(encoding: data)
        case .formCancelled(let data): try JSON(encoding: data)
        case .formCreated(let data): try JSON(encoding: data)
        case .formReplied(let data): try JSON(encoding: data)
        case .installationUpdateAvailable(let data): try JSON(encoding: data)
        case .installationUpdated(let data): try JSON(encoding: data)
        case .integrationUpdated(let data): try JSON(encoding: data)
        case .locationShutdown(let data): try JSON(encoding: data)
        case .mcpResourcesChanged(let data): try JSON(encoding: data)
        case .mcpStatusChanged(let data): try JSON(encoding: data)
        case .mcpToolsChanged(let data): try JSON(encoding: data)
        case .modelUpdated(let data): try JSON(encoding: data)
        case .modelsDevRefreshed(let data): try JSON(encoding: data)
        case .permissionAsked(let data): try JSON(encoding: data)
        case .permissionReplied(let data): try JSON(encoding: data)
        case .permissionRevoked(let data): try JSON(encoding: data)
        case .permissionSaved(let data): try JSON(encoding: data)
        case .persistentPtyAdded(let data): try JSON(encoding: data)
        case .persistentPtyRemoved(let data): try JSON(encoding: data)
        case .pluginFailed(let data): try JSON(encoding: data)
        case .pluginLoaded(let data): try JSON(encoding: data)
        case .pluginUpdated(let data): try JSON(encoding: data)
        case .projectUpdated(let data): try JSON(encoding: data)
        case .providerUpdated(let data): try JSON(encoding: data)
        case .ptyCreated(let data): try JSON(encoding: data)
        case .ptyDeleted(let data): try JSON(encoding: data)
        case .ptyExited(let data): try JSON(encoding: data)
        case .ptyUpdated(let data): try JSON(encoding: data)
        case .referenceUpdated(let data): try JSON(encoding: data)
        case .schedulerJobFailed(let data): try JSON(encoding: data)
        case .schedulerJobFinished(let data): try JSON(encoding: data)
        case .serverConnected(let data): try JSON(encoding: data)
        case .serverGap(let data): try JSON(encoding: data)
        case .serverHeartbeat(let data): try JSON(encoding: data)
        case .serverStopping(let data): try JSON(encoding: data)
        case .sessionAgentSelected(let data): try JSON(encoding: data)
        case .sessionArchived(let data): try JSON(encoding: data)
        case .sessionCompactionDelta(let data): try JSON(encoding: data)
        case .sessionCompactionEnded(let data): try JSON(encoding: data)
        case .sessionCompactionFailed(let data): try JSON(encoding: data)
        case .sessionCompactionStarted(let data): try JSON(encoding: data)
        case .sessionCreated(let data): try JSON(encoding: data)
        case .sessionDeleted(let data): try JSON(encoding: data)
        case .sessionExecutionFailed(let data): try JSON(encoding: data)
        case .sessionExecutionInterrupted(let data): try JSON(encoding: data)
        case .sessionExecutionStarted(let data): try JSON(encoding: data)
        case .sessionExecutionSucceeded(let data): try JSON(encoding: data)
        case .sessionForked(let data): try JSON(encoding: data)
        case .sessionIdle(let data): try JSON(encoding: data)
        case .sessionImported(let data): try JSON(encoding: data)
        case .sessionInboxCancelled(let data): try JSON(encoding: data)
        case .sessionInboxDelivered(let data): try JSON(encoding: data)
        case .sessionInboxDeliveryChanged(let data): try JSON(encoding: data)
        case .sessionInboxEnqueued(let data): try JSON(encoding: data)
        case .sessionInstructionsUpdated(let data): try JSON(encoding: data)
        case .sessionMessageAdded(let data): try JSON(encoding: data)
        case .sessionMessageContentUpdated(let data): try JSON(encoding: data)
        case .sessionMetadataUpdated(let data): try JSON(encoding: data)
        case .sessionModelSelected(let data): try JSON(encoding: data)
        case .sessionMoved(let data): try JSON(encoding: data)
        case .sessionPermissionsChanged(let data): try JSON(encoding: data)
        case .sessionReasoningDelta(let data): try JSON(encoding: data)
        case .sessionReasoningEnded(let data): try JSON(encoding: data)
        case .sessionReasoningStarted(let data): try JSON(encoding: data)
        case .sessionRenamed(let data): try JSON(encoding: data)
        case .sessionRetryScheduled(let data): try JSON(encoding: data)
        case .sessionRevertCleared(let data): try JSON(encoding: data)
        case .sessionRevertCommitted(let data): try JSON(encoding: data)
        case .sessionRevertStaged(let data): try JSON(encoding: data)
        case .sessionReverted(let data): try JSON(encoding: data)
        case .sessionShared(let data): try JSON(encoding: data)
        case .sessionShellEnded(let data): try JSON(encoding: data)
        case .sessionShellStarted(let data): try JSON(encoding: data)
        case .sessionSkillActivated(let data): try JSON(encoding: data)
        case .sessionStatusChanged(let data): try JSON(encoding: data)
        case .sessionStepEnded(let data): try JSON(encoding: data)
        case .sessionStepFailed(let data): try JSON(encoding: data)
        case .sessionStepStarted(let data): try JSON(encoding: data)
        case .sessionStepStreamed(let data): try JSON(encoding: data)
        case .sessionSynthetic(let data): try JSON(encoding: data)
        case .sessionTextDelta(let data): try JSON(encoding: data)
        case .sessionTextEnded(let data): try JSON(encoding: data)
        case .sessionTextStarted(let data): try JSON(encoding: data)
        case .sessionToolCalled(let data): try JSON(encoding: data)
        case .sessionToolFailed(let data): try JSON(encoding: data)
        case .sessionToolInputDelta(let data): try JSON(encoding: data)
        case .sessionToolInputEnded(let data): try JSON(encoding: data)
        case .sessionToolInputStarted(let data): try JSON(encoding: data)
        case .sessionToolProgress(let data): try JSON(encoding: data)
        case .sessionToolSuccess(let data): try JSON(encoding: data)
        case .sessionUnarchived(let data): try JSON(encoding: data)
        case .sessionUnreverted(let data): try JSON(encoding: data)
        case .sessionUnshared(let data): try JSON(encoding: data)
        case .sessionUsageRecorded(let data): try JSON(encoding: data)
        case .sessionUsageUpdated(let data): try JSON(encoding: data)
        case .sessionViewed(let data): try JSON(encoding: data)
        case .shellCreated(let data): try JSON(encoding: data)
        case .shellDeleted(let data): try JSON(encoding: data)
        case .shellExited(let data): try JSON(encoding: data)
        case .skillUpdated(let data): try JSON(encoding: data)
        case .snapshotCollected(let data): try JSON(encoding: data)
        case .snapshotCreated(let data): try JSON(encoding: data)
        case .snapshotRestored(let data): try JSON(encoding: data)
        case .tuiCommandExecute(let data): try JSON(encoding: data)
        case .tuiPromptAppend(let data): try JSON(encoding: data)
        case .tuiSessionSelect(let data): try JSON(encoding: data)
        case .tuiToastShow(let data): try JSON(encoding: data)
        case .vcsBranchUpdated(let data): try JSON(encoding: data)
        case .websearchUpdated(let data): try JSON(encoding: data)
        case .worktreeResolved(let data): try JSON(encoding: data)
        case .worktreeUpdated(let data): try JSON(encoding: data)
        case .unknown(_, let data): data
        }
    }

    /// Reads a body; a type that is not known becomes `unknown`, a body that does not fit a known type throws.
    package init(type: String, data: JSON) throws(JSONCodingError) {
        switch type {
        case "agent.updated": self = .agentUpdated(.init())
        case "command.updated": self = .commandUpdated(.init())
        case "config.updated": self = .configUpdated(.init())
        case "credential.switched": self = .credentialSwitched(try data.decode())
        case "credential.updated": self = .credentialUpdated(.init())
        case "filesystem.changed": self = .filesystemChanged(try data.decode())
        case "form.cancelled": self = .formCancelled(try data.decode())
        case "form.created": self = .formCreated(try data.decode())
        case "form.replied": self = .formReplied(try data.decode())
        case "installation.update-available": self = .installationUpdateAvailable(try data.decode())
        case "installation.updated": self = .installationUpdated(try data.decode())
        case "integration.updated": self = .integrationUpdated(.init())
        case "location.shutdown": self = .locationShutdown(.init())
        case "mcp.resources.changed": self = .mcpResourcesChanged(try data.decode())
        case "mcp.status.changed": self = .mcpStatusChanged(try data.decode())
        case "mcp.tools.changed": self = .mcpToolsChanged(try data.decode())
        case "model.updated": self = .modelUpdated(.init())
        case "models-dev.refreshed": self = .modelsDevRefreshed(.init())
        case "permission.asked": self = .permissionAsked(try data.decode())
        case "permission.replied": self = .permissionReplied(try data.decode())
        case "permission.revoked": self = .permissionRevoked(try data.decode())
        case "permission.saved": self = .permissionSaved(try data.decode())
        case "persistent-pty.added": self = .persistentPtyAdded(try data.decode())
        case "persistent-pty.removed": self = .persistentPtyRemoved(try data.decode())
        case "plugin.failed": self = .pluginFailed(try data.decode())
        case "plugin.loaded": self = .pluginLoaded(try data.decode())
        case "plugin.updated": self = .pluginUpdated(.init())
        case "project.updated": self = .projectUpdated(try data.decode())
        case "provider.updated": self = .providerUpdated(.init())
        case "pty.created": self = .ptyCreated(try data.decode())
        case "pty.deleted": self = .ptyDeleted(try data.decode())
        case "pty.exited": self = .ptyExited(try data.decode())
        case "pty.updated": self = .ptyUpdated(try data.decode())
        case "reference.updated": self = .referenceUpdated(.init())
        case "scheduler.job.failed": self = .schedulerJobFailed(try data.decode())
        case "scheduler.job.finished": self = .schedulerJobFinished(try data.decode())
        case "server.connected": self = .serverConnected(.init())
        case "server.gap": self = .serverGap(try data.decode())
        case "server.heartbeat": self = .serverHeartbeat(.init())
        case "server.stopping": self = .serverStopping(try data.decode())
        case "session.agent.selected": self = .sessionAgentSelected(try data.decode())
        case "session.archived": self = .sessionArchived(try data.decode())
        case "session.compaction.delta": self = .sessionCompactionDelta(try data.decode())
        case "session.compaction.ended": self = .sessionCompactionEnded(try data.decode())
        case "session.compaction.failed": self = .sessionCompactionFailed(try data.decode())
        case "session.compaction.started": self = .sessionCompactionStarted(try data.decode())
        case "session.created": self = .sessionCreated(try data.decode())
        case "session.deleted": self = .sessionDeleted(try data.decode())
        case "session.execution.failed": self = .sessionExecutionFailed(try data.decode())
        case "session.execution.interrupted": self = .sessionExecutionInterrupted(try data.decode())
        case "session.execution.started": self = .sessionExecutionStarted(try data.decode())
        case "session.execution.succeeded": self = .sessionExecutionSucceeded(try data.decode())
        case "session.forked": self = .sessionForked(try data.decode())
        case "session.idle": self = .sessionIdle(try data.decode())
        case "session.imported": self = .sessionImported(try data.decode())
        case "session.inbox.cancelled": self = .sessionInboxCancelled(try data.decode())
        case "session.inbox.delivered": self = .sessionInboxDelivered(try data.decode())
        case "session.inbox.delivery.changed": self = .sessionInboxDeliveryChanged(try data.decode())
        case "session.inbox.enqueued": self = .sessionInboxEnqueued(try data.decode())
        case "session.instructions.updated": self = .sessionInstructionsUpdated(try data.decode())
        case "session.message.added": self = .sessionMessageAdded(try data.decode())
        case "session.message.content.updated": self = .sessionMessageContentUpdated(try data.decode())
        case "session.metadata.updated": self = .sessionMetadataUpdated(try data.decode())
        case "session.model.selected": self = .sessionModelSelected(try data.decode())
        case "session.moved": self = .sessionMoved(try data.decode())
        case "session.permissions": self = .sessionPermissionsChanged(try data.decode())
        case "session.reasoning.delta": self = .sessionReasoningDelta(try data.decode())
        case "session.reasoning.ended": self = .sessionReasoningEnded(try data.decode())
        case "session.reasoning.started": self = .sessionReasoningStarted(try data.decode())
        case "session.renamed": self = .sessionRenamed(try data.decode())
        case "session.retry.scheduled": self = .sessionRetryScheduled(try data.decode())
        case "session.revert.cleared": self = .sessionRevertCleared(try data.decode())
        case "session.revert.committed": self = .sessionRevertCommitted(try data.decode())
        case "session.revert.staged": self = .sessionRevertStaged(try data.decode())
        case "session.reverted": self = .sessionReverted(try data.decode())
        case "session.shared": self = .sessionShared(try data.decode())
        case "session.shell.ended": self = .sessionShellEnded(try data.decode())
        case "session.shell.started": self = .sessionShellStarted(try data.decode())
        case "session.skill.activated": self = .sessionSkillActivated(try data.decode())
        case "session.status": self = .sessionStatusChanged(try data.decode())
        case "session.step.ended": self = .sessionStepEnded(try data.decode())
        case "session.step.failed": self = .sessionStepFailed(try data.decode())
        case "session.step.started": self = .sessionStepStarted(try data.decode())
        case "session.step.streamed": self = .sessionStepStreamed(try data.decode())
        case "session.synthetic": self = .sessionSynthetic(try data.decode())
        case "session.text.delta": self = .sessionTextDelta(try data.decode())
        case "session.text.ended": self = .sessionTextEnded(try data.decode())
        case "session.text.started": self = .sessionTextStarted(try data.decode())
        case "session.tool.called": self = .sessionToolCalled(try data.decode())
        case "session.tool.failed": self = .sessionToolFailed(try data.decode())
        case "session.tool.input.delta": self = .sessionToolInputDelta(try data.decode())
        case "session.tool.input.ended": self = .sessionToolInputEnded(try data.decode())
        case "session.tool.input.started": self = .sessionToolInputStarted(try data.decode())
        case "session.tool.progress": self = .sessionToolProgress(try data.decode())
        case "session.tool.success": self = .sessionToolSuccess(try data.decode())
        case "session.unarchived": self = .sessionUnarchived(try data.decode())
        case "session.unreverted": self = .sessionUnreverted(try data.decode())
        case "session.unshared": self = .sessionUnshared(try data.decode())
        case "session.usage.recorded": self = .sessionUsageRecorded(try data.decode())
        case "session.usage.updated": self = .sessionUsageUpdated(try data.decode())
        case "session.viewed": self = .sessionViewed(try data.decode())
        case "shell.created": self = .shellCreated(try data.decode())
        case "shell.deleted": self = .shellDeleted(try data.decode())
        case "shell.exited": self = .shellExited(try data.decode())
        case "skill.updated": self = .skillUpdated(.init())
        case "snapshot.collected": self = .snapshotCollected(try data.decode())
        case "snapshot.created": self = .snapshotCreated(try data.decode())
        case "snapshot.restored": self = .snapshotRestored(try data.decode())
        case "tui.command.execute": self = .tuiCommandExecute(try data.decode())
        case "tui.prompt.append": self = .tuiPromptAppend(try data.decode())
        case "tui.session.select": self = .tuiSessionSelect(try data.decode())
        case "tui.toast.show": self = .tuiToastShow(try data.decode())
        case "vcs.branch.updated": self = .vcsBranchUpdated(try data.decode())
        case "websearch.updated": self = .websearchUpdated(.init())
        case "worktree.resolved": self = .worktreeResolved(try data.decode())
        case "worktree.updated": self = .worktreeUpdated(try data.decode())
        default: self = .unknown(type: type, data: data)
        }
    }

    /// Every type that this version knows, sorted.
    package static let knownTypes: [String] = [
        "agent.updated",
        "command.updated",
        "config.updated",
        "credential.switched",
        "credential.updated",
        "filesystem.changed",
        "form.cancelled",
        "form.created",
        "form.replied",
        "installation.update-available",
        "installation.updated",
        "integration.updated",
        "location.shutdown",
        "mcp.resources.changed",
        "mcp.status.changed",
        "mcp.tools.changed",
        "model.updated",
        "models-dev.refreshed",
        "permission.asked",
        "permission.replied",
        "permission.revoked",
        "permission.saved",
        "persistent-pty.added",
        "persistent-pty.removed",
        "plugin.failed",
        "plugin.loaded",
        "plugin.updated",
        "project.updated",
        "provider.updated",
        "pty.created",
        "pty.deleted",
        "pty.exited",
        "pty.updated",
        "reference.updated",
        "scheduler.job.failed",
        "scheduler.job.finished",
        "server.connected",
        "server.gap",
        "server.heartbeat",
        "server.stopping",
        "session.agent.selected",
        "session.archived",
        "session.compaction.delta",
        "session.compaction.ended",
        "session.compaction.failed",
        "session.compaction.started",
        "session.created",
        "session.deleted",
        "session.execution.failed",
        "session.execution.interrupted",
        "session.execution.started",
        "session.execution.succeeded",
        "session.forked",
        "session.idle",
        "session.imported",
        "session.inbox.cancelled",
        "session.inbox.delivered",
        "session.inbox.delivery.changed",
        "session.inbox.enqueued",
        "session.instructions.updated",
        "session.message.added",
        "session.message.content.updated",
        "session.metadata.updated",
        "session.model.selected",
        "session.moved",
        "session.permissions",
        "session.reasoning.delta",
        "session.reasoning.ended",
        "session.reasoning.started",
        "session.renamed",
        "session.retry.scheduled",
        "session.revert.cleared",
        "session.revert.committed",
        "session.revert.staged",
        "session.reverted",
        "session.shared",
        "session.shell.ended",
        "session.shell.started",
        "session.skill.activated",
        "session.status",
        "session.step.ended",
        "session.step.failed",
        "session.step.started",
        "session.step.streamed",
        "session.synthetic",
        "session.text.delta",
        "session.text.ended",
        "session.text.started",
        "session.tool.called",
        "session.tool.failed",
        "session.tool.input.delta",
        "session.tool.input.ended",
        "session.tool.input.started",
        "session.tool.progress",
        "session.tool.success",
        "session.unarchived",
        "session.unreverted",
        "session.unshared",
        "session.usage.recorded",
        "session.usage.updated",
        "session.viewed",
        "shell.created",
        "shell.deleted",
        "shell.exited",
        "skill.updated",
        "snapshot.collected",
        "snapshot.created",
        "snapshot.restored",
        "tui.command.execute",
        "tui.prompt.append",
        "tui.session.select",
        "tui.toast.show",
        "vcs.branch.updated",
        "websearch.updated",
        "worktree.resolved",
        "worktree.updated",
    ]
}
