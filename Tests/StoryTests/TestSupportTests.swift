import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("The test machinery itself can fail")
struct TestSupportTests {
    private func child(_ script: String) -> ChildOptions {
        ChildOptions("/bin/sh", ["-c", script], directory: "/tmp", environment: ["PATH": "/usr/bin:/bin", "A": "b"])
    }

    @Test("A child's outputs, environment, folder and code are told apart")
    func childBasics() async throws {
        let result = try await ChildProcess.run(child("pwd; echo $A >&2; cat; exit 7"))
        #expect(result.out == "/tmp\n")
        #expect(result.err == "b\n")
        #expect(result.code == 7)
        var options = child("cat")
        options.input = .bytes(Array(repeating: 0x78, count: 200_000))
        #expect(try await ChildProcess.run(options).stdout.count == 200_000)
    }

    @Test("A child that takes too long is killed and reported")
    func childTimeout() async throws {
        var options = child("echo begun; sleep 300")
        options.timeout = .milliseconds(300)
        let result = try await ChildProcess.run(options)
        #expect(result.timedOut && result.status == .signaled(SIGKILL))
        #expect(result.out == "begun\n")
    }

    @Test("Signals reach a child and its end by a signal is seen")
    func childSignal() async throws {
        let result = try await ChildProcess.with(
            child("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.02; done")
        ) {
            #expect(await $0.waitForOutput("ready"))
            $0.send(SIGINT)
            return try await $0.finish()
        }
        #expect(result.code == 5 && result.out.contains("caught"))
    }

    @Test("A terminal is one: the child sees its size and reads what is typed")
    func childTerminal() async throws {
        var options = child("test -t 0 && test -t 1 && stty size; read line; echo \"got $line\"")
        options.terminal = .init()
        let result = try await ChildProcess.with(options) {
            #expect(await $0.waitForOutput("24 80"))
            await $0.write("typed\n".utf8)
            return try await $0.finish()
        }
        #expect(result.out.contains("got typed"), "\(result.story)")
        #expect(result.code == 0)
    }

    @Test("The event-stream frames carry right lengths and checksums")
    func eventStream() {
        #expect(EventStreamEncoder.crc32(Array("123456789".utf8)) == 0xcbf4_3926)
        let frame = EventStreamEncoder.frame(event: "messageStart", payload: Array("{}".utf8))
        #expect(Int(frame[2]) * 256 + Int(frame[3]) == frame.count)
    }

    @Test("A manual clock wakes sleepers in the order of their times, and only when it passes them")
    func manualClock() async throws {
        let time = TestTime()
        let log = Watchable([String]())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (name, seconds) in [("late", 20), ("early", 10)] {
                group.addTask {
                    try await time.sleep(for: .seconds(seconds))
                    log.change { $0.append(name) }
                }
            }
            #expect(await time.waitForSleepers(2))
            time.advance(by: .seconds(9))
            #expect(log.state.isEmpty)
            time.advance(by: .seconds(1))
            #expect(await log.wait { $0 == ["early"] })
            time.advance(by: .seconds(10))
            try await group.waitForAll()
        }
        #expect(log.state == ["early", "late"])
        #expect(Set(time.slept) == [.seconds(20), .seconds(10)])
    }

    @Test("A sleeper that is cancelled wakes with CancellationError")
    func cancelledSleeper() async {
        let time = TestTime()
        let task = Task { try await time.sleep(for: .seconds(5)) }
        #expect(await time.waitForSleepers())
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("Test ids are valid, unique and the same every time")
    func ids() {
        let ids = TestIDs()
        #expect(ids.next(.session) == "ses_00000000000000000000000001")
        #expect(ids.next(.message) == "msg_00000000000000000000000002")
    }

    @Test("Using an unmocked clock or id source is an issue")
    func trapping() {
        withKnownIssue { _ = UnmockedTime().nowMs() }
        withKnownIssue { _ = UnmockedIDs().next(.session) }
    }

    @Test("A golden difference names the line")
    func golden() {
        #expect(Golden.firstDifference(expected: "a\nb\n", actual: "a\nb\n") == nil)
        #expect(Golden.firstDifference(expected: "a\nb\n", actual: "a\nc\n") == "line 2 is “c”, expected “b”.")
        #expect(Golden.firstDifference(expected: "a", actual: "a\nb") == "line 2 is “b”, expected not there.")
    }

    @Test("A cassette plays its bytes back and one with a key in it is reported")
    func cassette() throws {
        let text =
            #"""
            [{"request":{"path":"/v1/x","body":{}},"response":{"status":200,"headers":{"Set-Cookie":"a"},
            "body":"data: sk-ant-1\n\n"}}]
            """#
        let cassette = try Cassette(parsing: Array(text.utf8), name: "inline")
        #expect(cassette.turns.count == 1)
        #expect(cassette.problems.count == 2)
        #expect(throws: TestSupportError.self) { try Cassette(parsing: Array("{}".utf8), name: "inline") }
    }

    /// Posts a body to the server as a client would and returns the answer.
    private func post(_ server: ScriptedModelServer, _ path: String, _ body: String, key: String = "k") async throws
        -> String
    {
        let request = [
            "curl", "-sS", "-i", "-m", "120", "-H", "authorization: Bearer \(key)", "-H",
            "content-type: application/json",
            "--data-binary", "@-", "http://127.0.0.1:\(server.port)\(path)",
        ]
        var options = ChildOptions(
            "/usr/bin/env", request, directory: "/tmp", environment: ["PATH": "/usr/bin:/bin"])
        options.input = .bytes(Array(body.utf8))
        return try await ChildProcess.run(options).out
    }

    private static let goodTools =
        #"""
        "tools":[{"type":"function","function":{"name":"read","description":"Reads.",
        "parameters":{"type":"object","properties":{"filePath":{"type":"string"}},
        "required":["filePath"]}}}]
        """#

    @Test("A right request is answered from the script and leaves no violation")
    func cleanRequest() async throws {
        try await ScriptedModelServer.withServer([.text("Hello", " there")], canary: "k") { server in
            let answer = try await post(
                server, "/openai/v1/chat/completions",
                #"""
                {"model":"m","stream":true,"messages":[{"role":"system","content":"s"},{"role":"user",
                "content":"u"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1",
                "type":"function","function":{"name":"read","arguments":"{}"}}]},{"role":"tool",
                "tool_call_id":"c1","content":"r"}],\#(Self.goodTools)}
                """#
            )
            #expect(answer.contains("200 OK") && answer.contains(" there") && answer.contains("[DONE]"), "\(answer)")
            #expect(server.requests.first?.toolResults.first?.text == "r")
        }
    }

    @Test(
        "What a strict provider refuses is a violation",
        arguments: [
            (#"[{"role":"user","content":"u"},{"role":"tool","tool_call_id":"c1","content":"r"}]"#, "answers no call"),
            (
                #"""
                [{"role":"user","content":"u"},{"role":"assistant","tool_calls":[{"id":"c1",
                "type":"function","function":{"name":"read","arguments":"{}"}}]},{"role":"user",
                "content":"v"}]
                """#,
                "has no result"
            ),
            (
                #"""
                [{"role":"user","content":"u"},{"role":"assistant","tool_calls":[{"id":"","type":"function",
                "function":{"name":"read","arguments":"{"}}]},{"role":"tool","tool_call_id":"",
                "content":"r"}]
                """#,
                "empty id"
            ),
            (
                #"""
                [{"role":"user","content":"u"},{"role":"assistant","tool_calls":[{"id":"c",
                "type":"function","function":{"name":"read","arguments":"{\"a"}}]},{"role":"tool",
                "tool_call_id":"c","content":"r"}]
                """#,
                "no JSON object"
            ),
            (#"[{"role":"user","content":"the secret is k3y-c4nary"}]"#, "secret"),
            (#"[{"role":"wizard","content":"u"}]"#, "wizard"),
            (#"[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]"#, "last message"),
        ])
    func violations(messages: String, sentence: String) async throws {
        try await ScriptedModelServer.withServer([.text("x")], canary: "k3y-c4nary") { server in
            _ = try await post(
                server, "/openai/v1/chat/completions",
                #"{"model":"m","stream":true,"messages":\#(messages),\#(Self.goodTools)}"#, key: "k3y-c4nary")
            #expect(server.violations.contains { $0.contains(sentence) }, "\(server.violations)")
            server.forgetViolations()
        }
    }

    @Test("Tools that change inside a session, bad schemas, wrong keys and unknown paths are violations")
    func moreViolations() async throws {
        try await ScriptedModelServer.withServer([.text("x"), .text("y"), .text("z")], canary: "key") { server in
            let start = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"u"}],"#
            _ = try await post(server, "/openai/v1/chat/completions", start + Self.goodTools + "}", key: "key")
            #expect(server.violations.isEmpty, "\(server.violations)")
            let changed = Self.goodTools.split(separator: "Reads.").joined(separator: "Reads a file.")
            _ = try await post(server, "/openai/v1/chat/completions", start + changed + "}", key: "wrong")
            #expect(server.violations.contains { $0.contains("not the same bytes") })
            #expect(server.violations.contains { $0.contains("bearer key") })
            let bad =
                #"""
                "tools":[{"type":"function","function":{"name":"a b","description":"",
                "parameters":{"type":"string"}}}]
                """#
            _ = try await post(server, "/openai/v1/chat/completions", start + bad + "}", key: "key")
            #expect(server.violations.contains { $0.contains("no object schema") })
            #expect(server.violations.contains { $0.contains("not legal") })
            _ = try await post(server, "/elsewhere", "{}", key: "key")
            #expect(server.violations.contains { $0.contains("/elsewhere") })
            server.forgetViolations()
        }
    }

    @Test("A cut reply ends without its end, and a request after the script's end is a violation")
    func cutAndExhausted() async throws {
        try await ScriptedModelServer.withServer([Turn.deltas(100).cut(after: 500)], canary: "k") { server in
            let body = #"{"model":"m","stream":true,"messages":[{"role":"user","content":"u"}],\#(Self.goodTools)}"#
            let cut = try await post(server, "/openai/v1/chat/completions", body)
            #expect(cut.contains("word0") && !cut.contains("[DONE]"))
            let none = try await post(server, "/openai/v1/chat/completions", body)
            #expect(none.contains("400"))
            #expect(server.violations.contains { $0.contains("no turn left") })
            server.forgetViolations()
        }
    }

    private static let schema = #"{"type":"object","properties":{"filePath":{"type":"string"}}}"#

    /// A request after one tool call, as each provider documents it.
    private static func documented(_ wire: ModelProtocol) -> (path: String, body: String) {
        switch wire {
        case .openAIChat:
            (
                "/openai/v1/chat/completions",
                #"""
                {"model":"m","stream":true,"messages":[{"role":"user","content":"u"},{"role":"assistant",
                "content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"read",
                "arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"r"}],\#(goodTools)}
                """#
            )
        case .openAIResponses:
            (
                "/responses/v1/responses",
                #"""
                {"model":"m","stream":true,"instructions":"s","input":[{"role":"user",
                "content":[{"type":"input_text","text":"u"}]},{"type":"function_call","call_id":"c1",
                "name":"read","arguments":"{}"},{"type":"function_call_output","call_id":"c1",
                "output":"r"}],"tools":[{"type":"function","name":"read","description":"Reads.",
                "parameters":\#(schema)}]}
                """#
            )
        case .anthropic:
            (
                "/anthropic/v1/messages",
                #"""
                {"model":"m","stream":true,"max_tokens":9,"system":[{"type":"text","text":"s"}],
                "messages":[{"role":"user","content":[{"type":"text","text":"u"}]},{"role":"assistant",
                "content":[{"type":"tool_use","id":"c1","name":"read","input":{}}]},{"role":"user",
                "content":[{"type":"tool_result","tool_use_id":"c1","content":"r"}]}],
                "tools":[{"name":"read","description":"Reads.","input_schema":\#(schema)}]}
                """#
            )
        case .google:
            (
                "/google/v1beta/models/m:streamGenerateContent?alt=sse",
                #"""
                {"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user",
                "parts":[{"text":"u"}]},{"role":"model","parts":[{"functionCall":{"name":"read",
                "args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"read",
                "response":{"output":"r"}}}]}],"tools":[{"functionDeclarations":[{"name":"read",
                "description":"Reads.","parameters":\#(schema)}]}]}
                """#
            )
        case .bedrock:
            (
                "/bedrock/model/anthropic.m%3A0/converse-stream",
                #"""
                {"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"u"}]},
                {"role":"assistant","content":[{"toolUse":{"toolUseId":"c1","name":"read","input":{}}}]},
                {"role":"user","content":[{"toolResult":{"toolUseId":"c1","content":[{"text":"r"}]}}]}],
                "toolConfig":{"tools":[{"toolSpec":{"name":"read","description":"Reads.",
                "inputSchema":{"json":\#(schema)}}}]}}
                """#
            )
        }
    }

    @Test("Each protocol's documented request is clean, and the reply has its words", arguments: ModelProtocol.allCases)
    func documentedRequests(wire: ModelProtocol) async throws {
        let gate = Gate()
        let pieces: [Turn.Piece] = [
            .reasoning("hmm"), .text("well"), .gate(gate),
            .call(id: "id7", name: "read", arguments: #"{"a":1}"#, chunks: 2),
        ]
        try await ScriptedModelServer.withServer([Turn(.stream(pieces))], canary: "k3y") { server in
            let (path, body) = Self.documented(wire)
            var options = ChildOptions(
                "/usr/bin/env",
                [
                    "curl", "-sS", "-N", "-m", "120", "-H", "authorization: Bearer k3y", "-H", "x-api-key: k3y", "-H",
                    "x-goog-api-key: k3y", "-H", "anthropic-version: 2023-06-01", "--data-binary", "@-",
                    "http://127.0.0.1:\(server.port)\(path)",
                ], directory: "/tmp", environment: ["PATH": "/usr/bin:/bin"])
            options.input = .bytes(Array(body.utf8))
            let answer = try await ChildProcess.with(options) { client in
                #expect(await client.waitForOutput("well"))
                #expect(!client.state.state.stdout.holds(Array("id7".utf8)))
                gate.open()
                return try await client.finish().out
            }
            for word in ["hmm", "well", "id7", "read"] { #expect(answer.contains(word), "\(word): \(answer)") }
            let last = [
                ModelProtocol.openAIChat: "[DONE]", .openAIResponses: "response.completed", .anthropic: "message_stop",
                .google: "\"finishReason\":\"STOP\"", .bedrock: "\"stopReason\":\"tool_use\"",
            ]
            #expect(answer.contains(last[wire] ?? "?"), "\(answer)")
            let request = try #require(server.requests.first)
            #expect(request.wire == wire && request.toolNames == ["read"])
            #expect(request.userTexts == ["u"])
            #expect(request.toolResults.first?.text.contains("r") == true)
        }
    }

    @Test("A client that leaves in the middle of a reply is noticed")
    func abort() async throws {
        let gate = Gate()
        try await ScriptedModelServer.withServer([.stalled("a", at: gate, then: "b")], canary: "k") { server in
            let (path, body) = Self.documented(.openAIChat)
            var options = ChildOptions(
                "/usr/bin/env",
                [
                    "curl", "-sS", "-N", "-H", "authorization: Bearer k", "--data-binary", "@-",
                    "http://127.0.0.1:\(server.port)\(path)",
                ], directory: "/tmp", environment: ["PATH": "/usr/bin:/bin"])
            options.input = .bytes(Array(body.utf8))
            try await ChildProcess.with(options) { client in
                #expect(await gate.waitUntilReached())
                client.send(SIGKILL)
                #expect(await server.waitForAbort())
            }
        }
    }
}
