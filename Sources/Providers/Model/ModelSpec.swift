package import Schema

/// One model that can be asked: what it can do, what it costs, and by which route.
package struct ModelSpec: Sendable, Equatable {
    /// Sizes in tokens.
    package struct Limits: Sendable, Equatable {
        /// Everything together; 0 = unknown.
        package var context: Int
        /// The longest answer; at least 1.
        package var output: Int

        package init(context: Int, output: Int) {
            self.context = max(0, context)
            self.output = max(1, output)
        }
    }

    /// USD per 1,000,000 tokens.
    package struct Cost: Sendable, Equatable {
        /// Other prices for every token of a request with a long input.
        package struct Tier: Sendable, Equatable {
            /// Holds for requests with more input tokens than this, cached ones included.
            package var above: Int
            package var input: Double
            package var output: Double
            /// Nil: as `input`.
            package var cacheRead: Double?
            /// Nil: as `input`.
            package var cacheWrite: Double?

            package init(
                above: Int, input: Double, output: Double, cacheRead: Double? = nil, cacheWrite: Double? = nil
            ) {
                self.above = above
                self.input = input
                self.output = output
                self.cacheRead = cacheRead
                self.cacheWrite = cacheWrite
            }
        }

        package var input: Double
        package var output: Double
        /// Nil: as `input`.
        package var cacheRead: Double?
        /// Nil: as `input`.
        package var cacheWrite: Double?
        /// Nil: as `output`.
        package var reasoning: Double?
        /// At most 8.
        package var tiers: [Tier]

        package init(
            input: Double, output: Double, cacheRead: Double? = nil, cacheWrite: Double? = nil,
            reasoning: Double? = nil, tiers: [Tier] = []
        ) {
            self.tiers = tiers
            self.input = input
            self.output = output
            self.cacheRead = cacheRead
            self.cacheWrite = cacheWrite
            self.reasoning = reasoning
        }

        /// The prices of a request with so many input tokens, cached ones included.
        package func prices(inputTokens: Int) -> Cost {
            guard let tier = tiers.filter({ $0.above < inputTokens }).max(by: { $0.above < $1.above }) else {
                return self
            }
            return Cost(
                input: tier.input, output: tier.output, cacheRead: tier.cacheRead, cacheWrite: tier.cacheWrite,
                reasoning: reasoning == nil || reasoning == output ? nil : reasoning)
        }
    }

    package struct Capabilities: Sendable, Equatable {
        /// Can call tools; false = is offered none.
        package var tools: Bool
        package var reasoning: Bool
        /// Takes a temperature.
        package var temperature: Bool
        /// Takes images.
        package var images: Bool
        /// Takes PDF documents.
        package var documents: Bool

        package init(
            tools: Bool = true, reasoning: Bool = false, temperature: Bool = true, images: Bool = false,
            documents: Bool = false
        ) {
            self.tools = tools
            self.reasoning = reasoning
            self.temperature = temperature
            self.images = images
            self.documents = documents
        }

        /// True when the model takes any attachment.
        package var attachment: Bool { images || documents }
        /// 2.1's words: `text`, `image`, `pdf`.
        package var inputModalities: [String] { ["text"] + (images ? ["image"] : []) + (documents ? ["pdf"] : []) }
    }

    package var providerID: String
    /// The id within its provider, as users write it.
    package var modelID: String
    /// The id that the provider's API gets.
    package var wireID: String
    /// For people.
    package var name: String
    package var limits: Limits
    /// Nil: unknown, counted as 0.
    package var cost: Cost?
    package var capabilities: Capabilities
    /// Protocol, endpoint, authentication.
    package var route: Route
    /// Time limits and retries of its provider.
    package var options: ProviderOptions
    /// `YYYY-MM-DD`, nil when unknown.
    package var released: String?

    package init(
        providerID: String, modelID: String, wireID: String? = nil, name: String? = nil, limits: Limits,
        cost: Cost? = nil, capabilities: Capabilities = Capabilities(), route: Route,
        options: ProviderOptions = ProviderOptions(), released: String? = nil
    ) {
        self.providerID = providerID
        self.modelID = modelID
        self.wireID = wireID ?? modelID
        self.name = name ?? modelID
        self.limits = limits
        self.cost = cost
        self.capabilities = capabilities
        self.route = route
        self.options = options
        self.released = released
    }

    /// `provider/model`.
    package var id: String { "\(providerID)/\(modelID)" }

    /// The reference that messages carry.
    package var ref: ModelRef { ModelRef(id: modelID, providerID: providerID, variant: nil) }

    /// What a request asks for when nobody says: at most 32,000 tokens and half of the context.
    package var defaultOutputTokens: Int {
        var tokens = min(limits.output, 32_000)
        if limits.context > 0 { tokens = min(tokens, max(limits.context / 2, 1)) }
        return max(tokens, 1)
    }
}

/// What a number of tokens costs.
package enum Cost {
    /// In USD; 0 for a model without known prices.
    /// - Parameter usage: `input` without cached tokens, `output` without reasoning tokens, as `ModelEvent.usage` has them.
    package static func of(_ usage: TokenUsage, _ spec: ModelSpec) -> Double {
        guard let cost = spec.cost?.prices(inputTokens: usage.input + usage.cache.read + usage.cache.write) else {
            return 0
        }
        let input = Double(usage.input) * cost.input
        let output = Double(usage.output) * cost.output
        let reasoning = Double(usage.reasoning) * (cost.reasoning ?? cost.output)
        let read = Double(usage.cache.read) * (cost.cacheRead ?? cost.input)
        let write = Double(usage.cache.write) * (cost.cacheWrite ?? cost.input)
        return (input + output + reasoning + read + write) / 1_000_000
    }
}
