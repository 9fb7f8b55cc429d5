import Configuration
import Support

/// Puts one model together from what the table, a local server and the config say; the later one wins. Pure.
enum ModelMerge {
    static func spec(
        id: String, entry: ProviderEntry, row: ModelSnapshot.Row?, local: LocalModel?, config: ModelConfig?,
        options: JSONObject?
    ) -> ModelSpec {
        var limits = row.map { ModelSpec.Limits(context: $0.context, output: $0.output) }
        if limits == nil {
            let isPlainLocal = entry.route.isLocal && !entry.isConfigured
            limits = isPlainLocal ? ModelCatalogue.unknownLocalLimits : ModelCatalogue.unknownLimits
        }
        var limit = limits ?? ModelCatalogue.unknownLimits
        if let context = local?.context, context > 0 {
            limit = ModelSpec.Limits(context: context, output: max(context / 2, 1))
        }
        if let context = config?.contextLimit {
            limit = ModelSpec.Limits(context: context, output: context > 0 ? min(limit.output, context) : limit.output)
        }
        if let output = config?.outputLimit { limit = ModelSpec.Limits(context: limit.context, output: output) }
        let flags = row?.flags
        var capabilities = ModelSpec.Capabilities()
        if let flags {
            capabilities = ModelSpec.Capabilities(
                tools: flags.contains("t"), reasoning: flags.contains("r"), temperature: !flags.contains("n"),
                images: flags.contains("i"), documents: flags.contains("d"))
        }
        if let value = config?.toolCall { capabilities.tools = value }
        if let value = config?.reasoning { capabilities.reasoning = value }
        if let value = config?.temperature { capabilities.temperature = value }
        if let value = config?.attachment { capabilities.images = value }
        if let input = config?.inputModalities {
            capabilities.images = input.contains("image")
            capabilities.documents = input.contains("pdf")
        }
        var route = entry.route
        apply(id: id, flags: flags ?? [], to: &route.quirks, providerID: entry.id)
        for name in config?.headers.keys.sorted() ?? [] {
            if let value = config?.headers[name] { route.headers.append(HTTPField(name, value)) }
        }
        if let options = config?.options { apply(options, to: &route.quirks) }
        var wireID = config?.id ?? id
        if entry.id == "bedrock", config?.id == nil { wireID = inferenceProfile(id, auth: route.auth) }
        return ModelSpec(
            providerID: entry.id, modelID: id, wireID: wireID, name: config?.name ?? row?.name ?? id, limits: limit,
            cost: cost(row?.cost, config?.cost), capabilities: capabilities, route: route, options: entry.options,
            released: row?.released)
    }

    /// How a protocol's own service is authenticated.
    static func auth(_ api: WireAPI) -> AuthScheme {
        switch api {
        case .openAIChat, .openAIResponses: .bearer
        case .anthropic: .header("x-api-key")
        case .google: .header("x-goog-api-key")
        case .bedrock: .aws(region: "us-east-1")
        }
    }

    /// `options` of a provider or model: `extra_body`, `reasoning_field`, `max_tokens_field`, `prompt_cache_key`,
    /// `stream_usage`, `reasoning_effort`, `token_url`.
    static func apply(_ options: JSONObject, to quirks: inout Quirks) {
        if let body = options["extra_body"]?.objectValue {
            for member in body { quirks.extraBody[member.key] = member.value }
        }
        if let field = options["reasoning_field"]?.stringValue { quirks.reasoningField = field.isEmpty ? nil : field }
        if let field = options["max_tokens_field"]?.stringValue, !field.isEmpty { quirks.maxTokensField = field }
        if let url = options["token_url"]?.stringValue { quirks.tokenURL = url.isEmpty ? nil : url }
        if let value = options["prompt_cache_key"]?.boolValue { quirks.promptCacheKey = value }
        if let value = options["stream_usage"]?.boolValue { quirks.streamUsage = value }
        if let value = options["reasoning_effort"]?.boolValue { quirks.reasoningEffort = value }
    }

    private static func apply(id: String, flags: Set<Character>, to quirks: inout Quirks, providerID: String) {
        quirks.adaptiveThinking = flags.contains("a")
        quirks.thinkingLevels = flags.contains("l") || (providerID == "google" && id.hasPrefix("gemini-3"))
        if providerID == "openrouter", id.hasPrefix("anthropic/") { quirks.anthropicCacheMarkers = true }
        if providerID == "bedrock" {
            quirks.cachePoints = id.utf8Contains("anthropic.claude") || id.utf8Contains("amazon.nova")
            quirks.toolCachePoint = id.utf8Contains("anthropic.claude")
        }
    }

    /// Models that are only served through a profile of the region's group; an id that already has one stays.
    private static func inferenceProfile(_ id: String, auth: AuthScheme) -> String {
        guard case .aws(let region) = auth,
            ["anthropic.", "amazon.nova-premier", "meta.", "deepseek."].contains(where: { id.hasPrefix($0) })
        else { return id }
        if region.hasPrefix("us-gov") { return "us-gov." + id }
        if region.hasPrefix("us-") || region.hasPrefix("ca-") { return "us." + id }
        if region.hasPrefix("eu-") { return "eu." + id }
        if region.hasPrefix("ap-") { return (id.hasPrefix("anthropic.") ? "global." : "apac.") + id }
        return id
    }

    private static func cost(_ known: ModelSpec.Cost?, _ config: ModelCostConfig?) -> ModelSpec.Cost? {
        guard let config else { return known }
        return ModelSpec.Cost(
            input: config.input ?? known?.input ?? 0, output: config.output ?? known?.output ?? 0,
            cacheRead: config.cacheRead ?? known?.cacheRead, cacheWrite: config.cacheWrite ?? known?.cacheWrite,
            reasoning: config.reasoning ?? known?.reasoning,
            // Prices of one's own hold for requests of any length.
            tiers: config.input == nil && config.output == nil ? known?.tiers ?? [] : [])
    }
}
