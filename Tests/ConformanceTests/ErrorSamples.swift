import Schema
import Support

/// An error of every tag of 2.1.
enum ErrorSamples {
    static let all: [TaggedError] = [
        .agentNotFound(agentID: "agentID", message: "message"),
        .commandExecution(command: "command", message: "message"),
        .commandNotFound(command: "command", message: "message"),
        .conflict(message: "message", resource: "resource"),
        .fileNotFound(path: "path", message: "message"),
        .forbidden(message: "message"),
        .formAlreadySettled(id: "id", message: "message"),
        .formInvalidAnswer(id: "id", message: "message"),
        .formNotFound(id: "id", message: "message"),
        .instructionEntryValueTooLarge(actualBytes: 5, maxBytes: 5, message: "message"),
        .integrationAttemptNotFound(integrationID: "integrationID", attemptID: "attemptID", message: "message"),
        .integrationMethodNotFound(integrationID: "integrationID", methodID: "methodID", message: "message"),
        .integrationNotFound(integrationID: "integrationID", message: "message"),
        .invalidCursor(message: "message"),
        .invalidRequest(message: "message", kind: "kind", field: "field"),
        .locationNotFound(location: Sample.location, message: "message"),
        .mcpServerNotFound(server: "server", message: "message"),
        .messageNotFound(sessionID: "sessionID", messageID: "messageID", message: "message"),
        .permissionNotFound(requestID: "requestID", message: "message"),
        .permissionSavedNotFound(id: "id", message: "message"),
        .projectNotFound(projectID: "projectID", message: "message"),
        .providerNotFound(providerID: "providerID", message: "message"),
        .ptyNotFound(ptyID: "ptyID", message: "message"),
        .rpc(type: "type", message: "message", data: ["a": 1]),
        .rpcInternal(type: "rpc.internal", message: "message", data: ["a": 1]),
        .serviceUnavailable(message: "message", service: "service"),
        .sessionBusy(sessionID: "sessionID", message: "message"),
        .sessionNotFound(sessionID: "sessionID", message: "message"),
        .shellNotFound(id: "id", message: "message"),
        .skillNotFound(skill: "skill", message: "message"),
        .unauthorized(message: "message"),
        .unknownError(message: "message", ref: "ref"),
        .vcsInitNotSupported(providerID: "providerID", message: "message"),
        .worktree(message: "message", forceRequired: true),
    ]
}
