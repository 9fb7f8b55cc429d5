import Support
import Testing

@testable import Providers

@Suite struct ErrorBodyTests {
    private func error(_ status: Int, _ body: String, _ fields: [HTTPField] = [], secrets: [String] = [])
        -> ProviderError
    {
        ErrorBody.http(
            status: status, headers: HTTPFields(fields), body: Array(body.utf8), model: Fixture.model(.openAIChat),
            nowMs: 0, secrets: secrets)
    }

    @Test(arguments: [
        (
            400,
            #"{"error":{"code":400,"type":"exceed_context_size_error","message":"request (9010 tokens) exceeds the available context size (8192 tokens), try increasing it","n_prompt_tokens":9010,"n_ctx":8192}}"#
        ),
        (
            400,
            #"{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","code":"context_length_exceeded"}}"#
        ),
        (
            400,
            #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#
        ),
        (
            400,
            #"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#
        ),
        (400, #"{"message":"Input is too long for requested model."}"#),
        (400, #"{"error":"This model's maximum context length is 131072 tokens. However, you requested 140000"}"#),
        (
            400,
            #"{"object":"error","message":"Prompt contains 40000 tokens, too large for model with 32768 maximum context length"}"#
        ),
        (413, ""), (413, #"{"error":{"message":"Request too large","code":"request_too_large"}}"#),
    ])
    func `an overflow is recognised in each provider's words`(status: Int, body: String) {
        #expect(error(status, body).code == .contextOverflow)
    }

    @Test(arguments: [
        (401, #"{"error":{"message":"bad key"}}"#, ProviderError.Code.authentication),
        (403, "<html>no</html>", .authentication),
        (
            400,
            #"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
            .authentication
        ),
        (
            400,
            #"{"__type":"x","message":"The security token included in the request is expired","code":"ExpiredTokenException"}"#,
            .authentication
        ),
        (402, #"{"error":{"message":"Insufficient credits"}}"#, .badRequest), (404, "", .badRequest),
        (422, "[]", .badRequest),
        (429, #"{"error":{"message":"maximum context length per minute"}}"#, .rateLimited), (408, "", .timeout),
        (500, "oops", .server), (502, "<html>", .server), (503, "", .overloaded), (529, "", .overloaded),
        (424, "{}", .server),
        (400, #"{"error":{"code":"content_filter","message":"filtered"}}"#, .contentFilter),
        (302, "", .badRequest),
    ])
    func `a status and body give the right kind`(status: Int, body: String, code: ProviderError.Code) {
        let error = error(status, body)
        #expect(error.code == code)
        #expect(error.status == status)
        #expect(error.message.hasSuffix("."))
    }

    @Test func `a used-up quota is no reason to wait`() {
        let error = error(429, #"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#)
        #expect(error.code == .rateLimited)
        #expect(!error.isRetryable)
        #expect(error.exitCode == 75)
    }

    @Test func `waits are read from headers and from Google's details`() {
        #expect(error(429, "{}", [HTTPField("retry-after", "7")]).retryAfterMs == 7_000)
        #expect(
            error(429, #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"34.5s"}]}}"#)
                .retryAfterMs
                == 34_500)
    }

    @Test func `no key is in the message or the body, known or recognisable by its form`() {
        let body = #"{"error":{"message":"Incorrect API key provided: sk-proj-abcdefgh12345. Or my-own-secret-value"}}"#
        let error = error(401, body, secrets: ["my-own-secret-value"])
        for text in [error.message, error.body ?? "", "\(error)"] {
            #expect(!text.contains("abcdefgh12345"))
            #expect(!text.contains("my-own-secret-value"))
        }
        #expect(error.message.contains("[redacted]"))
        #expect(error.message.contains("TEST_API_KEY"))
        #expect(ErrorBody.redact("task-list and risk-free sk-1", secrets: []) == "task-list and risk-free sk-1")
    }

    @Test func `what a provider says cannot control the terminal and is cut`() {
        let body = #"{"error":{"message":"\u001b[31mred\nline "# + String(repeating: "x", count: 5_000) + #""}}"#
        let message = error(400, body).message
        #expect(!message.utf8.contains(0x1B))
        #expect(!message.utf8.contains(10))
        #expect(message.utf8.count < 900)
    }

    @Test func `a redirect says why it is not followed`() {
        #expect(error(307, "").message.contains("base_url"))
    }
}
