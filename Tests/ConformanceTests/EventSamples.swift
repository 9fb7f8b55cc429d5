import Schema
import Support

/// Values of every event type.
enum EventSamples {
    static let all = sessionsAtoQFull + sessionsAtoQBare + sessionsRtoZFull + sessionsRtoZBare + othersFull + othersBare

    /// The payload as an event, with all envelope members when `isFull`.
    static func event(_ payload: EventPayload, isFull: Bool = true) -> Event {
        Event(
            id: "evt_01", created: 1_790_000_000_123, metadata: isFull ? ["trace": "t"] : nil,
            durable: payload.durableVersion.map { Durable(aggregateID: "ses_01", seq: 7, version: $0) },
            location: isFull ? LocationRef(directory: "/work", workspaceID: "wrk_1") : nil, payload: payload)
    }
}

/// Values that events and messages are made of.
enum Sample {
    static let model = ModelRef(id: "model-1", providerID: "anthropic", variant: "high")
    static let tokens = TokenUsage(input: 10, output: 20, reasoning: 5, cache: TokenCache(read: 100, write: 1))
    static let location = LocationRef(directory: "/work/repo", workspaceID: "wrk_1")
    static let error = StructuredError(
        type: "ProviderError", message: "The provider answered 429.", status: 429,
        response: ErrorResponse(body: "{\"error\":\"slow down\"}"), retryAfterMs: 1_500)
    static let rules = [
        PermissionRule(action: "bash", resource: "git *", effect: .allow),
        PermissionRule(action: "edit", resource: "*", effect: .deny),
        PermissionRule(action: "read", resource: "*.env", effect: .ask),
    ]
    static let diff = FileDiffInfo(file: "a.txt", patch: "--- a\n", additions: 1, deletions: 0, status: .modified)
    static let imported = SessionInfo(
        id: "ses_1", projectID: "projectID", cost: 0.25, tokens: tokens,
        time: SessionTime(created: 1_790_000_000_000, updated: 1_790_000_000_001),
        location: LocationPublicRef(directory: "/work/repo"))
    static let revert = SessionRevert(messageID: "msg_1", partID: "prt_1", snapshot: "snp_1", files: [diff])
    static let retrying = SessionStatus.retry(
        attempt: 2, message: "Too many requests.", next: 1_790_000_001_000,
        action: [
            "reason": "rate", "provider": "anthropic", "title": "Slow", "message": "Wait.", "label": "Open",
            "link": "https://example.com",
        ])
    static let mention = PromptMention(start: 0, end: 5, text: "@file")
    static let prompt = InboxUserPayload(
        text: "Fix it", files: files, agents: [PromptAgent(name: "explore", mention: mention)],
        skills: [PromptSkill(id: "skill", name: "Skill", text: "How to", mention: mention)], metadata: ["a": [1, 2]])
    static let files = [
        PromptFile(data: "text", mime: "text/plain", source: .inline),
        PromptFile(
            data: "data:image/png;base64,AA==", mime: "image/png", source: .uri("file:///a.png"), name: "a.png",
            description: "A picture", mention: mention),
    ]
    static let inboxItem = InboxItem.user(prompt, delivery: .queue)
    static let toolContent: [ToolContent] = [
        .text("done"), .file(uri: "data:image/png;base64,AA==", mime: "image/png", name: "a.png"),
        .file(uri: "file:///b", mime: "text/plain", name: nil),
    ]
    static let toolStates: [ToolState] = [
        .streaming(input: "{\"path\""), .running(input: ["path": "a"], metadata: [:]),
        .completed(input: [:], content: toolContent, metadata: ["exit": 0]),
        .completed(input: [:], content: [], metadata: nil),
        .error(input: [:], error: error, content: toolContent, metadata: ["a": nil]),
        .error(input: [:], error: error, content: nil, metadata: nil),
    ]
    static let content: [ContentItem] =
        [
            .text(TextItem(partID: "prt_1", text: "Hello", native: ["k": "v"])),
            .text(TextItem(partID: "prt_2", text: "")),
            .reasoning(
                ReasoningItem(
                    partID: "prt_3", text: "Hm", native: ["signature": "s"],
                    time: ReasoningTime(created: 1, completed: 2))),
            .reasoning(ReasoningItem(partID: "prt_4", text: "", time: ReasoningTime(created: 1))),
        ]
        + toolStates.enumerated().map { index, state in
            .tool(
                ToolItem(
                    partID: "prt_t\(index)", id: "call_\(index)", name: "read", executed: index == 0 ? true : nil,
                    native: index == 0 ? ["id": "x"] : nil, state: state,
                    time: ToolTime(created: 1, ran: index == 0 ? nil : 2, completed: index < 2 ? nil : 3)))
        }
    static let shell = ShellInfo(
        id: "sh_1", status: .killed, command: "make", cwd: "/work", shell: "/bin/sh", file: "/tmp/out", pid: 12,
        exit: 137, signal: "SIGKILL", metadata: ["a": 1], time: ShellInfoTime(started: 1, completed: 2))
    static let output = ShellOutput(output: "ok\n", cursor: 3, size: 3, truncated: false)
    static let pty = Pty(
        id: "pty_1", title: "bash", command: "bash", args: ["-l"], cwd: "/work", status: "exited", pid: 12, exitCode: 0)
    static let persistentPty: JSON = [
        "id": "pty_1", "title": "bash", "command": "bash", "args": [], "cwd": "/", "status": "running", "pid": 1,
        "sessionID": "ses_1", "foregroundProcess": nil, "size": ["cols": 80, "rows": 24],
        "output": ["head": 0, "tail": 10],
    ]
    static let form: JSON = [
        "id": "frm_1", "sessionID": "ses_1", "title": "Which?",
        "fields": [
            ["key": "color", "type": "string", "title": "Color?", "options": [["value": "red", "label": "Red"]]],
            ["key": "tags", "type": "multiselect", "options": [["value": "a", "label": "A"]], "custom": true],
        ],
    ]
}
