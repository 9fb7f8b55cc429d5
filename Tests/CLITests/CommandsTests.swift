import Support
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("Commands")
struct CommandsTests {
    @Test("config set, get and show work together; comments stay")
    func config() async throws {
        try await CLIFixture.with { cli in
            let set = try await cli.run("config", "set", "model", "acme/large")
            #expect(set.status == 0 && set.output.isEmpty && set.errors.contains("Set model in"))
            try TestFiles.write("// mine\n{\n  \"model\": \"acme/large\", // best\n}\n".utf8, to: cli.home.configFile)
            #expect(try await cli.run("config", "set", "snapshot.enabled", "false").status == 0)
            #expect(
                try TestFiles.text(cli.home.configFile)
                    == "// mine\n{\n  \"model\": \"acme/large\", // best\n  \"snapshot\": {\n    \"enabled\": false\n  },\n}\n"
            )
            #expect(try await cli.run("config", "get", "model").output == "acme/large\n")
            #expect(try await cli.run("config", "get", "snapshot.enabled", "--json").output == "false\n")
            #expect(
                try await cli.run("config", "show").json == ["model": "acme/large", "snapshot": ["enabled": false]])
            let origins = try await cli.run("config", "show", "--origin", "--json")
            #expect(origins.json?[0]?["key"] == "model" && origins.json?[0]?["line"] == 3)
        }
    }

    @Test("config set refuses unknown keys and wrong values, and repairs a broken value")
    func configErrors() async throws {
        try await CLIFixture.with(files: ["codetether.jsonc": "{\"log\": {\"level\": \"loud\"}}"]) { cli in
            let unknown = try await cli.run("config", "set", "modle", "x")
            #expect(unknown.status == 64 && unknown.errors.contains("Did you mean model?"))
            #expect(try await cli.run("config", "set", "snapshot.enabled", "maybe").status == 64)
            #expect(try await cli.run("config", "set", "server.port", "99999").status == 78)
            #expect(try await cli.run("config", "show").status == 78)
            #expect(try await cli.run("config", "set", "log.level", "debug", "--scope=project").status == 0)
            #expect(try await cli.run("config", "get", "log.level").output == "debug\n")
            #expect(try await cli.run("config", "get", "small_model").status == 1)
        }
    }

    @Test("Secrets are redacted unless asked for")
    func redaction() async throws {
        let config: JSON = [
            "provider": ["acme": ["headers": ["X-Key": "{env:ACME_SECRET}"], "base_url": "http://h/{env:ACME_SECRET}"]]
        ]
        try await CLIFixture.with(config: config) { cli in
            let variables = ["ACME_SECRET": "hunter2-hunter2"]
            for command in [
                ["config", "show"], ["debug", "config"], ["config", "show", "--origin"],
                ["config", "get", "provider.acme.headers"],
            ] {
                let result = try await cli.run(list: command, variables: variables)
                #expect(
                    result.status == 0 && !result.output.contains("hunter2") && result.output.contains("[redacted]"),
                    "\(command)")
            }
            let shown = try await cli.run("config", "show", "--show-secrets", variables: variables)
            #expect(shown.output.contains("hunter2"))
        }
    }

    @Test("An untrusted project's inert keys are listed on stderr")
    func pending() async throws {
        try await CLIFixture.with(files: ["codetether.jsonc": #"{"mcp":{"x":{"command":"evil"}}}"#]) { cli in
            let result = try await cli.run("config", "show")
            #expect(result.output == "{}\n" && result.errors.contains("pending approval: mcp in "))
            let debug = try await cli.run("debug", "config")
            #expect(debug.json?["pending_approval"]?[0]?["command"] == "codetether trust")
        }
    }

    @Test("Schema and paths print without a usable configuration")
    func brokenConfiguration() async throws {
        try await CLIFixture.with(files: ["codetether.jsonc": "{"]) { cli in
            #expect(try await cli.run("config", "path").output == "\(cli.home.configFile)\n")
            #expect(try await cli.run("config", "schema").json?["properties"]?["model"] != nil)
            let paths = try await cli.run("debug", "paths")
            #expect(paths.json?["data"]?.stringValue == cli.home.data.string)
            #expect(paths.json?["workspace"]?.stringValue == cli.workspace.path.string)
        }
    }

    @Test("agent list hides hidden ones; show prints one; an unknown one is 66 with a suggestion")
    func agents() async throws {
        try await CLIFixture.with(files: [
            ".codetether/agents/review.md": "---\ndescription: \"evil \\e[2J\"\nmode: subagent\n---\nReview.\n",
            ".codetether/agents/broken.md": "---\nnope: 1\n---\n",
        ]) { cli in
            let list = try await cli.run("agent", "list", "--json")
            let names = list.json?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            #expect(names.starts(with: ["build", "plan"]) && names.contains("review") && !names.contains("title"))
            #expect(list.errors.contains("broken.md"))
            #expect(try await cli.run("agent", "list", "--all", "--json").json?.arrayValue?.count ?? 0 > names.count)
            let table = try await cli.run("agent", "list")
            #expect(!table.output.unicodeScalars.contains("\u{1B}"))
            #expect(try await cli.run("agent", "show", "plan", "--json").json?["mode"] == "primary")
            let unknown = try await cli.run("agent", "show", "biuld")
            #expect(unknown.status == 66 && unknown.errors.contains("Did you mean build?"))
        }
    }

    @Test("models prints sorted provider/model lines; rows in JSON say whether there is a key")
    func models() async throws {
        try await CLIFixture.with { cli in
            let plain = try await cli.run("models", "anthropic")
            let lines = plain.output.split(separator: "\n").map(String.init)
            #expect(!lines.isEmpty && lines == lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(lines.allSatisfy { $0.hasPrefix("anthropic/") })
            #expect(try await cli.run("models", "anthropic", "--available").output.isEmpty)
            let json = try await cli.run(
                "models", "anthropic", "--json", variables: ["ANTHROPIC_API_KEY": "key-key-key"])
            #expect(json.json?.arrayValue?.count == lines.count)
            #expect(
                json.json?[0]?["credential"]?["source"] == "env ANTHROPIC_API_KEY"
                    && json.json?[0]?["available"] == true)
            #expect(!json.output.contains("key-key-key"))
            let filtered = try await cli.run("models", "anthropic", "--filter", "SONNET")
            #expect(
                !filtered.output.isEmpty && filtered.output.split(separator: "\n").allSatisfy { $0.contains("sonnet") })
            #expect(try await cli.run("models", "nosuch").status == 66)
            #expect(try await cli.run("models", "--tools", "nosuch/x").status == 66)
        }
    }

    @Test("models --tools lists what a model is offered, in order")
    func tools() async throws {
        try await CLIFixture.with { cli in
            let models = try await cli.run("models", "anthropic").output.split(separator: "\n")
            let model = try #require(models.first.map(String.init))
            let tools = try await cli.run("models", "--tools", model, "--json")
            let names = tools.json?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(names.contains("read") && names.contains("edit") && !names.contains("apply_patch"))
        }
    }

    @Test("Without sessions the list is empty and an unknown id is 66")
    func sessions() async throws {
        try await CLIFixture.with { cli in
            #expect(try await cli.run("session", "list", "--json").output == "[]\n")
            let table = try await cli.run("session", "list")
            #expect(table.status == 0 && table.output.isEmpty)
            for command in ["show", "delete"] {
                #expect(try await cli.run("session", command, "ses_00000000000000000000000000").status == 66)
                #expect(try await cli.run("session", command, "../../etc").status == 66)
            }
            #expect(try await cli.run("session", "list", "--since", "soon").status == 64)
            #expect(try await cli.run("session", "list", "-n", "0").status == 64)
        }
    }

    @Test("Commands that only need the configuration make no files")
    func quiet() async throws {
        try await CLIFixture.with { cli in
            for command in [
                ["config", "show"], ["agent", "list"], ["debug", "paths"], ["debug", "config"], ["config", "path"],
            ] {
                _ = try await cli.run(list: command)
            }
            #expect(
                !TestFiles.exists(cli.home.data) && !TestFiles.exists(cli.home.state)
                    && !TestFiles.exists(cli.home.cache))
        }
    }
}
