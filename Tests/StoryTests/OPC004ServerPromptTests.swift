import Support
import TestSupport
import Testing

@Suite("OPC-004 The prompt endpoint")
struct OPC004ServerPromptTests {
    @Test("OPC-004.1 POST /api/session/:id/prompt executes a prompt end to end, tools included")
    func executes() async throws {
        try await ServeWorld.with([
            .call("write", ["filePath": "notes.txt", "content": "hello\n"]), .text("Written."),
        ]) { world in
            let session = try await world.session()
            let receipt = try await world.http.send(
                "POST", "/api/session/\(session)/prompt", json: ["text": "Write the notes", "id": "msg_first"])
            #expect(receipt.status == 200, "\(receipt.text)")
            let data = try receipt.json()["data"]
            #expect(data?["id"] == "msg_first")
            #expect(data?["sessionID"]?.stringValue == session)
            #expect(data?["type"] == "user")
            #expect(data?.at("payload", "text") == "Write the notes")
            #expect(data?["delivery"] == "steer")
            #expect((data?.at("time", "created")?.intValue ?? 0) > 0)
            let waited = try await world.http.send("POST", "/api/session/\(session)/wait")
            #expect(waited.status == 204, "\(waited.text)")
            #expect(try world.story.workspace.text("notes.txt") == "hello\n")
            let stored = StoredSession(["messages": .array(try await world.messages(session))])
            #expect(stored.users == ["Write the notes"])
            #expect(stored.answers == ["Written."])
            #expect(stored.toolStates == ["completed"])
            let message = try await world.http.send("GET", "/api/session/\(session)/message/msg_first")
            #expect(try message.json().at("data", "text") == "Write the notes")
        }
    }

    @Test("OPC-004.1 Prefer: wait answers with the finished assistant message, also when it failed")
    func prefersWait() async throws {
        try await ServeWorld.with([.text("Hello."), .status(400, message: "no")]) { world in
            let session = try await world.session()
            let good = try await world.ask(session, "Hi")
            #expect(good.status == 200, "\(good.text)")
            #expect(try good.json().at("data", "type") == "assistant")
            #expect(try good.json().at("data", "content")?[0]?["text"] == "Hello.")
            #expect(try good.json().at("data", "finish") == "stop")
            let bad = try await world.ask(session, "Again")
            #expect(bad.status == 200, "\(bad.text)")
            #expect(try bad.json().at("data", "error", "message") != nil)
        }
    }

    @Test(
        "OPC-004.2 What cannot be a prompt is 400 with the field, before anything is stored",
        arguments: [
            (#"{"text":""}"#, "text"), (#"{"text":"  \n "}"#, "text"), (#"{}"#, "text"), (#"{"text":5}"#, "text"),
            (#"{"text":"x","nope":1}"#, "nope"), (#"{"text":"x","model":"mock/none/at/all"}"#, nil),
            (#"{"text":"x","model":"nowhere/m"}"#, "model"), (#"{"text":"x","agent":"ghost"}"#, "agent"),
            (#"{"text":"x","delivery":"later"}"#, "delivery"), (#"{"text":"x","id":"ses_1"}"#, "id"),
            (#"{"text":"x","maxSteps":0}"#, "maxSteps"), (#"{"text":"x","onAsk":"maybe"}"#, "onAsk"),
            (#"{"text":"x","files":[{"name":"a"}]}"#, "files[0].uri"), (#"["text"]"#, nil), (#"{"text":"#, nil),
            (#"{"text":"a","text":"b"}"#, nil),
        ] as [(String, String?)])
    func invalid(_ body: String, _ field: String?) async throws {
        try await ServeWorld.with { world in
            let session = try await world.session()
            let reply = try await world.http.send(
                "POST", "/api/session/\(session)/prompt", headers: ["content-type": "application/json"],
                body: Array(body.utf8))
            // A configured provider takes any model id.
            if body.contains("none/at/all") { return }
            #expect(reply.status == 400, "\(reply.text)")
            let json = try reply.json()
            #expect(json["_tag"] == "InvalidRequestError")
            #expect(json["message"]?.stringValue?.isEmpty == false)
            #expect(json["requestID"]?.stringValue == reply["x-request-id"])
            if let field { #expect(json["field"]?.stringValue == field, "\(reply.text)") }
            #expect(try await world.messages(session).isEmpty)
            #expect(try await world.http.send("GET", "/api/session/\(session)/inbox").json()["data"] == [])
        }
    }

    @Test("OPC-004.2 Media type, size, nesting and an unknown session have their own answers")
    func refusals() async throws {
        try await ServeWorld.with { world in
            let session = try await world.session()
            let path = "/api/session/\(session)/prompt"
            let plain = try await world.http.send(
                "POST", path, headers: ["content-type": "text/plain"], body: Array(#"{"text":"x"}"#.utf8))
            #expect(plain.status == 415)
            #expect(try plain.json()["_tag"]?.stringValue?.hasSuffix("Error") == true)
            let none = try await world.http.send("POST", path, body: Array(#"{"text":"x"}"#.utf8))
            #expect(none.status == 415)
            let large = try await world.http.send(
                "POST", path, headers: ["content-type": "application/json"],
                body: [UInt8](repeating: 0x20, count: (10 << 20) + 1))
            #expect(large.status == 413)
            let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
            let nested = try await world.http.send(
                "POST", path, headers: ["content-type": "application/json"],
                body: Array(#"{"text":"x","metadata":{"a":\#(deep)}}"#.utf8))
            #expect(nested.status == 400)
            let unknown = try await world.ask("ses_00000000000000000000000000", "x")
            #expect(unknown.status == 404)
            #expect(try unknown.json()["_tag"] == "SessionNotFoundError")
            #expect(try unknown.json()["sessionID"] == "ses_00000000000000000000000000")
        }
    }

    @Test("OPC-004.3 A prompt over HTTP updates the history and the usage counters, once")
    func usage() async throws {
        try await ServeWorld.with([
            .text("One.").usage(TurnUsage(input: 100, output: 7, cacheRead: 20)),
            .text("Two.").usage(TurnUsage(input: 50, output: 3)),
        ]) { world in
            let session = try await world.session()
            _ = try await world.ask(session, "first")
            let second = try await world.ask(session, "second")
            let info = try await world.http.send("GET", "/api/session/\(session)").json()["data"]
            #expect(info?.at("usage", "requests")?.intValue == 2)
            #expect(info?.at("tokens", "input")?.intValue == 150)
            #expect(info?.at("tokens", "output")?.intValue == 10)
            #expect(info?.at("tokens", "cache", "read")?.intValue == 20)
            #expect(try second.json().at("data", "tokens", "input")?.intValue == 50)
            #expect(info?["outcome"] == "succeeded")
            let users = try await world.messages(session).filter { $0["type"] == "user" }
            #expect(users.compactMap { $0["text"]?.stringValue } == ["first", "second"])
        }
    }

    @Test("OPC-004.4 Accept: text/event-stream streams the execution's events and ends after its terminal one")
    func streams() async throws {
        try await ServeWorld.with([.text("One ", "two ", "three.")]) { world in
            let session = try await world.session()
            let stream = try await world.http.open(
                "POST", "/api/session/\(session)/prompt", headers: ["accept": "text/event-stream"],
                json: ["text": "count"])
            let head = try await stream.head()
            #expect(head.status == 200)
            #expect(head.headers.contains { $0.name == "content-type" && $0.value.hasPrefix("text/event-stream") })
            // To the end of the connection: the stream must close by itself.
            let events = try await stream.events { _ in false }.map(\.json)
            let types = events.types
            #expect(types.first == "session.inbox.enqueued")
            #expect(types.contains("session.execution.started"))
            #expect(types.last == "session.execution.succeeded", "\(types)")
            #expect(types.filter { $0.hasPrefix("session.execution.") && $0 != "session.execution.started" }.count == 1)
            let deltas = events.of("session.text.delta").compactMap { $0.at("data", "delta")?.stringValue }.joined()
            #expect(deltas == "One two three.")
            #expect(events.of("session.text.ended").first?.at("data", "text") == "One two three.")
        }
    }

    @Test("OPC-004.4 GET /api/event emits the same progress to everyone, with cursors that a client can come back with")
    func emits() async throws {
        try await ServeWorld.with([.text("Hello."), .text("Bye.")]) { world in
            let session = try await world.session()
            let live = try await world.http.open("GET", "/api/event")
            let connected = try #require(try await live.event())
            #expect(connected.json["type"] == "server.connected")
            #expect(connected.id == nil)
            _ = try await world.ask(session, "one")
            let first = try await live.events { $0["type"] == "session.execution.succeeded" }
            live.close()
            let cursor = try #require(first.last?.id)
            #expect(first.map(\.json).types.contains("session.text.ended"))
            _ = try await world.ask(session, "two")
            let again = try await world.http.open("GET", "/api/event", headers: ["last-event-id": cursor])
            let missed = try await again.events { $0["type"] == "session.execution.succeeded" }
            again.close()
            #expect(missed.first?.json["type"] == "server.connected")
            let ids = Set(first.compactMap { $0.json["id"]?.stringValue })
            #expect(missed.allSatisfy { !ids.contains($0.json["id"]?.stringValue ?? "") }, "nothing comes twice")
            #expect(
                missed.map(\.json).of("session.inbox.enqueued").first?.at("data", "item", "payload", "text") == "two"
                    || missed.map(\.json).types.contains("session.inbox.enqueued"))
            let bad = try await world.http.send("GET", "/api/event?after=nonsense")
            #expect(bad.status == 400)
            #expect(try bad.json()["_tag"] == "InvalidCursorError")
        }
    }

    @Test("The same id again returns the same receipt and prompts once; another session gets a conflict")
    func idempotent() async throws {
        try await ServeWorld.with([.text("Once.")]) { world in
            let session = try await world.session()
            let path = "/api/session/\(session)/prompt"
            let body: JSON = ["text": "hi", "id": "msg_same"]
            let first = try await world.http.send("POST", path, json: body)
            let second = try await world.http.send("POST", path, json: body)
            #expect(first.status == 200 && second.status == 200)
            let receipt = try first.json()
            #expect(try second.json() == receipt)
            _ = try await world.http.send("POST", "/api/session/\(session)/wait")
            let third = try await world.http.send("POST", path, json: body)
            #expect(try third.json() == receipt)
            let other = try await world.session()
            let taken = try await world.http.send("POST", "/api/session/\(other)/prompt", json: body)
            #expect(taken.status == 409)
            #expect(try taken.json()["_tag"] == "ConflictError")
            #expect(try await world.messages(session).filter { $0["type"] == "user" }.count == 1)
            #expect(world.story.server.unusedTurns == 0)
        }
    }

    @Test("Queued prompts of one session run one after the other in order; every one has one execution")
    func inOrder() async throws {
        let gate = Gate()
        try await ServeWorld.with([.stalled("a", at: gate, then: "1"), .text("b2"), .text("c3")]) { world in
            let session = try await world.session()
            let path = "/api/session/\(session)/prompt"
            for text in ["A", "B", "C"] {
                let reply = try await world.http.send("POST", path, json: ["text": .string(text), "delivery": "queue"])
                #expect(reply.status == 200, "\(reply.text)")
            }
            #expect(await gate.waitUntilReached())
            let active = try await world.http.send("GET", "/api/session/active").json()["data"]
            #expect(active?[session] == ["type": "running"])
            let inbox = try await world.http.send("GET", "/api/session/\(session)/inbox").json()["data"]
            #expect(inbox?.arrayValue?.compactMap { $0.at("payload", "text")?.stringValue } == ["B", "C"])
            gate.open()
            _ = try await world.http.send("POST", "/api/session/\(session)/wait")
            let stored = StoredSession(["messages": .array(try await world.messages(session))])
            #expect(stored.users == ["A", "B", "C"])
            #expect(stored.answers == ["a1", "b2", "c3"])
            let log = try await world.log(session)
            #expect(log.of("session.execution.started").count == 3)
            #expect(log.of("session.execution.succeeded").count == 3)
            #expect(log.of("session.inbox.delivered").count == 3)
            let numbers = log.compactMap { $0.at("durable", "seq")?.intValue }
            #expect(numbers == Array(1...Int64(numbers.count)))
        }
    }

    @Test("A steered prompt joins the running execution at its next step")
    func steers() async throws {
        let gate = Gate()
        try await ServeWorld.with(
            [
                .call("read", ["filePath": "a.txt"]), .stalled("first", at: gate, then: " done"), .text("second done"),
            ], files: ["a.txt": "text\n"]
        ) { world in
            let session = try await world.session()
            let path = "/api/session/\(session)/prompt"
            _ = try await world.http.send("POST", path, json: ["text": "work"])
            #expect(await gate.waitUntilReached())
            let steer = try await world.http.send("POST", path, json: ["text": "also this", "delivery": "steer"])
            #expect(steer.status == 200)
            gate.open()
            _ = try await world.http.send("POST", "/api/session/\(session)/wait")
            let log = try await world.log(session)
            #expect(log.of("session.execution.started").count == 1)
            #expect(log.of("session.inbox.delivered").count == 2)
            #expect(log.of("session.execution.succeeded").count == 1)
            let stored = StoredSession(["messages": .array(try await world.messages(session))])
            #expect(stored.users == ["work", "also this"])
            #expect(stored.answers.last == "second done")
        }
    }

    @Test("Prompts to many sessions run in parallel")
    func parallel() async throws {
        let gate = Gate()
        try await ServeWorld.with([.stalled("slow", at: gate, then: "."), .text("fast")]) { world in
            let slow = try await world.session()
            let fast = try await world.session()
            _ = try await world.http.send("POST", "/api/session/\(slow)/prompt", json: ["text": "wait"])
            #expect(await gate.waitUntilReached())
            let reply = try await world.ask(fast, "go")
            #expect(try reply.json().at("data", "content")?[0]?["text"] == "fast")
            gate.open()
            _ = try await world.http.send("POST", "/api/session/\(slow)/wait")
        }
    }

    @Test("Interrupting ends the execution as interrupted, once, and answers who waits")
    func interrupts() async throws {
        let gate = Gate()
        try await ServeWorld.with([.stalled("partial", at: gate, then: " never")]) { world in
            let session = try await world.session()
            async let waiting = world.ask(session, "long")
            #expect(await gate.waitUntilReached())
            let reply = try await world.http.send("POST", "/api/session/\(session)/interrupt")
            #expect(try reply.json()["interrupted"] == true)
            let answer = try await waiting
            #expect(answer.status == 200, "\(answer.text)")
            gate.open()
            let log = try await world.log(session)
            #expect(log.of("session.execution.interrupted").count == 1)
            #expect(log.of("session.execution.succeeded").isEmpty)
            let idle = try await world.http.send("POST", "/api/session/\(session)/interrupt")
            #expect(try idle.json()["interrupted"] == false)
        }
    }

    @Test("A server that was killed leaves sessions that the next one repairs: every prompt has its end")
    func repairs() async throws {
        let gate = Gate()
        try await StoryWorld.with([.stalled("half", at: gate, then: " lost")]) { story in
            let session = try await ServeWorld.start(story) { world in
                let session = try await world.session()
                let path = "/api/session/\(session)/prompt"
                _ = try await world.http.send("POST", path, json: ["text": "first", "delivery": "queue"])
                _ = try await world.http.send("POST", path, json: ["text": "second", "delivery": "queue"])
                #expect(await gate.waitUntilReached())
                world.process.send(9)
                _ = try await world.process.finish()
                return session
            }
            gate.open()
            try await ServeWorld.start(story) { world in
                let log = try await world.log(session)
                #expect(log.of("session.execution.interrupted").count == 1)
                #expect(log.of("session.inbox.delivered").count == 2)
                let info = try await world.http.send("GET", "/api/session/\(session)").json()
                #expect(info.at("data", "outcome") == "interrupted")
                #expect(try await world.http.send("GET", "/api/session/active").json()["data"] == [:])
            }
        }
    }

    @Test("A waiting ask is listed, answered over HTTP, and the call goes on; onAsk deny refuses at once")
    func asks() async throws {
        let config: JSONObject = ["permission": ["edit": "ask"]]
        try await ServeWorld.with(
            [
                .call("write", ["filePath": "a.txt", "content": "1"]), .text("done"),
                .call("write", ["filePath": "b.txt", "content": "2"]), .text("refused"),
            ], config: config
        ) { world in
            let session = try await world.session()
            let events = try await world.http.open("GET", "/api/event")
            _ = try await events.event()
            async let answer = world.ask(session, "write a")
            let asked = try #require(try await events.events { $0["type"] == "permission.asked" }.last?.json)
            let id = try #require(asked.at("data", "id")?.stringValue)
            let listed = try await world.http.send("GET", "/api/session/\(session)/permission").json()["data"]
            #expect(listed?[0]?["id"]?.stringValue == id)
            #expect(
                try await world.http.send("GET", "/api/permission/request").json()["data"]?[0]?["id"]?.stringValue == id
            )
            let wrong = try await world.http.send(
                "POST", "/api/session/\(session)/permission/\(id)/reply", json: ["decision": "perhaps"])
            #expect(wrong.status == 400)
            let reply = try await world.http.send(
                "POST", "/api/session/\(session)/permission/\(id)/reply", json: ["decision": "once"])
            #expect(reply.status == 204, "\(reply.text)")
            #expect(try await answer.json().at("data", "content")?[0]?["text"] == "done")
            let second = try await world.http.send(
                "POST", "/api/session/\(session)/permission/\(id)/reply", json: ["decision": "once"])
            #expect(second.status == 404 || second.status == 409)
            let denied = try await world.ask(session, "write b", ["onAsk": "deny"])
            #expect(try denied.json().at("data", "content")?[0]?["text"] == "refused")
            #expect(!world.story.workspace.exists("b.txt"))
            events.close()
        }
    }

    @Test("An ask that nobody answers within askTimeoutMs is a denial; the model goes on, and the ask is gone")
    func askTimeout() async throws {
        let config: JSONObject = ["permission": ["edit": "ask"]]
        try await ServeWorld.with(
            [.call("write", ["filePath": "a.txt", "content": "1"]), .text("went on")], config: config
        ) { world in
            let session = try await world.session(["title": "Story"])
            let reply = try await world.ask(session, "write a", ["askTimeoutMs": 20])
            #expect(try reply.json().at("data", "content")?[0]?["text"] == "went on")
            let stored = StoredSession(["messages": .array(try await world.messages(session))])
            #expect(stored.toolStates == ["error"])
            #expect(!world.story.workspace.exists("a.txt"))
            #expect(try await world.http.send("GET", "/api/session/\(session)/permission").json()["data"] == [])
        }
    }

    @Test(
        "Two servers on one home run the prompts of one session one after the other, each with its end, and see the same"
    )
    func twoServers() async throws {
        let gate = Gate()
        try await StoryWorld.with([.stalled("one", at: gate, then: "."), .text("two")]) { story in
            try await ServeWorld.start(story) { first in
                try await ServeWorld.start(story) { second in
                    let session = try await first.session(["title": "Story"])
                    async let one = first.ask(session, "first")
                    #expect(await gate.waitUntilReached())
                    // A steered one may join the first execution.
                    async let two = second.ask(session, "second", ["delivery": "queue"])
                    gate.open()
                    #expect(try await one.json().at("data", "content")?[0]?["text"] == "one.")
                    #expect(try await two.json().at("data", "content")?[0]?["text"] == "two")
                    let log = try await first.log(session)
                    let seqs = log.compactMap { $0.at("durable", "seq")?.intValue }
                    #expect(seqs == Array(1...Int64(seqs.count)))
                    #expect(log.types.filter { $0 == "session.execution.succeeded" }.count == 2)
                    #expect(try await second.messages(session) == (try await first.messages(session)))
                }
            }
        }
    }
}
