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
        ConfigField("description", .string, "What it is for; other agents choose it by this."),
        ConfigField("mode", .choice(["primary", "subagent", "all"]), "Who may start it; default all."),
        ConfigField("prompt", .string, "Added to the system prompt."),
        ConfigField("model", .string, "provider/model"),
        ConfigField("temperature", .number, "Sent to models that take one."),
        ConfigField("steps", .integer(1...10_000), "Model requests in one turn."),
        ConfigField("hidden", .bool, "Not shown in lists."),
        ConfigField("color", .string, "Its colour in the TUI."),
        ConfigField("permission", permission, "May only tighten."),
        ConfigField("tools", .map(.bool), "Tool names (wildcards allowed) to offer or not."),
    ])

    static let command = ConfigShape.object([
        ConfigField("description", .string, "One sentence for lists."),
        ConfigField("template", .string, "The prompt; $1 … $N and $ARGUMENTS are replaced."),
        ConfigField("agent", .string, "The agent that runs it."),
        ConfigField("model", .string, "provider/model"),
        ConfigField("subtask", .bool, "True runs it in a session of its own."),
    ])

    static let mcpServer = ConfigShape.object([
        ConfigField("type", .choice(["local", "remote", "stdio", "http", "sse"]), "Default: by `command` or `url`."),
        ConfigField("command", .either([.string, strings]), "The program, or the program with its arguments."),
        ConfigField("args", strings, "Arguments of the program."),
        ConfigField("env", stringMap, "Variables of the program."),
        ConfigField("environment", stringMap, "The same as `env`."),
        ConfigField("cwd", .string, "Where the program runs; default the workspace."),
        ConfigField("url", .string, "The address of a server."),
        ConfigField("headers", stringMap, "Extra request headers."),
        ConfigField(
            "oauth", .either([.bool, .map(.any)]), "false: no login; an object: client id, scopes and the like."),
        ConfigField("enabled", .bool, "false: not started."),
        ConfigField("disabled", .bool, "true: not started."),
        ConfigField("timeout", .either([.integer(1...3_600_000), .map(.any)]), "Milliseconds."),
        ConfigField("codemode", .bool, "Accepted for OpenCode's sake; without effect."),
    ])

    static let gate = ConfigShape.object([
        ConfigField(
            "match",
            .object([
                ConfigField("provider", .string, "The provider's id."),
                ConfigField("model", .string, "The model's id."),
                ConfigField("capability", .string, "A capability of the model."),
            ]), "Wildcards; a missing one matches all."),
        ConfigField("prefer", strings, "Tools that are offered, in this order, before others."),
        ConfigField("deny", strings, "Tools that are not offered."),
        ConfigField("fallback", strings, "Tools that are offered when none of `prefer` is there."),
        ConfigField("reason", .string, "Shown by `models --tools`."),
    ])

    static let job = ConfigShape.object([
        ConfigField("enabled", .bool, "false: runs only when asked."),
        ConfigField("interval_minutes", .integer(1...525_600), "Between two runs."),
    ])

    static let root = ConfigShape.object([
        ConfigField("$schema", .string, "Where editors find this schema."),
        ConfigField("model", .string, "The default model, provider/model."),
        ConfigField("small_model", .string, "The model for titles, provider/model."),
        ConfigField("default_agent", .string, "The agent of a new session; default build."),
        ConfigField("provider", .map(provider), "Providers by id; merged over the catalogue."),
        ConfigField("disabled_providers", strings, "These are not there."),
        ConfigField("enabled_providers", strings, "When given, only these."),
        ConfigField("permission", permission, "What may be done without asking."),
        ConfigField("agent", .map(agent, names: .agent), "Agents by name; merged over the built-in ones."),
        ConfigField("command", .map(command), "Commands by name."),
        ConfigField("mcp", .map(mcpServer, names: .server), "MCP servers by name."),
        ConfigField("plugins", .array(.either([.string, .map(.any)])), "Directories of plugins."),
        ConfigField(
            "tools", .object([ConfigField("gating", .array(gate), "First match wins.")]),
            "Which models get which tools."),
        ConfigField("instructions", strings, "Files or globs whose text goes into the system prompt."),
        ConfigField(
            "skills", .object([ConfigField("paths", strings, "More directories with skills.")]),
            "Where skills are found."),
        ConfigField(
            "snapshot",
            .object([
                ConfigField("enabled", .bool, "Default true."),
                ConfigField("max_file_bytes", count, "Larger files are left out; default 10 MiB."),
                ConfigField("max_files", count, "Workspaces with more files are not snapshotted."),
                ConfigField("max_total_bytes", count, "On disk for one project; default 5 GiB."),
                ConfigField("retention_days", count, "How long what no session references is kept."),
            ]), "What undo can give back."),
        ConfigField(
            "share",
            .object([
                ConfigField("mode", .choice(["manual", "auto", "disabled"]), "Default manual."),
                ConfigField("url", .string, "The share service."),
                ConfigField("serve", .bool, "Mounts the share service."),
            ]), "Sharing of sessions."),
        ConfigField(
            "storage",
            .object([
                ConfigField("backend", .choice(["sqlite", "filesystem", "postgres"]), "Default sqlite."),
                ConfigField("url", .string, "postgres://…; CODETETHER_STORAGE_URL wins."),
            ]), "Where sessions are kept."),
        ConfigField(
            "vault",
            .object([
                ConfigField("address", .string, "VAULT_ADDR wins."), ConfigField("mount", .string, "Default secret."),
                ConfigField("path", .string, "Default codetether/providers."),
                ConfigField("namespace", .string, "Vault Enterprise's namespace."),
                ConfigField("auth", .either([.string, .map(.any)]), "How to log in; default by token."),
            ]), "Provider keys from HashiCorp Vault."),
        ConfigField(
            "server",
            .object([
                ConfigField("hostname", .string, "Default 127.0.0.1."),
                ConfigField("port", port, "Default 4096; 0 = any free one."),
                ConfigField("cors", strings, "Other origins that may call."),
                ConfigField("allowed_hosts", strings, "Other names it may be called by."),
                ConfigField("auth", .either([.bool, .string, .map(.any)]), "false: none, on loopback only."),
                ConfigField("base_path", .string, "Before every path."),
            ]), "`serve` and `web`."),
        ConfigField(
            "compaction",
            .object([
                ConfigField("auto", .bool, "Default true."),
                ConfigField("reserve_tokens", count, "Kept free for the answer."),
            ]), "Summaries of conversations that get too long."),
        ConfigField(
            "sandbox",
            .object([
                ConfigField("mode", .choice(["auto", "bwrap", "landlock", "off"]), "Default auto."),
                ConfigField("network", .bool, "Default false: allowed commands have no network."),
                ConfigField("writable", strings, "More directories that commands may write."),
            ]), "What commands can reach."),
        ConfigField(
            "lsp",
            .map(
                .object([
                    ConfigField("command", strings, "The program with its arguments."),
                    ConfigField("extensions", strings, "Of the files it is for."),
                    ConfigField("env", stringMap, "Variables of the program."),
                    ConfigField("disabled", .bool, "true: not started."),
                ])), "Language servers by name."),
        ConfigField(
            "tui",
            .object([
                ConfigField("theme", .string, "The theme's name."),
                ConfigField("keybinds", stringMap, "Keys by action."),
                ConfigField("mouse", .bool, "Whether the mouse is used."),
            ]), "The terminal interface."),
        ConfigField(
            "a2a",
            .object([
                ConfigField("enabled", .bool, "Serves /a2a."), ConfigField("url", .string, "The address in the card."),
                ConfigField("agents", .map(.any), "Other agents by name."),
                ConfigField("push_allow", strings, "Push targets in private networks that are allowed."),
            ]), "Agent to agent."),
        ConfigField("models_url", .string, "Where `models --refresh` gets the catalogue."),
        ConfigField(
            "worker",
            .object([
                ConfigField("server", .string, "The server's address."),
                ConfigField("prefix", .string, "Default /v1/agent."), ConfigField("token", .string, "Its token."),
                ConfigField("codebases", .either([strings, .map(.any)]), "Directories that it works in."),
                ConfigField("auto_approve", .choice(["all", "safe", "none"]), "What it does without asking."),
            ]), "`worker`."),
        ConfigField(
            "scheduler", .map(job), "Recurring jobs by id, as `codetether scheduler list` shows them."),
        ConfigField(
            "log",
            .object([
                ConfigField("level", .choice(["trace", "debug", "info", "warning", "error"]), "Default info."),
                ConfigField("format", .choice(["text", "json"]), "Default text."),
            ]), "The log file in the state directory."),
    ])
}
