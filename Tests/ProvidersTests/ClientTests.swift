import Schema
import Support
import TestSupport
import Testing

@testable import Providers

@Suite struct ClientTests {
    private func client(_ transport: any HTTPTransport, key: String? = "key-1234", time: any TimeSource = TestTime())
        -> ModelClient
    {
        ModelClient(
            transport: transport, secrets: { _, _ in key.map { .key($0) } }, time: time, userAgent: "codetether/t")
    }

    private func collect(_ stream: ModelStream) async throws -> [ModelEvent] {
        var events: [ModelEvent] = []
        while let batch = try await stream.next() { events += batch }
        return events
    }

    @Test(arguments: WireAPI.allCases) func `fake events come through every protocol`(api: WireAPI) async throws {
        let transport = FakeTransport([
            [
                "events": [
                    ["type": "reasoning", "text": "hm"], ["type": "text", "text": "hi"],
                    ["type": "tool", "id": "t1", "name": "read", "arguments": ["path": "a"]],
                    ["type": "usage", "input": 3, "output": 4],
                ], "pieces": 7,
            ]
        ])
        let events = try await collect(try await client(transport).stream(Fixture.request(Fixture.model(api))))
        #expect(events.contains(.textDelta("hi")))
        #expect(events.contains(.reasoningDelta("hm")))
        #expect(events.contains(Fixture.usage(3, 4)))
        let calls = events.compactMap { event -> String? in
            if case .toolCallEnd(_, "read", let arguments) = event { return arguments }
            return nil
        }
        #expect(calls == [#"{"path":"a"}"#])
        guard case .finish(.toolCalls, _)? = events.last else {
            Issue.record("no finish: \(events)")
            return
        }
        let call = try #require(transport.calls.first)
        #expect(call.url == Fixture.model(api).route.url(wireID: Fixture.model(api).wireID))
        #expect(!String(decoding: call.body, as: UTF8.self).contains("key-1234"))
        let names: [WireAPI: String] = [.anthropic: "x-api-key", .google: "x-goog-api-key"]
        let value = call.headers[names[api] ?? "authorization"]
        #expect(value == (names[api] == nil ? "Bearer key-1234" : "key-1234"))
    }

    @Test(arguments: WireAPI.allCases) func `a cut fake stream is a cut stream`(api: WireAPI) async throws {
        let transport = FakeTransport([["events": [["type": "text", "text": "hi"]], "cut": true]])
        let stream = try await client(transport).stream(Fixture.request(Fixture.model(api)))
        await #expect(throws: ProviderError.self) { _ = try await collect(stream) }
        do {
            _ = try await stream.next()
            Issue.record("a failed stream went on")
        } catch { #expect(error.code == .streamCut) }
    }

    @Test func `without a key nothing is sent`() async throws {
        let transport = FakeTransport([])
        do {
            _ = try await client(transport, key: nil).stream(Fixture.request(Fixture.model(.anthropic)))
            Issue.record("sent")
        } catch {
            #expect(error.code == .authentication)
            #expect(error.message.contains("TEST_API_KEY"))
        }
        #expect(transport.calls.isEmpty)
    }

    @Test func `an HTTP error is mapped, with Retry-After and without the key`() async throws {
        let transport = FakeTransport([
            ["status": 429, "headers": ["retry-after": "3"], "body": "{\"error\":{\"message\":\"no key-1234\"}}"]
        ])
        do {
            _ = try await client(transport).stream(Fixture.request(Fixture.model(.openAIChat)))
            Issue.record("streamed")
        } catch {
            #expect(error.code == .rateLimited)
            #expect(error.retryAfterMs == 3_000)
            #expect(!"\(error) \(error.body ?? "")".contains("key-1234"))
            #expect(error.structured.status == 429)
        }
    }

    @Test func `a page instead of a stream is malformed and not retried`() async throws {
        let transport = FakeTransport([["status": 200, "headers": ["content-type": "text/html"], "body": "<html>"]])
        do {
            _ = try await client(transport).stream(Fixture.request(Fixture.model(.openAIChat)))
            Issue.record("streamed")
        } catch {
            #expect(error.code == .malformed)
            #expect(!error.isRetryable)
        }
    }

    @Test func `a stream without data times out on the clock, and pings do not help`() async throws {
        let time = TestTime()
        let relay = ByteRelay()
        let stream = ModelStream(
            body: relay, decoder: WireDecoder(api: .anthropic, names: ToolNames()), time: time, idle: .seconds(10),
            label: "test/m", secrets: [])
        let reader = Task { () -> ProviderError.Code? in
            do throws(ProviderError) {
                while try await stream.next() != nil {}
                return nil
            } catch { return error.code }
        }
        #expect(await time.waitForSleepers(1))
        time.advance(by: .seconds(6))
        #expect(await relay.push(Array("event: ping\ndata: {\"type\":\"ping\"}\n\n: comment\n\n".utf8)))
        time.advance(by: .seconds(6))
        // The watchdog may first see that the reader was busy; it looks again after another limit.
        while await time.waitForSleepers(1, atMost: .milliseconds(200)) { time.advance(by: .seconds(10)) }
        #expect(await reader.value == .timeout)
    }

    @Test func `a stream that is dropped or cancelled closes its connection`() async throws {
        let relay = ByteRelay()
        var stream: ModelStream? = ModelStream(
            body: relay, decoder: WireDecoder(api: .openAIChat, names: ToolNames()), time: TestTime(),
            idle: .seconds(10),
            label: "test/m", secrets: [])
        #expect(stream != nil)
        stream = nil
        #expect(await !relay.push([1]))
    }

    @Test func `five thousand deltas give five thousand events`() throws {
        var bytes: [UInt8] = []
        for index in 0..<5_000 {
            bytes += Array(
                "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\(index) \"},\"finish_reason\":null}]}\n\n"
                    .utf8)
        }
        bytes += Array("data: [DONE]\n\n".utf8)
        let events = try Fixture.read(bytes, .openAIChat, size: 16_384)
        #expect(events.count == 5_001)
    }
}
