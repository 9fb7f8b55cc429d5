import Schema
import Support

extension EventSamples {
    /// Events of everything but sessions, every member set.
    static let othersFull: [EventPayload] = [
        .permissionAsked(
            .init(
                id: "id", sessionID: "sessionID", action: "action", resources: ["one", "two"], save: ["one", "two"],
                metadata: ["a": 1], source: .init(messageID: "msg_1", id: "call_1"), message: "message")),
        .permissionReplied(.init(sessionID: "sessionID", requestID: "requestID", reply: .always)),
        .permissionSaved(
            .init(
                id: "id", scope: "scope", projectID: "projectID", action: "action", resource: "resource")),
        .permissionRevoked(.init(id: "id")),
        .formCreated(.init(form: Sample.form)),
        .formReplied(.init(id: "id", sessionID: "sessionID", answer: ["color": "red", "count": 2, "tags": ["a"]])),
        .formCancelled(.init(id: "id", sessionID: "sessionID")),
        .ptyCreated(.init(info: Sample.pty)),
        .ptyUpdated(.init(info: Sample.pty)),
        .ptyExited(.init(id: "id", exitCode: 3)),
        .ptyDeleted(.init(id: "id")),
        .persistentPtyAdded(.init(sessionID: "sessionID", terminal: Sample.persistentPty)),
        .persistentPtyRemoved(.init(sessionID: "sessionID", ptyID: "ptyID")),
        .shellCreated(.init(info: Sample.shell)),
        .shellExited(.init(id: "id", exit: 3, status: .exited)),
        .shellDeleted(.init(id: "id")),
        .filesystemChanged(.init(file: "file", event: .change)),
        .vcsBranchUpdated(.init(branch: "branch")),
        .projectUpdated(
            .init(
                id: "id", canonical: "canonical", vcs: "vcs", name: "name", icon: ["color": "blue"],
                commands: ["start": "make"], time: .init(created: 1, updated: 2, active: 3, archived: 4),
                sandboxes: ["one", "two"])),
        .worktreeUpdated(.init(projectID: "projectID")),
        .worktreeResolved(
            .init(
                projectID: "projectID", directory: "directory", previous: "previous", adopted: ["one", "two"])),
        .locationShutdown(.init()),
        .agentUpdated(.init()),
        .commandUpdated(.init()),
        .configUpdated(.init()),
        .credentialUpdated(.init()),
        .credentialSwitched(.init(integrationID: "integrationID", credentialID: "credentialID")),
        .installationUpdated(.init(version: "version")),
        .installationUpdateAvailable(.init(version: "version")),
        .integrationUpdated(.init()),
        .modelUpdated(.init()),
        .modelsDevRefreshed(.init()),
        .providerUpdated(.init()),
        .referenceUpdated(.init()),
        .skillUpdated(.init()),
        .websearchUpdated(.init()),
        .pluginUpdated(.init()),
        .pluginLoaded(.init(id: "id", version: "version")),
        .pluginFailed(.init(id: "id", error: Sample.error)),
        .serverConnected(.init()),
        .serverHeartbeat(.init()),
        .serverGap(.init(after: "after", reason: "reason")),
        .serverStopping(.init(reason: "reason")),
        .mcpStatusChanged(.init(server: "server")),
        .mcpResourcesChanged(.init(server: "server")),
        .mcpToolsChanged(
            .init(
                server: "server", added: ["one", "two"], removed: ["one", "two"], changed: ["one", "two"])),
        .snapshotCreated(.init(id: "id", sessionID: "sessionID", directory: "directory")),
        .snapshotRestored(.init(id: "id", sessionID: "sessionID", directory: "directory", files: ["one", "two"])),
        .snapshotCollected(.init(directory: "directory", removed: 3, bytes: 1_790_000_000_000)),
        .schedulerJobFinished(.init(id: "id", durationMs: 1_790_000_000_000)),
        .schedulerJobFailed(.init(id: "id", durationMs: 1_790_000_000_000, error: Sample.error)),
        .tuiCommandExecute(.init(command: "command")),
        .tuiPromptAppend(.init(text: "text")),
        .tuiSessionSelect(.init(sessionID: "sessionID")),
        .tuiToastShow(.init(title: "title", message: "message", variant: .warning, duration: 3)),
    ]

    /// Events of everything but sessions, optional members left out.
    static let othersBare: [EventPayload] = [
        .permissionAsked(.init(id: "id", sessionID: "sessionID", action: "action", resources: ["one", "two"])),
        .permissionSaved(.init(id: "id", scope: "scope", action: "action", resource: "resource")),
        .shellExited(.init(id: "id", status: .exited)),
        .vcsBranchUpdated(.init()),
        .projectUpdated(
            .init(
                id: "id", canonical: "canonical", time: .init(created: 1, updated: 2, active: 3, archived: 4),
                sandboxes: ["one", "two"])),
        .worktreeResolved(.init(projectID: "projectID", directory: "directory", previous: "previous")),
        .credentialSwitched(.init(integrationID: "integrationID")),
        .pluginLoaded(.init(id: "id")),
        .serverGap(.init(reason: "reason")),
        .serverStopping(.init()),
        .snapshotCreated(.init(id: "id", directory: "directory")),
        .snapshotRestored(.init(id: "id", directory: "directory", files: ["one", "two"])),
        .snapshotCollected(.init(removed: 3, bytes: 1_790_000_000_000)),
        .tuiToastShow(.init(message: "message", variant: .warning)),
    ]
}
