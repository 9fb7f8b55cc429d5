import Glibc
import Support
import TestSupport
import Testing

@Suite("OPC-015 Streams of events over lost connections")
struct OPC015ReconnectTests {
    /// Disconnects in all; CODETETHER_SSE_DISCONNECTS asks for more.
    private static let total = getenv("CODETETHER_SSE_DISCONNECTS").flatMap { Int(String(cString: $0)) } ?? 200
    /// Of them before and after a restart.
    private static let half = 50

    @Test(
        "OPC-015.2 A reader that loses its connection at random and comes back with Last-Event-ID misses and repeats nothing, also over a restart of the server, killed or asked to stop"
    )
    func reconnects() async throws {
        for round in 0..<max(1, Self.total / (2 * Self.half)) { try await reconnects(round) }
    }

    @Test("OPC-015.2 What streamed before log.synced is not streamed again to a reader that comes back after it")
    func synced() async throws {
        let gate = Gate()
        try await ServeWorld.with([.stalled("one ", at: gate, then: "two")]) { world in
            let session = try await world.session(["title": "Story"])
            let path = "/api/session/\(session)/log?follow=true"
            async let answer = world.ask(session, "go")
            #expect(await gate.waitUntilReached())
            // Until the delta is there, on however many connections.
            var last: String?
            var text = ""
            while text.isEmpty {
                let stream = try await world.http.open("GET", path)
                for event in try await stream.events(until: { $0["type"] == "log.synced" }) {
                    last = event.id ?? last
                    text += event.json["type"] == "session.text.delta" ? "one" : ""
                }
                stream.close()
            }
            let again = try await world.http.open("GET", path, headers: ["last-event-id": last ?? ""])
            gate.open()
            let rest = try await again.events { $0["type"] == "session.text.ended" }.map(\.json)
            again.close()
            let deltas = rest.of("session.text.delta").compactMap { $0.at("data", "delta")?.stringValue }
            #expect(deltas.joined() == "two")
            _ = try await answer
        }
    }

    private func reconnects(_ round: Int) async throws {
        let script = (0..<400).map { _ in Turn.deltas(40) }
        try await StoryWorld.with(script) { story in
            let (session, reader) = try await ServeWorld.start(story) { world in
                let session = try await world.session(["title": "Story"])
                var reader = Reader(session: session)
                try await Self.prompting(world, session) { try await reader.read(world, disconnects: Self.half) }
                world.process.send(round.isMultiple(of: 2) ? SIGKILL : SIGTERM)
                _ = try await world.process.finish()
                return (session, reader)
            }
            try await ServeWorld.start(story) { world in
                var reader = reader
                reader.restarted()
                try await Self.prompting(world, session) { try await reader.read(world, disconnects: Self.half) }
                _ = try await world.http.send("POST", "/api/session/\(session)/interrupt")
                _ = try await world.http.send("POST", "/api/session/\(session)/wait")
                try await reader.readToEnd(world)
                // A prompt that was on its way may have begun after that.
                let log = try await world.log(session).compactMap { $0.at("durable", "seq")?.intValue }
                #expect(log == Array(1...Int64(log.count)), "round \(round)")
                #expect(reader.seqs == Array(log.prefix(reader.seqs.count)), "round \(round)")
                #expect(reader.syncedAt == reader.seqs.last, "round \(round)")
                #expect(reader.gaps == 0)
                #expect(reader.compared > 0)
                for wrong in reader.wrong { Issue.record("round \(round): \(wrong)") }
            }
        }
    }

    /// Runs `body` while the session is prompted, one prompt after the other.
    private static func prompting(
        _ world: ServeWorld, _ session: String, _ body: () async throws -> Void
    ) async throws {
        let prompts = Task {
            while !Task.isCancelled, (try? await world.ask(session, "go on"))?.status == 200 {}
        }
        defer { prompts.cancel() }
        try await body()
    }

    /// What one reader got of a session's log, over all its connections.
    private struct Reader {
        let session: String
        var cursor: String?
        var seqs: [Int64] = []
        var gaps = 0
        var compared = 0
        /// What the last `log.synced` said.
        var syncedAt: Int64?
        var wrong: [String] = []
        /// Text by message, from its deltas.
        var texts: [String: String] = [:]
        /// Messages that streamed before the restart.
        var cut: Set<String> = []

        init(session: String) { self.session = session }

        mutating func read(_ world: ServeWorld, disconnects: Int) async throws {
            for _ in 0..<disconnects {
                let stream = try await open(world, "?follow=true")
                for _ in 0..<Int.random(in: 0...6) {
                    guard let event = try await stream.event() else { break }
                    take(event)
                }
                stream.close()
            }
        }

        mutating func readToEnd(_ world: ServeWorld) async throws {
            let stream = try await open(world, "")
            while let event = try await stream.event() { take(event) }
        }

        private func open(_ world: ServeWorld, _ query: String) async throws -> HTTPStream {
            try await world.http.open(
                "GET", "/api/session/\(session)/log\(query)", headers: cursor.map { ["last-event-id": $0] } ?? [:])
        }

        private mutating func take(_ event: (id: String?, json: JSON)) {
            if let id = event.id { cursor = id }
            if let seq = event.json.at("durable", "seq")?.intValue { seqs.append(seq) }
            let data = event.json["data"]
            let message = data?["assistantMessageID"]?.stringValue ?? ""
            switch event.json["type"]?.stringValue {
            case "server.gap": gaps += 1
            case "log.synced": syncedAt = event.json["seq"]?.intValue
            case "session.text.delta": texts[message, default: ""] += data?["delta"]?.stringValue ?? ""
            case "session.text.ended":
                guard !cut.contains(message), let text = texts[message] else { return }
                compared += 1
                if text != data?["text"]?.stringValue { wrong.append("\(message) was streamed as \(text)") }
            default: return
            }
        }

        /// Deltas are in no log: those of a message that streamed when the server ended are lost.
        mutating func restarted() { cut = Set(texts.keys) }
    }
}
