package import Support

/// What an event says, one case a type; the wire name is `type`, the body `data`.
///
/// The case of a type is its name in camel case: `session.text.delta` is `sessionTextDelta`.
package enum EventPayload: Sendable, Equatable {
    /// The list of agents changed.
    case agentUpdated(AgentUpdated)
    /// The list of commands changed.
    case commandUpdated(CommandUpdated)
    /// The configuration changed.
    case configUpdated(ConfigUpdated)
    /// Another credential is used.
    case credentialSwitched(CredentialSwitched)
    /// The stored credentials changed.
    case credentialUpdated(CredentialUpdated)
    /// A file of the workspace changed.
    case filesystemChanged(FilesystemChanged)
    /// Questions were withdrawn.
    case formCancelled(FormCancelled)
    /// Questions for the user are open.
    case formCreated(FormCreated)
    /// Questions were answered.
    case formReplied(FormReplied)
    /// A newer version can be had.
    case installationUpdateAvailable(InstallationUpdateAvailable)
    /// The program was updated.
    case installationUpdated(InstallationUpdated)
    /// The list of integrations changed.
    case integrationUpdated(IntegrationUpdated)
    /// The services of a directory stopped.
    case locationShutdown(LocationShutdown)
    /// The resources of an MCP server changed.
    case mcpResourcesChanged(McpResourcesChanged)
    /// An MCP server connected, failed or stopped.
    case mcpStatusChanged(McpStatusChanged)
    /// The tools of an MCP server changed. Ours.
    case mcpToolsChanged(McpToolsChanged)
    /// The list of models changed.
    case modelUpdated(ModelUpdated)
    /// The model catalogue was fetched again.
    case modelsDevRefreshed(ModelsDevRefreshed)
    /// Somebody must decide about a tool call.
    case permissionAsked(PermissionAsked)
    /// A request was decided.
    case permissionReplied(PermissionReplied)
    /// A saved approval was taken back. Ours.
    case permissionRevoked(PermissionRevoked)
    /// An approval was saved. Ours.
    case permissionSaved(PermissionSaved)
    /// A terminal of a session exists.
    case persistentPtyAdded(PersistentPtyAdded)
    /// A terminal of a session is gone.
    case persistentPtyRemoved(PersistentPtyRemoved)
    /// A plugin could not be loaded or failed. Ours.
    case pluginFailed(PluginFailed)
    /// A plugin is active. Ours.
    case pluginLoaded(PluginLoaded)
    /// The list of plugins changed.
    case pluginUpdated(PluginUpdated)
    /// What is known of a project changed.
    case projectUpdated(ProjectUpdated)
    /// The list of providers changed.
    case providerUpdated(ProviderUpdated)
    /// A terminal exists.
    case ptyCreated(PtyCreated)
    /// A terminal is gone.
    case ptyDeleted(PtyDeleted)
    /// The program of a terminal ended.
    case ptyExited(PtyExited)
    /// A terminal has another title or size.
    case ptyUpdated(PtyUpdated)
    /// The list of references changed.
    case referenceUpdated(ReferenceUpdated)
    /// A recurring job failed; it will run again. Ours.
    case schedulerJobFailed(SchedulerJobFailed)
    /// A recurring job ran. Ours.
    case schedulerJobFinished(SchedulerJobFinished)
    /// The first event of every stream.
    case serverConnected(ServerConnected)
    /// Events before this one are lost to this reader; it must read the state again. Ours.
    case serverGap(ServerGap)
    /// The stream is alive. Ours.
    case serverHeartbeat(ServerHeartbeat)
    /// The server stops; no event follows. Ours.
    case serverStopping(ServerStopping)
    /// A session has another agent from now on.
    case sessionAgentSelected(SessionAgentSelected)
    /// A session was put away.
    case sessionArchived(SessionArchived)
    /// More text of the summary. Not durable.
    case sessionCompactionDelta(SessionCompactionDelta)
    /// The summary stands for everything before it from now on.
    case sessionCompactionEnded(SessionCompactionEnded)
    /// There is no summary.
    case sessionCompactionFailed(SessionCompactionFailed)
    /// A summary of the conversation is being written.
    case sessionCompactionStarted(SessionCompactionStarted)
    /// A session exists.
    case sessionCreated(SessionCreated)
    /// A session and its messages are gone.
    case sessionDeleted(SessionDeleted)
    /// The work ended with an error.
    case sessionExecutionFailed(SessionExecutionFailed)
    /// The work was stopped.
    case sessionExecutionInterrupted(SessionExecutionInterrupted)
    /// Work on the delivered prompts began.
    case sessionExecutionStarted(SessionExecutionStarted)
    /// The work ended well. Exactly one of the three ends follows each start.
    case sessionExecutionSucceeded(SessionExecutionSucceeded)
    /// A session was made from another one.
    case sessionForked(SessionForked)
    /// A session has nothing to do.
    case sessionIdle(SessionIdle)
    /// A session came from a file or another home. Ours.
    case sessionImported(SessionImported)
    /// An item of the inbox was withdrawn.
    case sessionInboxCancelled(SessionInboxCancelled)
    /// An item of the inbox became a message of the running execution.
    case sessionInboxDelivered(SessionInboxDelivered)
    /// An item of the inbox will be taken up at another time.
    case sessionInboxDeliveryChanged(SessionInboxDeliveryChanged)
    /// A prompt or another request arrived; it is durable from here on.
    case sessionInboxEnqueued(SessionInboxEnqueued)
    /// The instructions changed in the middle of a session.
    case sessionInstructionsUpdated(SessionInstructionsUpdated)
    /// A message came in as a whole, by a fork or an import. Ours.
    case sessionMessageAdded(SessionMessageAdded)
    /// The parts of an assistant message were replaced.
    case sessionMessageContentUpdated(SessionMessageContentUpdated)
    /// The free data of a session was replaced.
    case sessionMetadataUpdated(SessionMetadataUpdated)
    /// A session has another model from now on.
    case sessionModelSelected(SessionModelSelected)
    /// A session works in another directory from now on.
    case sessionMoved(SessionMoved)
    /// The rules of a session were replaced.
    case sessionPermissionsChanged(SessionPermissionsChanged)
    /// More reasoning of an open part. Not durable: the end has all of it.
    case sessionReasoningDelta(SessionReasoningDelta)
    /// A reasoning part is complete.
    case sessionReasoningEnded(SessionReasoningEnded)
    /// The model begins to reason.
    case sessionReasoningStarted(SessionReasoningStarted)
    /// A session has another title.
    case sessionRenamed(SessionRenamed)
    /// A model request failed and will be made again.
    case sessionRetryScheduled(SessionRetryScheduled)
    /// A staged revert was taken back.
    case sessionRevertCleared(SessionRevertCleared)
    /// A staged revert is final: the messages are superseded, never erased.
    case sessionRevertCommitted(SessionRevertCommitted)
    /// Messages are hidden until the revert is cleared or committed.
    case sessionRevertStaged(SessionRevertStaged)
    /// A revert changed files of the workspace. Ours.
    case sessionReverted(SessionReverted)
    /// A session was published. Ours.
    case sessionShared(SessionShared)
    /// A command of the user ended.
    case sessionShellEnded(SessionShellEnded)
    /// The user runs a command in the session.
    case sessionShellStarted(SessionShellStarted)
    /// A skill was put into the conversation.
    case sessionSkillActivated(SessionSkillActivated)
    /// A session is busy, waits for a retry, or is idle.
    case sessionStatusChanged(SessionStatusChanged)
    /// The answer and its tools are done.
    case sessionStepEnded(SessionStepEnded)
    /// The request failed for good.
    case sessionStepFailed(SessionStepFailed)
    /// A model request is about to be made; an assistant message begins.
    case sessionStepStarted(SessionStepStarted)
    /// The last byte of the answer has arrived; tools may still run.
    case sessionStepStreamed(SessionStepStreamed)
    /// A program put text into the conversation.
    case sessionSynthetic(SessionSynthetic)
    /// More text of an open part. Not durable: the end has all of it.
    case sessionTextDelta(SessionTextDelta)
    /// A text part is complete.
    case sessionTextEnded(SessionTextEnded)
    /// The model begins a text part.
    case sessionTextStarted(SessionTextStarted)
    /// A tool is about to run.
    case sessionToolCalled(SessionToolCalled)
    /// A tool call failed, was denied or was interrupted.
    case sessionToolFailed(SessionToolFailed)
    /// More of the arguments. Not durable: the end has all of them.
    case sessionToolInputDelta(SessionToolInputDelta)
    /// The arguments are complete.
    case sessionToolInputEnded(SessionToolInputEnded)
    /// The model begins a tool call.
    case sessionToolInputStarted(SessionToolInputStarted)
    /// A running tool says how far it is. Not durable.
    case sessionToolProgress(SessionToolProgress)
    /// A tool call succeeded.
    case sessionToolSuccess(SessionToolSuccess)
    /// A session was taken back.
    case sessionUnarchived(SessionUnarchived)
    /// A revert of files was taken back. Ours.
    case sessionUnreverted(SessionUnreverted)
    /// The publication of a session was revoked. Ours.
    case sessionUnshared(SessionUnshared)
    /// A model request beside the conversation was paid for.
    case sessionUsageRecorded(SessionUsageRecorded)
    /// What a session has used by now.
    case sessionUsageUpdated(SessionUsageUpdated)
    /// A person has seen a session.
    case sessionViewed(SessionViewed)
    /// A background command exists.
    case shellCreated(ShellCreated)
    /// A background command is gone.
    case shellDeleted(ShellDeleted)
    /// A background command ended.
    case shellExited(ShellExited)
    /// The list of skills changed.
    case skillUpdated(SkillUpdated)
    /// Snapshots that nothing references were deleted. Ours.
    case snapshotCollected(SnapshotCollected)
    /// A snapshot exists. Ours.
    case snapshotCreated(SnapshotCreated)
    /// A snapshot was written back. Ours.
    case snapshotRestored(SnapshotRestored)
    /// A terminal interface is told to run one of its commands.
    case tuiCommandExecute(TUICommandExecute)
    /// A terminal interface is told to append to its prompt.
    case tuiPromptAppend(TUIPromptAppend)
    /// A terminal interface is told to show a session.
    case tuiSessionSelect(TUISessionSelect)
    /// A terminal interface is told to show a note.
    case tuiToastShow(TUIToastShow)
    /// Another branch is checked out.
    case vcsBranchUpdated(VcsBranchUpdated)
    /// The search providers changed.
    case websearchUpdated(WebsearchUpdated)
    /// A directory was found to be a work tree of a project.
    case worktreeResolved(WorktreeResolved)
    /// The work trees of a project changed.
    case worktreeUpdated(WorktreeUpdated)
    /// An event of a type that this version does not know; kept as it is.
    case unknown(type: String, data: JSON)
}
