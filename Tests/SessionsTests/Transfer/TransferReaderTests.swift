import Schema
import Sessions
import Support
import Testing

@Suite("Reading sessions of other programs")
struct TransferReaderTests {
    private func tools(_ document: TransferDocument) -> [ToolItem] {
        document.session.messages.flatMap { entry -> [ToolItem] in
            guard case .assistant(let message) = entry.message else { return [] }
            return message.content.compactMap { if case .tool(let item) = $0 { item } else { nil } }
        }
    }

    private func texts(_ document: TransferDocument) -> [String] {
        document.session.messages.flatMap { entry -> [String] in
            switch entry.message {
            case .user(let message): return ["user: \(message.text)"]
            case .synthetic(let message): return ["synthetic: \(message.text)"]
            case .system(let message): return ["system: \(message.text)"]
            case .assistant(let message):
                return message.content.compactMap { item in
                    switch item {
                    case .text(let text): "text: \(text.text)"
                    case .reasoning(let text): "reasoning: \(text.text)"
                    case .tool(let tool): "tool: \(tool.name)"
                    case .unknown(let json): "unknown: \(json["type"]?.stringValue ?? "")"
                    }
                }
            default: return [entry.message.type]
            }
        }
    }

    @Test(
        "An OpenCode 1.x export keeps prompts, files, answers, reasoning, calls and types it does not know",
        arguments: [1, 7, 1_000_000])
    func opencode1(pieces: Int) throws {
        let document = try TransferSamples.read(
            String(decoding: TransferSamples.opencode1.bytes(.pretty), as: UTF8.self), pieces: pieces)
        #expect(document.format == .opencode1)
        #expect(document.session.info.title == "Old one")
        #expect(document.session.info.cost == 0.25)
        #expect(document.session.info.tokens.cache.write == 4)
        #expect(document.session.info.time.created == 1_700_000_000_000)
        #expect(
            texts(document) == [
                "user: Fix it", "synthetic: Called the Read tool", "reasoning: Hm", "tool: bash", "tool: read",
                "text: Done.", "unknown: hologram",
            ])
        guard case .user(let user)? = document.session.messages.first?.message else {
            Issue.record("no prompt")
            return
        }
        #expect(user.files?.first?.data == "AAAA")
        #expect(tools(document).first?.time.completed == 1_700_000_003_000)
    }

    @Test("A share of OpenCode 1.x is a list whose last entry of an id counts")
    func opencodeShare() throws {
        var list: [JSON] = [["type": "session", "data": TransferSamples.opencode1["info"] ?? .null]]
        for message in TransferSamples.opencode1["messages"]?.arrayValue ?? [] {
            list.append(["type": "message", "data": message["info"] ?? .null])
            for part in message["parts"]?.arrayValue ?? [] {
                var data = part
                data["messageID"] = message["info"]?["id"] ?? .null
                var old = data
                if part["id"] == "prt_8" {
                    old["text"] = "Do"
                    list.append(["type": "part", "data": old])
                }
                list.append(["type": "part", "data": data])
            }
        }
        list.append(["type": "session_diff", "data": []])
        let document = try TransferSamples.read(JSON.array(list).text())
        #expect(document.format == .opencode1)
        #expect(texts(document).contains("text: Done."))
        #expect(!texts(document).contains("text: Do"))
    }

    @Test("A transcript of Claude Code joins the lines of an answer and gives calls their results")
    func claude() throws {
        for pieces in [1, 13, 100_000] {
            let document = try TransferSamples.read(TransferSamples.claude, pieces: pieces)
            #expect(document.format == .claudeCode)
            #expect(document.session.info.title == "A fine day")
            #expect(document.session.info.model == ModelRef(id: "claude-opus-4", providerID: "anthropic"))
            #expect(
                texts(document) == [
                    "user: List files", "reasoning: Let me see", "tool: Bash", "text: There is a.txt.",
                ])
            #expect(document.session.messages.count == 3)
            #expect(document.session.info.time.created == 1_767_323_045_678)
            #expect(document.session.info.tokens.output == 11)
            guard case .completed(_, let content, _)? = tools(document).first?.state else {
                Issue.record("the call has no result")
                return
            }
            #expect(content == [.text("a.txt")])
            #expect(document.warnings.count == 1, "the line of the subagent is told")
        }
    }

    @Test("A rollout of Codex gives one answer a request; a line cut by a crash is left out and told")
    func codex() throws {
        let document = try TransferSamples.read(TransferSamples.codex)
        #expect(document.format == .codex)
        #expect(
            texts(document) == [
                "synthetic: <environment_context>x</environment_context>", "user: Count files", "reasoning: Counting",
                "tool: shell", "text: One file.",
            ])
        #expect(document.session.info.model == ModelRef(id: "gpt-5-codex", providerID: "openai"))
        #expect(
            document.session.info.tokens
                == TokenUsage(input: 60, output: 20, reasoning: 10, cache: TokenCache(read: 40, write: 0)))
        #expect(document.warnings.contains { $0.contains("Line 11") }, "\(document.warnings)")
    }

    @Test("A session of codetether 0.1.5 keeps its calls and results")
    func codetether01() throws {
        let document = try TransferSamples.read(TransferSamples.codetether01.text(.pretty))
        #expect(document.format == .codetether01)
        #expect(
            texts(document) == [
                "system: You are an agent.", "user: Write a", "text: I will.", "tool: write", "text: Written.",
            ])
        #expect(document.session.info.model == ModelRef(id: "kimi-k2.5", providerID: "moonshotai"))
        #expect(document.session.info.time.updated == 1_767_323_105_500)
    }

    @Test(
        "What is no session is refused with the place of the fault",
        arguments: [
            ("", "$"), ("   \n\n", "$"), ("hello", "$"), ("[]", "$"), ("42", "$"), ("{}", "$"),
            ("{\"info\":{},\"messages\":[]}", "$.info"), ("{\"messages\":[]}", "$"),
            ("[{\"type\":\"part\"}]", "$[0]"), ("{\"a\":1}\n{\"b\":2}\n", "$"),
        ])
    func faults(text: String, path: String) {
        let error = #expect(throws: TransferError.self) { try TransferSamples.read(text) }
        #expect(error?.kind == .malformed)
        #expect(error?.path == path, "\(error?.message ?? "")")
    }

    @Test("A wrong member of a message is named by its JSON path")
    func paths() throws {
        let info: JSON = [
            "id": "ses_1", "projectID": "p", "cost": 0,
            "tokens": ["input": 0, "output": 0, "reasoning": 0, "cache": ["read": 0, "write": 0]],
            "time": ["created": 1, "updated": 1], "location": ["directory": "/x"],
        ]
        let good: JSON = ["id": "msg_1", "type": "user", "time": ["created": 1], "text": "Hi"]
        let bad: JSON = ["id": "msg_2", "type": "user", "time": ["created": "now"], "text": "Hi"]
        let document: JSON = ["info": info, "messages": [good, bad]]
        var error = #expect(throws: TransferError.self) { try TransferSamples.read(document.text()) }
        #expect(error?.path == "$.messages[1].time.created")
        let lines = [info, good, bad].map { $0.text() + "\n" }.joined()
        error = #expect(throws: TransferError.self) { try TransferSamples.read(lines) }
        #expect(error?.path == "$.messages[1].time.created")
        #expect(error?.message.contains("line 3") == true)
        let twice: JSON = ["info": info, "messages": [good, good]]
        error = #expect(throws: TransferError.self) { try TransferSamples.read(twice.text()) }
        #expect(error?.path == "$.messages[1].id")
        #expect(try TransferSamples.read(([info, good].map { $0.text() + "\n" }).joined()).format == .opencode)
    }

    @Test("More bytes than the limit are refused before they are held")
    func limit() {
        var reader = TransferReader(limit: 100)
        let error = #expect(throws: TransferError.self) { try reader.push(Array(repeating: 0x20, count: 101)) }
        #expect(error?.kind == .tooLarge)
    }
}
