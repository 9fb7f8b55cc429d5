import Schema
import Support

extension EventSamples {
    /// Events of sessions up to `session.q`, every member set.
    static let sessionsAtoQFull: [EventPayload] = [
        .sessionCreated(
            .init(
                sessionID: "sessionID", projectID: "projectID", location: Sample.location, subpath: "subpath",
                parentID: "parentID", slug: "slug", title: "title", agent: "agent", model: Sample.model,
                metadata: ["a": 1], permissions: Sample.rules, version: "version")),
        .sessionArchived(.init(sessionID: "sessionID")),
        .sessionDeleted(.init(sessionID: "sessionID")),
        .sessionMoved(
            .init(
                sessionID: "sessionID", location: Sample.location, projectID: "projectID", subpath: "subpath")),
        .sessionMetadataUpdated(.init(sessionID: "sessionID", metadata: ["a": 1])),
        .sessionPermissionsChanged(.init(sessionID: "sessionID", permissions: Sample.rules)),
        .sessionAgentSelected(.init(sessionID: "sessionID", agent: "agent", previous: "previous")),
        .sessionModelSelected(.init(sessionID: "sessionID", model: Sample.model, previous: Sample.model)),
        .sessionForked(
            .init(
                sessionID: "sessionID", parentID: "parentID", boundary: .before(messageID: "msg_1"),
                instructions: ["a": 1], instructionEntries: [.init(key: "k", value: "v", removed: false)])),
        .sessionInboxEnqueued(.init(sessionID: "sessionID", inboxID: "inboxID", item: Sample.inboxItem)),
        .sessionInboxDelivered(.init(sessionID: "sessionID", inboxID: "inboxID")),
        .sessionInboxCancelled(.init(sessionID: "sessionID", inboxID: "inboxID")),
        .sessionInboxDeliveryChanged(.init(sessionID: "sessionID", inboxID: "inboxID", delivery: .steer)),
        .sessionExecutionStarted(.init(sessionID: "sessionID")),
        .sessionExecutionSucceeded(.init(sessionID: "sessionID")),
        .sessionExecutionFailed(.init(sessionID: "sessionID", error: Sample.error)),
        .sessionExecutionInterrupted(.init(sessionID: "sessionID", reason: .user)),
        .sessionIdle(.init(sessionID: "sessionID")),
        .sessionCompactionStarted(.init(sessionID: "sessionID", reason: .manual, inputID: "inputID")),
        .sessionCompactionDelta(.init(sessionID: "sessionID", text: "text")),
        .sessionCompactionEnded(
            .init(
                sessionID: "sessionID", reason: .manual, model: Sample.model, native: ["a": 1], text: "text",
                cost: 0.25, tokens: Sample.tokens)),
        .sessionCompactionFailed(
            .init(
                sessionID: "sessionID", reason: .manual, error: Sample.error, inputID: "inputID", cost: 0.25,
                tokens: Sample.tokens)),
        .sessionMessageContentUpdated(.init(sessionID: "sessionID", messageID: "messageID", content: Sample.content)),
        .sessionInstructionsUpdated(.init(sessionID: "sessionID", delta: ["AGENTS.md": "removed"], text: "text")),
    ]

    /// Events of sessions up to `session.q`, optional members left out.
    static let sessionsAtoQBare: [EventPayload] = [
        .sessionCreated(
            .init(
                sessionID: "sessionID", projectID: "projectID", location: Sample.location, slug: "slug",
                version: "version")),
        .sessionMoved(.init(sessionID: "sessionID", location: Sample.location, projectID: "projectID")),
        .sessionAgentSelected(.init(sessionID: "sessionID", agent: "agent")),
        .sessionModelSelected(.init(sessionID: "sessionID", model: Sample.model)),
        .sessionForked(.init(sessionID: "sessionID", parentID: "parentID", boundary: .before(messageID: "msg_1"))),
        .sessionCompactionStarted(.init(sessionID: "sessionID", reason: .manual)),
        .sessionCompactionEnded(.init(sessionID: "sessionID", reason: .manual, text: "text")),
        .sessionCompactionFailed(.init(sessionID: "sessionID", reason: .manual, error: Sample.error)),
        .sessionInstructionsUpdated(.init(sessionID: "sessionID", delta: ["AGENTS.md": "removed"])),
    ]
}
