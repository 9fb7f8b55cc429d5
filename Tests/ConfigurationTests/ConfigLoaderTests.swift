import Configuration
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Loading the configuration")
struct ConfigLoaderTests {
    @Test("Nothing configured gives the defaults")
    func defaults() async throws {
        try await ConfigFixture.with { fixture in
            let loaded = try fixture.load()
            #expect(loaded.config.model == nil)
            #expect(loaded.config.storage.backend == "sqlite")
            #expect(loaded.config.compaction.auto == nil)
            #expect(loaded.workspace == fixture.repo)
            #expect(loaded.origins.isEmpty && loaded.permissionLayers.isEmpty && loaded.warnings.isEmpty)
        }
    }

    @Test("Layers win in the order managed, environment, project (nearest first), CODETETHER_CONFIG, user")
    func precedence() async throws {
        var files = [
            "home/.config/codetether/codetether.jsonc":
                #"{"model":"u/1","small_model":"u/2","default_agent":"plan","log":{"level":"debug"}, "storage":{"backend":"filesystem"}}"#,
            "extra.jsonc": #"{"model":"e/1","small_model":"e/2","default_agent":"e"}"#,
            "repo/codetether.json": #"{"model":"p/1","small_model":"p/2"}"#,
            "repo/codetether.jsonc": #"{"small_model":"p/3"}"#,
            "repo/.codetether/codetether.jsonc": #"{"small_model":"p/4","tui":{"theme":"root"}}"#,
            "repo/sub/codetether.jsonc": #"{"tui":{"theme":"near","mouse":true}}"#,
        ]
        let variables = [
            "CODETETHER_MODEL": "v/1", "CODETETHER_CONFIG_CONTENT": "{\"tui\":{\"mouse\":false},\"model\":\"c/1\"}",
        ]
        try await ConfigFixture.with(files: files, variables: variables) { fixture in
            var fixture = fixture
            fixture.variables["CODETETHER_CONFIG"] = fixture.workspace.path.appending("extra.jsonc").string
            let loaded = try fixture.load(in: "sub")
            #expect(loaded.config.model == "v/1")
            #expect(loaded.config.smallModel == "p/4")
            #expect(loaded.config.defaultAgent == "e")
            #expect(loaded.config.log.level == "debug")
            #expect(loaded.config.storage.backend == "filesystem")
            #expect(loaded.config.raw["tui"] == ["theme": "near", "mouse": false])
            #expect(loaded.origins[ConfigKey(["tui", "theme"])]?.source.hasSuffix("repo/sub/codetether.jsonc") == true)
            #expect(loaded.origins[ConfigKey(["tui", "theme"])]?.position == TextPosition(line: 1, column: 9))
            #expect(loaded.origins[ConfigKey(["model"])]?.source == "$CODETETHER_MODEL")
            #expect(loaded.origins[ConfigKey(["default_agent"])]?.layer == .explicit)
        }
        files["managed/codetether.jsonc"] = #"{"model":"m/1"}"#
        try await ConfigFixture.with(files: files, variables: variables) { fixture in
            let loaded = try fixture.load()
            #expect(loaded.config.model == "m/1")
        }
    }

    @Test("plugins and instructions concatenate without duplicates, other arrays replace")
    func arrays() async throws {
        try await ConfigFixture.with(files: [
            "home/.config/codetether/codetether.jsonc":
                #"{"instructions":["a.md","b.md"],"plugins":["x"],"disabled_providers":["one","two"]}"#,
            "repo/codetether.jsonc":
                #"{"instructions":["b.md","c.md"],"plugins":["y"],"disabled_providers":["three"]}"#,
        ]) { fixture in
            let loaded = try fixture.load()
            #expect(loaded.config.instructions == ["a.md", "b.md", "c.md"])
            #expect(loaded.config.raw["plugins"] == ["x", "y"])
            #expect(loaded.config.disabledProviders == ["three"])
        }
    }

    @Test("An unknown key names file, path, place and the key that was meant")
    func unknownKey() async throws {
        try await ConfigFixture.with(files: [
            "repo/codetether.jsonc": "{\n  \"provider\": {\n    \"acme\": { \"base_ulr\": \"http://x\" }\n  }\n}"
        ]) { fixture in
            let error = try #require(fixture.loadError())
            #expect(error.kind == .unknownKey)
            #expect(
                error.message
                    == "\(fixture.repo)/codetether.jsonc:3:15: provider.acme.base_ulr: The key “base_ulr” is unknown. Did you mean “base_url”?"
            )
            #expect(error.metadata["line"] == "3" && error.metadata["key"] == "provider.acme.base_ulr")
        }
    }

    @Test(
        "A wrong type says what is expected",
        arguments: [
            (#"{"model": 5}"#, "model: This must be a string, not 5."),
            (
                #"{"permission": "maybe"}"#,
                "permission: This must be one of \"allow\", \"ask\", \"deny\" or an object, not the string “maybe”."
            ),
            (
                #"{"permission": {"bash": {"x": 1}}}"#,
                "permission.bash.x: This must be one of \"allow\", \"ask\", \"deny\", not 1."
            ),
            (#"{"server": {"port": 70000}}"#, "server.port: This must be a whole number from 0 to 65535, not 70000."),
            (#"{"instructions": ["a", 2]}"#, "instructions.1: This must be a string, not 2."),
            (
                #"{"agent": {"My Agent": {}}}"#,
                "agent.My Agent: The name “My Agent” is not allowed; it must match ^[a-z0-9][a-z0-9-]{0,63}$."
            ),
            (#"[1]"#, "This must be an object, not an array."),
        ])
    func wrongType(text: String, message: String) async throws {
        try await ConfigFixture.with(files: ["repo/codetether.jsonc": text]) { fixture in
            let error = try #require(fixture.loadError())
            #expect(error.message.hasSuffix(message), "\(error.message)")
        }
    }

    @Test("A missing CODETETHER_CONFIG, a directory and a pipe in place of a file are errors, not hangs")
    func badFiles() async throws {
        try await ConfigFixture.with(variables: ["CODETETHER_CONFIG": "/nonexistent/x.jsonc"]) { fixture in
            #expect(fixture.loadError()?.message.contains("does not exist") == true)
        }
        try await ConfigFixture.with(files: ["repo/codetether.jsonc/x": ""]) { fixture in
            #expect(fixture.loadError()?.kind == .file)
        }
    }

    @Test("{env:} and {file:} are replaced after parsing and remembered for redaction")
    func substitution() async throws {
        try await ConfigFixture.with(
            files: [
                "home/.config/codetether/codetether.jsonc":
                    #"{"model":"{env:P}/{env:M}","provider":{"acme":{"headers":{"x":"{file:key.txt}"},"base_url":"{env:NOPE}x{"}}}"#,
                "home/.config/codetether/key.txt": " \"},\"model\":\"evil \n",
            ], variables: ["P": "acme", "M": "large-model"]
        ) { fixture in
            let loaded = try fixture.load()
            #expect(loaded.config.model == "acme/large-model")
            #expect(loaded.config.provider["acme"]?.headers["x"] == "\"},\"model\":\"evil")
            #expect(loaded.config.provider["acme"]?.baseURL == "x{")
            #expect(loaded.substituted.contains("large-model"))
            #expect(loaded.warnings.count == 1 && loaded.warnings[0].contains("NOPE"))
        }
        try await ConfigFixture.with(files: ["repo/codetether.jsonc": #"{"model":"{file:nope}"}"#]) { fixture in
            let error = try #require(fixture.loadError())
            #expect(error.kind == .reference && error.message.contains(":1:2: model: "))
        }
    }

    @Test("Directories come from CODETETHER_HOME, XDG variables, HOME, in this order")
    func directories() {
        func paths(_ values: [String: String]) -> AppPaths { AppPaths(environment: Environment(values)) }
        #expect(paths(["HOME": "/h"]).config == "/h/.config/codetether")
        #expect(paths(["HOME": "/h"]).state == "/h/.local/state/codetether")
        #expect(paths(["HOME": "/h", "XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "rel"]).data == "/d/codetether")
        #expect(paths(["HOME": "/h", "XDG_CACHE_HOME": "rel"]).cache == "/h/.cache/codetether")
        #expect(paths(["HOME": "/h", "CODETETHER_HOME": "/c", "XDG_DATA_HOME": "/d"]).data == "/c/data")
        #expect(paths(["HOME": "/h"]).expandingHome("~/x") == "/h/x")
        #expect(paths(["HOME": "/h"]).expandingHome("~x") == "~x")
    }
}
