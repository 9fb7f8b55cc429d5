package import Support

/// The providers that are known without any configuration. Data only: making the list touches neither files nor network.
package enum ProviderCatalogue {
    /// In the order in which a default model is looked for.
    /// - Parameter environment: region and resource names of AWS, Azure and local servers' addresses come from it.
    package static func entries(_ environment: Environment) -> [ProviderEntry] {
        [
            anthropic, openAI, google, openRouter, bedrock(environment), azure(environment), copilot,
            chat("moonshotai", "Moonshot AI", "https://api.moonshot.ai/v1", ["MOONSHOT_API_KEY"], flagship: "kimi-k2.5")
            {
                $0.reasoningField = "reasoning_content"
                $0.promptCacheKey = true
            },
            chat(
                "zhipuai", "Zhipu AI", "https://open.bigmodel.cn/api/paas/v4", ["ZHIPU_API_KEY", "ZAI_API_KEY"],
                flagship: "glm-4.7", small: "glm-4.5-air"
            ) { $0.reasoningField = "reasoning_content" },
            chat("deepseek", "DeepSeek", "https://api.deepseek.com/v1", ["DEEPSEEK_API_KEY"], flagship: "deepseek-chat")
            {
                $0.reasoningField = "reasoning_content"
            },
            chat(
                "groq", "Groq", "https://api.groq.com/openai/v1", ["GROQ_API_KEY"], flagship: "openai/gpt-oss-120b",
                small: "openai/gpt-oss-20b"
            ) { $0.reasoningEffort = true },
            chat(
                "mistral", "Mistral", "https://api.mistral.ai/v1", ["MISTRAL_API_KEY"],
                flagship: "devstral-medium-latest", small: "mistral-small-latest"
            ) {
                $0.nineCharacterCallIDs = true
                $0.assistantAfterTool = true
                $0.streamUsage = false
            },
            chat(
                "xai", "xAI", "https://api.x.ai/v1", ["XAI_API_KEY"], flagship: "grok-4.3",
                small: "grok-build-0.1"
            ),
            chat("cerebras", "Cerebras", "https://api.cerebras.ai/v1", ["CEREBRAS_API_KEY"], flagship: "gpt-oss-120b") {
                $0.maxTokensField = "max_completion_tokens"
            },
            chat(
                "togetherai", "Together AI", "https://api.together.xyz/v1", ["TOGETHER_API_KEY"],
                flagship: "moonshotai/Kimi-K2.5"),
            chat(
                "fireworks", "Fireworks AI", "https://api.fireworks.ai/inference/v1", ["FIREWORKS_API_KEY"],
                flagship: "accounts/fireworks/models/kimi-k2p5"
            ) { $0.reasoningField = "reasoning_content" },
            chat(
                "novita", "Novita AI", "https://api.novita.ai/openai/v1", ["NOVITA_API_KEY"],
                flagship: "deepseek/deepseek-v3.2"),
            minimax,
            chat("stepfun", "StepFun", "https://api.stepfun.com/v1", ["STEPFUN_API_KEY"], flagship: "step-3"),
            chat(
                "nvidia", "NVIDIA", "https://integrate.api.nvidia.com/v1", ["NVIDIA_API_KEY"],
                flagship: "openai/gpt-oss-120b"),
            local("ollama", "Ollama", port: 11_434, environment, "OLLAMA_HOST"),
            local("lmstudio", "LM Studio", port: 1_234, environment, "LMSTUDIO_HOST"),
            local("llama.cpp", "llama.cpp", port: 8_080, environment, "LLAMACPP_HOST"),
        ]
    }

    /// Other names under which providers are known.
    package static let aliases: [String: String] = [
        "amazon-bedrock": "bedrock", "aws": "bedrock", "gemini": "google", "kimi": "moonshotai",
        "moonshot": "moonshotai",
        "zai": "zhipuai", "zhipu": "zhipuai", "together": "togetherai", "fireworks-ai": "fireworks",
        "novita-ai": "novita", "llamacpp": "llama.cpp", "llama-cpp": "llama.cpp", "lm-studio": "lmstudio",
        "copilot": "github-copilot", "grok": "xai",
    ]

    /// What models.dev calls those that have another name here.
    static let catalogueNames: [String: String] = [
        "bedrock": "amazon-bedrock", "fireworks": "fireworks-ai", "novita": "novita-ai",
    ]

    /// The ids of all entries.
    static let ids = Set(entries(Environment()).map(\.id))

    private static let anthropic = ProviderEntry(
        id: "anthropic", name: "Anthropic",
        route: Route(
            api: .anthropic, baseURL: "https://api.anthropic.com/v1", auth: .header("x-api-key"),
            keyNames: ["ANTHROPIC_API_KEY"]),
        flagship: "claude-sonnet-4-5", small: "claude-haiku-4-5")

    private static var openAI: ProviderEntry {
        var quirks = Quirks()
        quirks.promptCacheKey = true
        quirks.reasoningEffort = true
        quirks.maxTokensField = "max_completion_tokens"
        return ProviderEntry(
            id: "openai", name: "OpenAI",
            route: Route(
                api: .openAIResponses, baseURL: "https://api.openai.com/v1", quirks: quirks,
                keyNames: ["OPENAI_API_KEY"]),
            flagship: "gpt-5.4", small: "gpt-5.4-mini")
    }

    private static let google = ProviderEntry(
        id: "google", name: "Google",
        route: Route(
            api: .google, baseURL: "https://generativelanguage.googleapis.com/v1beta", auth: .header("x-goog-api-key"),
            keyNames: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]),
        flagship: "gemini-3.1-pro-preview", small: "gemini-2.5-flash")

    private static var openRouter: ProviderEntry {
        var quirks = Quirks()
        quirks.reasoningField = "reasoning_details"
        quirks.extraBody = ["usage": ["include": true]]
        return ProviderEntry(
            id: "openrouter", name: "OpenRouter",
            route: Route(
                api: .openAIChat, baseURL: "https://openrouter.ai/api/v1",
                headers: [HTTPField("x-title", "codetether")], quirks: quirks, keyNames: ["OPENROUTER_API_KEY"]),
            flagship: "anthropic/claude-sonnet-4.5", small: "google/gemini-2.5-flash", isOpen: true)
    }

    private static func bedrock(_ environment: Environment) -> ProviderEntry {
        let values = environment.values
        let region =
            [values["AWS_REGION"], values["AWS_DEFAULT_REGION"]].compactMap { $0 }.first { !$0.isEmpty }
            ?? "us-east-1"
        return ProviderEntry(
            id: "bedrock", name: "Amazon Bedrock",
            route: Route(
                api: .bedrock, baseURL: "https://bedrock-runtime.\(region).amazonaws.com", auth: .aws(region: region),
                keyNames: ["AWS_BEARER_TOKEN_BEDROCK"]),
            flagship: "anthropic.claude-sonnet-4-5-20250929-v1:0", small: "anthropic.claude-haiku-4-5-20251001-v1:0",
            isOpen: true)
    }

    private static func azure(_ environment: Environment) -> ProviderEntry {
        let resource = environment.values["AZURE_RESOURCE_NAME"] ?? ""
        var quirks = Quirks()
        quirks.promptCacheKey = true
        quirks.reasoningEffort = true
        return ProviderEntry(
            id: "azure", name: "Azure OpenAI",
            route: Route(
                api: .openAIResponses,
                baseURL:
                    "https://\(resource.isEmpty ? "AZURE_RESOURCE_NAME-is-not-set" : resource).openai.azure.com/openai/v1",
                auth: .header("api-key"), quirks: quirks, keyNames: ["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"]),
            // A deployment has the name that its owner gave it.
            isOpen: true)
    }

    private static var copilot: ProviderEntry {
        var quirks = Quirks()
        quirks.copilotHeaders = true
        quirks.tokenURL = "https://api.github.com/copilot_internal/v2/token"
        return ProviderEntry(
            id: "github-copilot", name: "GitHub Copilot",
            route: Route(
                api: .openAIChat, baseURL: "https://api.githubcopilot.com",
                headers: [
                    HTTPField("copilot-integration-id", "vscode-chat"), HTTPField("editor-version", "vscode/1.104.1"),
                    HTTPField("openai-intent", "conversation-edits"),
                ], quirks: quirks, keyNames: ["GITHUB_COPILOT_TOKEN", "GITHUB_TOKEN"]),
            small: "gpt-5-mini", isOpen: true)
    }

    private static let minimax = ProviderEntry(
        id: "minimax", name: "MiniMax",
        route: Route(
            api: .anthropic, baseURL: "https://api.minimax.io/anthropic/v1", auth: .header("x-api-key"),
            keyNames: ["MINIMAX_API_KEY"]),
        flagship: "MiniMax-M2.1")

    private static func chat(
        _ id: String, _ name: String, _ baseURL: String, _ env: [String], flagship: String? = nil, small: String? = nil,
        _ change: (inout Quirks) -> Void = { _ in }
    ) -> ProviderEntry {
        var quirks = Quirks()
        change(&quirks)
        return ProviderEntry(
            id: id, name: name, route: Route(api: .openAIChat, baseURL: baseURL, quirks: quirks, keyNames: env),
            flagship: flagship, small: small)
    }

    private static func local(
        _ id: String, _ name: String, port: Int, _ environment: Environment, _ variable: String
    ) -> ProviderEntry {
        var base = "http://127.0.0.1:\(port)"
        if let host = environment.values[variable], !host.isEmpty {
            let text = host.utf8Contains("://") ? host : "http://" + host
            if let url = URLParts(text) {
                let shown = url.host == "0.0.0.0" ? "127.0.0.1" : url.host
                let hasPort = text.dropFirst(url.scheme.utf8.count + 3).utf8.contains(UInt8(ascii: ":"))
                base = "\(url.scheme)://\(shown):\(hasPort ? url.port : port)"
            }
        }
        var quirks = Quirks()
        quirks.reasoningField = "reasoning_content"
        return ProviderEntry(
            id: id, name: name,
            route: Route(api: .openAIChat, baseURL: base + "/v1", auth: .none, quirks: quirks, isLocal: true),
            isOpen: true)
    }
}
