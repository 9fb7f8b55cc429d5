/// Every key of the configuration (CONTRACT §1). Adding a key here gives it validation and a place in the JSON Schema.
enum ConfigKeys {
    static let action = ConfigShape.choice(["allow", "ask", "deny"])
    static let permission = ConfigShape.either([action, .map(.either([action, .map(action)]))])
    static let strings = ConfigShape.array(.string)
    static let stringMap = ConfigShape.map(.string)
    static let count = ConfigShape.integer(0...Int64.max)
    static let positive = ConfigShape.integer(1...Int64.max)
    static let port = ConfigShape.integer(0...65_535)

    static let cost = ConfigShape.object([
        ConfigField("input", .number, "USD per million input tokens."),
        ConfigField("output", .number, "USD per million output tokens."),
        ConfigField("cache_read", .number, "USD per million tokens read from the provider's cache."),
        ConfigField("cache_write", .number, "USD per million tokens written to the provider's cache."),
        ConfigField("reasoning", .number, "USD per million reasoning tokens; default: as output."),
    ])

    static let model = ConfigShape.object([
        ConfigField("id", .string, "The name sent to the provider, when it differs from the key."),
        ConfigField("name", .string, "The name shown."),
        ConfigField("tool_call", .bool, "Whether the model can call tools."),
        ConfigField("reasoning", .bool, "Whether the model reasons before it answers."),
        ConfigField("attachment", .bool, "Whether the model takes images and files."),
        ConfigField("temperature", .bool, "Whether the model takes a temperature."),
        ConfigField(
            "limit",
            .object([
                ConfigField("context", count, "Tokens of context."),
                ConfigField("input", count, "Tokens of input, when less than the context."),
                ConfigField("output", count, "Tokens of output."),
            ])),
        ConfigField("cost", cost),
        ConfigField("modalities", .object([ConfigField("input", strings), ConfigField("output", strings)])),
        ConfigField("options", .map(.any), "Extra fields of the request body."),
        ConfigField("headers", stringMap, "Extra request headers."),
    ])

    static let provider = ConfigShape.object([
        ConfigField("name", .string, "The name shown."),
        ConfigField(
            "api", .choice(["openai-chat", "openai-responses", "anthropic", "google", "bedrock"]), "The wire protocol."),
        ConfigField("base_url", .string, "Everything before /chat/completions, /responses or /messages."),
        ConfigField("auth", .choice(["auto", "none"]), "`none` sends no key."),
        ConfigField("env", strings, "Names of the variables that may hold the key, first set one wins."),
        ConfigField("headers", stringMap, "Extra request headers."),
        ConfigField("models", .map(model), "Models by id; merged over the catalogue."),
        ConfigField(
            "options", .map(.any),
            "timeout_ms, idle_timeout_ms, retry_base_ms, max_retries, and what the provider's protocol takes."),
    ])

    static let agent = ConfigShape.object([
        ConfigField("description", .string),
        ConfigField("mode", .choice(["primary", "subagent", "all"])),
        ConfigField("prompt", .string, "Added to the system prompt."),
        ConfigField("model", .string, "provider/model"),
        ConfigField("temperature", .number),
        ConfigField("steps", .integer(1...10_000), "Model requests in one turn."),
        ConfigField("hidden", .bool),
        ConfigField("color", .string),
        ConfigField("permission", permission, "May only tighten."),
        ConfigField("tools", .map(.bool), "Tool names (wildcards allowed) to offer or not."),
    ])

    static let command = ConfigShape.object([
        ConfigField("description", .string),
        ConfigField("template", .string, "The prompt; $1 … $N and $ARGUMENTS are replaced."),
        ConfigField("agent", .string),
        ConfigField("model", .string),
        ConfigField("subtask", .bool),
    ])

    static let mcpServer = ConfigShape.object([
        ConfigField("type", .choice(["local", "remote", "stdio", "http", "sse"])),
        ConfigField("command", .either([.string, strings])),
        ConfigField("args", strings),
        ConfigField("env", stringMap),
        ConfigField("environment", stringMap),
        ConfigField("cwd", .string),
        ConfigField("url", .string),
        ConfigField("headers", stringMap),
        ConfigField("oauth", .either([.bool, .map(.any)])),
        ConfigField("enabled", .bool),
        ConfigField("disabled", .bool),
        ConfigField("timeout", .either([.integer(1...3_600_000), .map(.any)]), "Milliseconds."),
        ConfigField("codemode", .bool),
    ])

    static let gate = ConfigShape.object([
        ConfigField(
            "match",
            .object([
                ConfigField("provider", .string), ConfigField("model", .string), ConfigField("capability", .string),
            ]), "Wildcards; a missing one matches all."),
        ConfigField("prefer", strings),
        ConfigField("deny", strings),
        ConfigField("fallback", strings),
        ConfigField("reason", .string),
    ])

    static let root = ConfigShape.object([
        ConfigField("$schema", .string, "Where editors find this schema."),
        ConfigField("model", .string, "The default model, provider/model."),
        ConfigField("small_model", .string, "The model for titles, provider/model."),
        ConfigField("default_agent", .string, "The agent of a new session; default build."),
        ConfigField("provider", .map(provider), "Providers by id; merged over the catalogue."),
        ConfigField("disabled_providers", strings),
        ConfigField("enabled_providers", strings, "When given, only these."),
        ConfigField("permission", permission, "What may be done without asking."),
        ConfigField("agent", .map(agent, names: .agent)),
        ConfigField("command", .map(command)),
        ConfigField("mcp", .map(mcpServer, names: .server)),
        ConfigField("plugins", .array(.either([.string, .map(.any)]))),
        ConfigField("tools", .object([ConfigField("gating", .array(gate), "First match wins.")])),
        ConfigField("instructions", strings, "Files or globs whose text goes into the system prompt."),
        ConfigField("skills", .object([ConfigField("paths", strings)])),
        ConfigField(
            "snapshot",
            .object([
                ConfigField("enabled", .bool), ConfigField("max_file_bytes", count), ConfigField("max_files", count),
                ConfigField("max_total_bytes", count), ConfigField("retention_days", count),
            ])),
        ConfigField(
            "share",
            .object([
                ConfigField("mode", .choice(["manual", "auto", "disabled"])), ConfigField("url", .string),
                ConfigField("serve", .bool, "Mounts the share service."),
            ])),
        ConfigField(
            "storage",
            .object([
                ConfigField("backend", .choice(["sqlite", "filesystem", "postgres"])), ConfigField("url", .string),
            ])),
        ConfigField(
            "vault",
            .object([
                ConfigField("address", .string), ConfigField("mount", .string), ConfigField("path", .string),
                ConfigField("namespace", .string), ConfigField("auth", .either([.string, .map(.any)])),
            ])),
        ConfigField(
            "server",
            .object([
                ConfigField("hostname", .string), ConfigField("port", port), ConfigField("cors", strings),
                ConfigField("allowed_hosts", strings), ConfigField("auth", .either([.bool, .string, .map(.any)])),
                ConfigField("base_path", .string),
            ])),
        ConfigField(
            "compaction",
            .object([
                ConfigField("auto", .bool), ConfigField("reserve_tokens", count, "Kept free for the answer."),
            ])),
        ConfigField(
            "sandbox",
            .object([
                ConfigField("mode", .choice(["auto", "bwrap", "landlock", "off"])), ConfigField("network", .bool),
                ConfigField("writable", strings),
            ])),
        ConfigField(
            "lsp",
            .map(
                .object([
                    ConfigField("command", strings), ConfigField("extensions", strings), ConfigField("env", stringMap),
                    ConfigField("disabled", .bool),
                ]))),
        ConfigField(
            "tui",
            .object([
                ConfigField("theme", .string), ConfigField("keybinds", stringMap), ConfigField("mouse", .bool),
            ])),
        ConfigField(
            "a2a",
            .object([
                ConfigField("enabled", .bool), ConfigField("url", .string), ConfigField("agents", .map(.any)),
                ConfigField("push_allow", strings),
            ])),
        ConfigField("models_url", .string, "Where `models --refresh` gets the catalogue."),
        ConfigField(
            "worker",
            .object([
                ConfigField("server", .string), ConfigField("prefix", .string), ConfigField("token", .string),
                ConfigField("codebases", .either([strings, .map(.any)])),
                ConfigField("auto_approve", .choice(["all", "safe", "none"])),
            ])),
        ConfigField("scheduler", .map(.any)),
        ConfigField(
            "log",
            .object([
                ConfigField("level", .choice(["trace", "debug", "info", "warning", "error"])),
                ConfigField("format", .choice(["text", "json"])),
            ])),
    ])
}
