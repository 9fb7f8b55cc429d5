import Schema
import Support

extension EventSamples {
    /// Events of sessions from `session.r`, every member set.
    static let sessionsRtoZFull: [EventPayload] = [
        .sessionRenamed(.init(sessionID: "sessionID", title: "title")),
        .sessionUnarchived(.init(sessionID: "sessionID")),
        .sessionViewed(.init(sessionID: "sessionID", idle: 1_790_000_000_000)),
        .sessionRevertStaged(.init(sessionID: "sessionID", revert: Sample.revert)),
        .sessionRevertCleared(.init(sessionID: "sessionID")),
        .sessionRevertCommitted(.init(sessionID: "sessionID", to: "to")),
        .sessionReverted(.init(sessionID: "sessionID", to: "to", partID: "partID", files: [Sample.diff])),
        .sessionUnreverted(.init(sessionID: "sessionID", files: [Sample.diff])),
        .sessionShared(.init(sessionID: "sessionID", url: "url")),
        .sessionUnshared(.init(sessionID: "sessionID")),
        .sessionMessageAdded(
            .init(
                sessionID: "sessionID",
                message: .user(.init(id: "msg_1", time: .init(created: 1_790_000_000_000), text: "text")),
                superseded: true, supersededFrom: "partID")),
        .sessionImported(
            .init(sessionID: "sessionID", format: "codex", originalID: "originalID", info: Sample.imported)),
        .sessionRetryScheduled(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", attempt: 3, at: 1_790_000_000_000,
                error: Sample.error)),
        .sessionStatusChanged(.init(sessionID: "sessionID", status: Sample.retrying)),
        .sessionUsageRecorded(.init(sessionID: "sessionID", source: .title, cost: 0.25, tokens: Sample.tokens)),
        .sessionUsageUpdated(.init(sessionID: "sessionID", cost: 0.25, tokens: Sample.tokens)),
        .sessionStepStarted(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", agent: "agent",
                model: Sample.model, snapshot: "snapshot", started: 1_790_000_000_000)),
        .sessionStepStreamed(.init(sessionID: "sessionID", assistantMessageID: "assistantMessageID")),
        .sessionStepEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", finish: .contentFilter,
                rawFinish: "rawFinish", native: ["a": 1], cost: 0.25, tokens: Sample.tokens, snapshot: "snapshot",
                files: ["one", "two"])),
        .sessionStepFailed(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", error: Sample.error,
                finish: .contentFilter, rawFinish: "rawFinish", native: ["a": 1], cost: 0.25, tokens: Sample.tokens,
                snapshot: "snapshot", files: ["one", "two"])),
        .sessionTextStarted(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, partID: "partID")),
        .sessionTextDelta(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, delta: "delta",
                partID: "partID")),
        .sessionTextEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, text: "text",
                native: ["a": 1], partID: "partID")),
        .sessionReasoningStarted(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, native: ["a": 1],
                partID: "partID")),
        .sessionReasoningDelta(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, delta: "delta",
                partID: "partID")),
        .sessionReasoningEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, text: "text",
                native: ["a": 1], partID: "partID")),
        .sessionToolInputStarted(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", name: "name",
                partID: "partID")),
        .sessionToolInputDelta(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", delta: "delta")),
        .sessionToolInputEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", text: "text",
                partID: "partID")),
        .sessionToolCalled(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", input: ["a": 1],
                executed: false, native: ["a": 1], partID: "partID")),
        .sessionToolProgress(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", metadata: ["a": 1])),
        .sessionToolSuccess(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id",
                content: Sample.toolContent, metadata: ["a": 1], executed: false, native: ["a": 1])),
        .sessionToolFailed(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", error: Sample.error,
                content: Sample.toolContent, metadata: ["a": 1], executed: false, native: ["a": 1])),
        .sessionSynthetic(
            .init(
                sessionID: "sessionID", text: "text", description: "description", metadata: ["a": 1])),
        .sessionSkillActivated(.init(sessionID: "sessionID", id: "id", name: "name", text: "text")),
        .sessionShellStarted(.init(sessionID: "sessionID", shell: Sample.shell)),
        .sessionShellEnded(.init(sessionID: "sessionID", shell: Sample.shell, output: Sample.output)),
    ]

    /// Events of sessions from `session.r`, optional members left out.
    static let sessionsRtoZBare: [EventPayload] = [
        .sessionMessageAdded(.init(sessionID: "sessionID", message: .unknown(["type": "later", "id": "msg_1"]))),
        .sessionImported(.init(sessionID: "sessionID", format: "codex", info: Sample.imported)),
        .sessionReverted(.init(sessionID: "sessionID", to: "to")),
        .sessionUnreverted(.init(sessionID: "sessionID")),
        .sessionStepStarted(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", agent: "agent",
                model: Sample.model, started: 1_790_000_000_000)),
        .sessionStepEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", finish: .contentFilter, cost: 0.25,
                tokens: Sample.tokens)),
        .sessionStepFailed(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", error: Sample.error)),
        .sessionTextStarted(.init(sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3)),
        .sessionTextDelta(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, delta: "delta")),
        .sessionTextEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, text: "text")),
        .sessionReasoningStarted(.init(sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3)),
        .sessionReasoningDelta(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, delta: "delta")),
        .sessionReasoningEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", ordinal: 3, text: "text")),
        .sessionToolInputStarted(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", name: "name")),
        .sessionToolInputEnded(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", text: "text")),
        .sessionToolCalled(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", input: ["a": 1],
                executed: false)),
        .sessionToolSuccess(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id",
                content: Sample.toolContent, executed: false)),
        .sessionToolFailed(
            .init(
                sessionID: "sessionID", assistantMessageID: "assistantMessageID", id: "id", error: Sample.error,
                executed: false)),
        .sessionSynthetic(.init(sessionID: "sessionID", text: "text")),
    ]
}
