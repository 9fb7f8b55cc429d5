import Configuration
import Support
import Testing

@Suite("The configuration's schema")
struct ConfigSchemaTests {
    @Test("It names every key of the contract")
    func keys() {
        let contract = [
            "$schema", "model", "small_model", "default_agent", "provider", "disabled_providers", "enabled_providers",
            "permission", "agent", "command", "mcp", "plugins", "tools", "instructions", "skills", "snapshot", "share",
            "storage", "vault", "server", "compaction", "sandbox", "lsp", "tui", "a2a", "models_url", "worker",
            "scheduler", "log",
        ]
        #expect(Set(ConfigSchema.topLevelKeys) == Set(contract))
        #expect(ConfigSchema.json["properties"]?.objectValue?.count == contract.count)
        #expect(ConfigSchema.json["additionalProperties"] == false)
    }

    @Test("`config set` knows which values are text")
    func text() throws {
        #expect(ConfigSchema.isText(try ConfigKey(parsing: "model")) == true)
        #expect(ConfigSchema.isText(try ConfigKey(parsing: "permission.bash")) == true)
        #expect(ConfigSchema.isText(try ConfigKey(parsing: "snapshot.enabled")) == false)
        #expect(ConfigSchema.isText(try ConfigKey(parsing: "nope")) == nil)
    }

    @Test("Suggestions are near, and none is made for something else")
    func suggestions() {
        #expect(Suggestion.nearest(to: "modle", in: ["model", "mcp"]) == "model")
        #expect(Suggestion.nearest(to: "Permission", in: ["permission"]) == "permission")
        #expect(Suggestion.nearest(to: "zebra", in: ["model", "mcp"]) == nil)
    }
}
