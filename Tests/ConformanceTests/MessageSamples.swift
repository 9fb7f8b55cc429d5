import Schema
import Support

/// Values of every message type, with all members and with only those that must be there.
enum MessageSamples {
    private static let time = MessageTime(created: 1_790_000_000_000)
    private static let data: JSON = ["client": "test"]

    static let all: [SessionMessage] = assistants + people + programs + changes

    private static let assistants: [SessionMessage] = [
        .assistant(
            AssistantMessage(
                id: "msg_a", metadata: data, time: AssistantTime(created: 1, streamed: 2, completed: 3), agent: "build",
                model: Sample.model, content: Sample.content,
                snapshot: AssistantSnapshot(start: "snp_1", end: "snp_2", files: ["a.txt"]), finish: .toolCalls,
                rawFinish: "tool_use", native: ["id": "resp_1"], cost: 0.5, tokens: Sample.tokens, error: Sample.error,
                retry: AssistantRetry(attempt: 1, at: 5, error: Sample.error))),
        .assistant(
            AssistantMessage(
                id: "msg_b", time: AssistantTime(created: 1), agent: "plan",
                model: ModelRef(id: "m", providerID: "p"), content: [])),
    ]

    private static let people: [SessionMessage] = [
        .user(
            UserMessage(
                id: "msg_c", metadata: data, time: time, text: "Hi", files: Sample.files,
                agents: [PromptAgent(name: "explore")], skills: [PromptSkill(id: "s", name: "S")])),
        .user(UserMessage(id: "msg_d", time: time, text: "")),
        .shell(
            ShellMessage(
                id: "msg_e", metadata: data, time: ShellMessageTime(created: 1, completed: 2), shellID: "sh_1",
                command: "ls", status: .exited, exit: 0, output: Sample.output)),
        .shell(
            ShellMessage(
                id: "msg_f", time: ShellMessageTime(created: 1), shellID: "sh_1", command: "ls", status: .running)),
    ]

    private static let programs: [SessionMessage] = [
        .synthetic(SyntheticMessage(id: "msg_g", metadata: data, time: time, text: "t", description: "d")),
        .synthetic(SyntheticMessage(id: "msg_h", time: time, text: "t")),
        .system(SystemMessage(id: "msg_i", metadata: data, time: time, text: "t", description: "d")),
        .system(SystemMessage(id: "msg_j", time: time, text: "t")),
        .skill(SkillMessage(id: "msg_k", metadata: data, time: time, skill: "s", name: "S", text: "t")),
        .compaction(
            CompactionMessage(id: "msg_l", time: time, status: .running, reason: .auto, summary: "So far")),
        .compaction(
            CompactionMessage(
                id: "msg_m", time: time, status: .completed, reason: .manual, model: Sample.model,
                native: ["k": 1], summary: "All", cost: 0.5, tokens: Sample.tokens)),
        .compaction(
            CompactionMessage(
                id: "msg_n", time: time, status: .failed, reason: .auto, error: Sample.error, cost: 0.25,
                tokens: Sample.tokens)),
    ]

    private static let changes: [SessionMessage] = [
        .agentSwitched(AgentSwitchedMessage(id: "msg_o", metadata: data, time: time, agent: "plan", previous: "build")),
        .agentSwitched(AgentSwitchedMessage(id: "msg_p", time: time, agent: "plan")),
        .modelSwitched(
            ModelSwitchedMessage(id: "msg_q", metadata: data, time: time, model: Sample.model, previous: Sample.model)),
        .modelSwitched(ModelSwitchedMessage(id: "msg_r", time: time, model: Sample.model)),
        .locationSwitched(
            LocationSwitchedMessage(
                id: "msg_s", metadata: data, time: time, projectID: "prj", subpath: "sub",
                location: LocationPublicRef(directory: "/b"),
                previous: PreviousLocation(
                    location: LocationPublicRef(directory: "/a"), projectID: "prj", subpath: "x"))),
        .locationSwitched(
            LocationSwitchedMessage(id: "msg_t", time: time, location: LocationPublicRef(directory: "/b"))),
        .idle(IdleMessage(id: "msg_u", metadata: data, time: time, outcome: .failed, error: Sample.error)),
        .idle(IdleMessage(id: "msg_v", time: time, outcome: .succeeded)),
    ]
}
