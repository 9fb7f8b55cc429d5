import Support
import TestSupport
import Testing

@testable import MCP

@Suite("Names and headers of MCP")
struct MCPNameTests {
    @Test("Tool names are safe, at most 64 bytes, and the same every time")
    func names() {
        #expect(MCPToolNames.name(server: "files", tool: "read_file") == "files__read_file")
        #expect(MCPToolNames.name(server: "a", tool: "x.y/z ü") == "a__x_y_z__")
        let long = MCPToolNames.name(server: "server", tool: String(repeating: "t", count: 100))
        #expect(long.utf8.count == 64)
        #expect(long == MCPToolNames.name(server: "server", tool: String(repeating: "t", count: 100)))
        #expect(long != MCPToolNames.name(server: "server", tool: String(repeating: "t", count: 101)))
    }

    @Test("Names that would be the same are told apart, whatever order they come in")
    func collisions() {
        let tools = [(server: "a", tool: "x.y"), (server: "a", tool: "x_y"), (server: "a", tool: "x-y")]
        let names = MCPToolNames.names(tools)
        #expect(Set(names).count == 3)
        let back = MCPToolNames.names(tools.reversed())
        #expect(names == back.reversed())
    }

    @Test("A challenge is read in any order, with several schemes and quoted strings")
    func challenge() {
        let header =
            #"Basic realm="a, b", Bearer error="insufficient_scope", scope="a b", resource_metadata="https://x/y?z=\"1\"""#
        let challenge = HTTPChallenge(status: 403, headers: [header])
        #expect(challenge.scope == "a b")
        #expect(challenge.resourceMetadata == #"https://x/y?z="1""#)
        #expect(challenge.isInsufficientScope)
        #expect(challenge.parameters["realm"] == nil, "that was of another scheme")
        #expect(HTTPChallenge(status: 401, headers: []).parameters.isEmpty)
        #expect(HTTPChallenge(status: 401, headers: ["Bearer"]).parameters.isEmpty)
    }

    @Test(
        "Header values that HTTP cannot carry are wrapped, and come back",
        arguments: ["plain", "ü", " a", "a\nb", "=?base64?eA==?=", ""])
    func headerValues(text: String) {
        let value = HeaderValue.encoded(text)
        #expect(value.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        #expect(HeaderValue.decoded(value) == text)
    }

    @Test("A server's question becomes a form; the answer has only what was asked, with its defaults")
    func elicitation() throws {
        let params: JSON = [
            "message": "Who?",
            "requestedSchema": [
                "type": "object", "required": ["name"],
                "properties": [
                    "name": ["type": "string", "minLength": 1], "age": ["type": "integer", "default": 7],
                    "color": ["type": "string", "oneOf": [["const": "r", "title": "Red"]]],
                    "many": ["type": "array", "items": ["type": "string", "enum": ["a", "b"]]],
                    "ok": ["type": "boolean"],
                ],
            ],
        ]
        let fields = try #require(ElicitationForm.fields(params))
        #expect(fields.count == 5)
        func field(_ key: String) -> JSON? { fields.first { $0["key"]?.stringValue == key } }
        #expect(field("name")?["required"] == true)
        #expect(field("color")?["options"]?[0]?["label"] == "Red")
        #expect(field("many")?["type"] == "multiselect")
        let answer = ElicitationForm.result(params, ["name": "Ada", "evil": 1])
        #expect(answer["content"]?["name"] == "Ada")
        #expect(answer["content"]?["age"] == 7)
        #expect(answer["content"]?["evil"] == nil)
        #expect(ElicitationForm.fields(["mode": "url", "url": "javascript:x"]) == nil)
        #expect(ElicitationForm.fields(["mode": "url", "url": "https://a.example/"])?.first?["type"] == "external")
    }

    @Test("A question goes to the session that calls, to nobody when it is not clear which")
    func activity() async {
        let activity = MCPActivity()
        func asked(_ server: String) async -> String? { await activity.asking(server) { $0.session } }
        #expect(await asked("a") == nil)
        let first = activity.begin("a", MCPCaller(session: "ses_1"))
        #expect(await asked("a") == "ses_1")
        #expect(await asked("b") == nil)
        let second = activity.begin("a", MCPCaller(session: "ses_2"))
        #expect(await asked("a") == nil)
        activity.end("a", first)
        #expect(await asked("a") == "ses_2")
        activity.end("a", second)
        #expect(await asked("a") == nil)
    }

    @Test("What a server asks is withdrawn when the call is over")
    func withdrawal() async {
        let activity = MCPActivity()
        let call = activity.begin("a", MCPCaller(session: "ses_1"))
        let isAsked = Watchable(false)
        async let answer = activity.asking("a") { _ -> Bool in
            isAsked.change { $0 = true }
            try? await Task.sleep(for: .seconds(600))
            return Task.isCancelled
        }
        #expect(await isAsked.wait(atMost: .seconds(120)) { $0 })
        activity.end("a", call)
        #expect(await answer == true)
    }

    @Test(
        "Whether an address can come from a template",
        arguments: [
            ("mem://user/{id}", "mem://user/7", true), ("mem://user/{id}", "mem://user/", false),
            ("mem://user/{id}", "mem://user/7/8", false), ("mem://user/{+path}", "mem://user/7/8", true),
            ("mem://{a}-{b}", "mem://x-y-z", true), ("mem://{a}-{b}", "mem://xy", false),
            ("mem://a{?q}", "mem://a", true),
            ("mem://a", "mem://a", true), ("mem://a", "mem://ab", false),
            ("{a}{b}{c}{d}!", String(repeating: "x", count: 4000), false),
        ])
    func templates(template: String, uri: String, matches: Bool) {
        #expect(URITemplate.matches(template, uri) == matches)
    }
}
