import Schema
import Support
import TestSupport
import Testing

@testable import Providers

/// Real sockets on the loopback.
@Suite struct LiveTests {
    private func model(_ wire: ModelProtocol, _ server: ScriptedModelServer) throws -> ModelSpec {
        let api = try #require(WireAPI(rawValue: wire.api))
        var model = Fixture.model(api)
        model.route.baseURL = server.baseURL(wire)
        return model
    }

    private func collect(_ client: ModelClient, _ request: ModelRequest) async throws -> [ModelEvent] {
        let stream = try await client.stream(request)
        var events: [ModelEvent] = []
        while let batch = try await stream.next() { events += batch }
        return events
    }

    @Test(arguments: ModelProtocol.allCases)
    func `a strict server of each protocol takes our requests and its answers are read`(wire: ModelProtocol)
        async throws
    {
        let transport = AsyncHTTPTransport(environment: Environment([:]))
        let script: [Turn] = [
            .calls([("read", ["path": "a"]), ("bash", [:])]).chunked(3), .reasoning("hm", text: "Hällo 🎈"),
            .deltas(2_000),
        ]
        try await ScriptedModelServer.withServer(script, canary: "key-canary") { server in
            let client = ModelClient(transport: transport, secrets: { _, _ in .key("key-canary") })
            let request = Fixture.request(try model(wire, server))
            let calls = try await collect(client, request).filter { if case .toolCallEnd = $0 { true } else { false } }
            #expect(calls.count == 2)
            let second = try await collect(client, request)
            #expect(second.contains(.reasoningDelta("hm")))
            let third = try await collect(client, request)
            #expect(third.filter { if case .textDelta = $0 { true } else { false } }.count >= 1)
            guard case .finish(.stop, _)? = third.last else {
                Issue.record("no finish")
                return
            }
            #expect(server.requests.count == 3)
        }
        await transport.shutdown()
    }

    @Test func `a connection that breaks within the answer is a cut stream`() async throws {
        let transport = AsyncHTTPTransport(environment: Environment([:]))
        try await ScriptedModelServer.withServer([.deltas(500).cut(after: 900)]) { server in
            let client = ModelClient(transport: transport, secrets: { _, _ in .key("k") })
            do {
                _ = try await collect(client, Fixture.request(try model(.openAIChat, server)))
                Issue.record("complete")
            } catch { #expect((error as? ProviderError)?.code == .streamCut) }
        }
        await transport.shutdown()
    }

    @Test func `cancelling the task closes the connection`() async throws {
        let transport = AsyncHTTPTransport(environment: Environment([:]))
        let gate = Gate()
        try await ScriptedModelServer.withServer([.stalled("one", at: gate, then: "two")]) { server in
            let client = ModelClient(transport: transport, secrets: { _, _ in .key("k") })
            let request = Fixture.request(try model(.anthropic, server))
            let task = Task { () -> ProviderError.Code? in
                do throws(ProviderError) {
                    let stream = try await client.stream(request)
                    while try await stream.next() != nil {}
                    return nil
                } catch { return error.code }
            }
            #expect(await server.waitForRequests(1))
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(await server.waitForAbort())
        }
        await transport.shutdown()
    }
}
