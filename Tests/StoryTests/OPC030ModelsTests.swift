import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-030 Models")
struct OPC030ModelsTests {
    private static let catalogue = """
        {"acme":{"id":"acme","name":"Acme","npm":"@ai-sdk/openai-compatible","api":"https://acme.example/v1",
          "env":["ACME_API_KEY"],"models":{"fast":{"name":"Acme Fast","tool_call":true,"release_date":"2026-01-02",
          "limit":{"context":64000,"output":4000},"cost":{"input":1.5,"output":6,"cache_read":0.15}}}}}
        """

    private func with<T: Sendable>(
        config: JSON = [:], environment: [String: String] = [:], _ body: (CLIProcess) async throws -> T
    ) async throws -> T {
        try await CodetetherHome.with(config: config) { home in
            try await TempWorkspace.with { workspace in
                var quiet = environment
                // Nothing of this machine is asked.
                for name in ["OLLAMA_HOST", "LMSTUDIO_HOST", "LLAMACPP_HOST"] where quiet[name] == nil {
                    quiet[name] = "127.0.0.1:1"
                }
                return try await body(CLIProcess(home: home, directory: workspace.path, environment: quiet))
            }
        }
    }

    @Test("OPC-030.1 models lists, filters and tables; --refresh fetches, keeps and shows a newer list")
    func refresh() async throws {
        try await StaticWebServer.with(["/api.json": .init(body: Self.catalogue)]) { server in
            try await with(config: ["models_url": .string(server.origin + "/api.json")]) { cli in
                let before = try await cli.run("models", "acme")
                #expect(before.code == 66, "\(before.story)")
                #expect(server.requests.isEmpty)
                let refreshed = try await cli.run("models", "acme", "--refresh")
                #expect(refreshed.code == 0 && refreshed.out == "acme/fast\n", "\(refreshed.story)")
                #expect(server.requests == ["/api.json"])
                let filtered = try await cli.run("models", "--filter", "ACME")
                #expect(filtered.code == 0 && filtered.out == "acme/fast\n", "\(filtered.story)")
                let table = try await cli.run("models", "acme", "--verbose")
                #expect(table.code == 0 && table.out.contains("64000") && table.out.contains("1.5"), "\(table.story)")
                #expect(server.requests == ["/api.json"], "a plain list asked the network")
            }
        }
    }

    @Test(
        "OPC-030.1 A refresh that fails ends with 69, says where, and keeps the old list",
        arguments: ["refused", "/missing", "/page", "/empty"])
    func failure(path: String) async throws {
        let pages: [String: StaticWebServer.Page] = [
            "/api.json": .init(body: Self.catalogue), "/page": .init(type: "text/html", body: "<html>login</html>"),
            "/empty": .init(body: "{}"),
        ]
        try await StaticWebServer.with(pages) { server in
            try await with(config: ["models_url": .string(server.origin + "/api.json")]) { cli in
                let first = try await cli.run("models", "acme", "--refresh")
                #expect(first.code == 0, "\(first.story)")
                var broken = cli
                broken.environment["CODETETHER_MODELS_URL"] =
                    path == "refused" ? "http://127.0.0.1:1/api.json" : server.origin + path
                let failed = try await broken.run("models", "acme", "--refresh", "--json")
                #expect(failed.code == 69, "\(failed.story)")
                let message = try failed.json().at("error", "message")?.stringValue ?? ""
                #expect(message.contains("127.0.0.1") && message.contains("old list"), "\(message)")
                #expect(!failed.err.isEmpty)
                let after = try await broken.run("models", "acme")
                #expect(after.code == 0 && after.out == "acme/fast\n", "\(after.story)")
            }
        }
    }

    @Test("OPC-030.2 Limits and costs are in the rows, with the prices of long inputs")
    func metadata() async throws {
        try await with { cli in
            let result = try await cli.run("models", "google", "--filter", "gemini-2.5-pro", "--json")
            #expect(result.code == 0, "\(result.story)")
            let row = try #require(try result.json()[0])
            #expect(row.at("limit", "context") == 1_048_576 && row.at("limit", "output") == 65_536)
            let cost = try #require(row["cost"]?.arrayValue)
            #expect(cost.count == 2 && cost[0]["input"] == 1.25 && cost[0]["tier"] == nil)
            #expect(cost[1].at("tier", "size") == 200_000 && cost[1]["input"] == 2.5)
            #expect((row.at("time", "released")?.intValue ?? 0) > 0)
        }
    }

    @Test("OPC-030.3 A provider is available when there is a key for it, or its local server answers")
    func availability() async throws {
        let models = """
            {"object":"list","data":[{"id":"tiny","meta":{"n_ctx":4096}}]}
            """
        try await StaticWebServer.with([
            "/v1/models": .init(body: models), "/props": .init(body: #"{"n_ctx":4096}"#),
        ]) { server in
            try await with(environment: ["LLAMACPP_HOST": server.origin, "OPENAI_API_KEY": "sk-test-0123456789"]) {
                cli in
                let available = try await cli.run("models", "--available")
                #expect(available.code == 0, "\(available.story)")
                let lines = available.out.split(separator: "\n").map(String.init)
                #expect(lines.contains("llama.cpp/tiny") && lines.contains { $0.hasPrefix("openai/") })
                #expect(lines.allSatisfy { $0.hasPrefix("openai/") || $0.hasPrefix("llama.cpp/") })
                let rows = try await cli.run("models", "--json").json().arrayValue ?? []
                let local = try #require(rows.first { $0["id"] == "llama.cpp/tiny" })
                #expect(local["available"] == true && local.at("limit", "context") == 4_096)
                #expect(local.at("credential", "status") == "not needed")
                let other = try #require(rows.first { $0["providerID"] == "anthropic" })
                #expect(other["available"] == false && other.at("credential", "source")?.isNull == true)
                let keyed = try #require(rows.first { $0["providerID"] == "openai" })
                #expect(keyed.at("credential", "source") == "env OPENAI_API_KEY")
                #expect(!available.out.contains("sk-test"))
            }
        }
    }

    @Test("OPC-030.4 The plain form is one id a line, sorted by bytes, and nothing else is on stdout")
    func stable() async throws {
        try await with { cli in
            let plain = try await cli.run("models")
            #expect(plain.code == 0, "\(plain.story)")
            let lines = plain.out.split(separator: "\n").map(String.init)
            #expect(lines.count >= 100 && plain.out.utf8.last == UInt8(ascii: "\n"))
            #expect(lines == lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(lines.allSatisfy { $0.contains("/") && !$0.contains(" ") })
            let json = try await cli.run("models", "--format", "json").json().arrayValue ?? []
            let jsonl = try await cli.run("models", "--format", "jsonl").jsonLines()
            #expect(json.compactMap { $0["id"]?.stringValue } == lines && jsonl == json)
            #expect(try await cli.run("models").out == plain.out)
        }
    }
}
