import Configuration
import Schema
import Support
import TestSupport
import Testing

@testable import Providers

@Suite struct CopilotTokenTests {
    private static let answer: JSON = ["events": [["type": "text", "text": "hi"]]]

    private func granted(_ token: String, expires: Int64, api: String) -> JSON {
        [
            "status": 200,
            "body": ["token": .string(token), "expires_at": .int(expires), "endpoints": ["api": .string(api)]],
        ]
    }

    private func model() throws -> ModelSpec {
        try ModelCatalogue(config: try Fixture.config("{}"), environment: Environment()).resolve(
            "github-copilot/gpt-4.1")
    }

    private func client(_ transport: FakeTransport, _ key: String, _ time: TestTime) -> ModelClient {
        ModelClient(transport: transport, secrets: { _, _ in .key(key) }, time: time)
    }

    private func ask(_ client: ModelClient) async throws {
        let stream = try await client.stream(Fixture.request(try model()))
        while try await stream.next() != nil {}
    }

    @Test func `a GitHub token is traded once, and again when the traded one has run out or is refused`() async throws {
        let time = TestTime()
        let end = time.nowMs() / 1_000 + 1_800
        let transport = FakeTransport([
            granted("first", expires: end, api: "https://api.business.githubcopilot.com"), Self.answer, Self.answer,
            granted("second", expires: end + 1_800, api: "https://api.evil.example"), Self.answer,
            ["status": 401, "body": ["message": "token gone second gho_secret1"]],
            granted("third", expires: end + 9_000, api: ""), Self.answer,
        ])
        let client = client(transport, "gho_secret1", time)
        try await ask(client)
        try await ask(client)
        time.advance(by: .seconds(1_750))
        try await ask(client)
        do {
            try await ask(client)
            Issue.record("a 401 was no error")
        } catch {
            let error = try #require(error as? ProviderError)
            #expect(error.code == .authentication)
            #expect(error.body?.contains("second") != true && error.body?.contains("gho_secret1") != true, "\(error)")
        }
        try await ask(client)
        let trade = "https://api.github.com/copilot_internal/v2/token"
        #expect(
            transport.calls.map(\.url) == [
                trade, "https://api.business.githubcopilot.com/chat/completions",
                "https://api.business.githubcopilot.com/chat/completions", trade,
                "https://api.githubcopilot.com/chat/completions", "https://api.githubcopilot.com/chat/completions",
                trade,
                "https://api.githubcopilot.com/chat/completions",
            ])
        #expect(
            transport.calls.map { $0.headers["authorization"] } == [
                "token gho_secret1", "Bearer first", "Bearer first", "token gho_secret1", "Bearer second",
                "Bearer second", "token gho_secret1", "Bearer third",
            ])
    }

    @Test func `a token of Copilot's own is used as it is`() async throws {
        let transport = FakeTransport([Self.answer])
        try await ask(client(transport, "tid=1;exp=2", TestTime()))
        #expect(transport.calls.map { $0.headers["authorization"] } == ["Bearer tid=1;exp=2"])
    }

    @Test(arguments: [
        (401, ProviderError.Code.authentication), (404, .authentication), (429, .rateLimited), (502, .server),
    ])
    func `a refused trade says so without the token`(status: Int, code: ProviderError.Code) async throws {
        let transport = FakeTransport([
            ["status": .int(Int64(status)), "body": ["message": "no seat for ghu_secret2"]]
        ])
        do {
            try await ask(client(transport, "ghu_secret2", TestTime()))
            Issue.record("no error")
        } catch {
            let error = try #require(error as? ProviderError)
            #expect(error.code == code && error.status == status)
            #expect(error.message.contains("GitHub") && !"\(error) \(error.body ?? "")".contains("ghu_secret2"))
        }
    }
}
