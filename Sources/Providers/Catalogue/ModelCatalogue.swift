package import Configuration
package import Support

/// All providers and models: the compiled-in ones with the config merged over them, and what local servers said.
///
/// A value; making one reads nothing (a configured provider without an address may be looked up in the cached catalogue) and
/// asks nobody. Models are looked up a provider at a time; what the cached catalogue says of a model replaces what is compiled in.
package struct ModelCatalogue: Sendable {
    /// Limits of a model of a configured provider about which nothing is known, in tokens.
    package static let unknownLimits = ModelSpec.Limits(context: 128_000, output: 8_192)
    /// The same for a local server that does not tell its context.
    package static let unknownLocalLimits = ModelSpec.Limits(context: 8_192, output: 4_096)

    /// All usable providers: known ones first, then those that only the config has, by id.
    package let providers: [ProviderEntry]
    private let config: Config
    private let secrets: SecretSource
    private let cached: CachedCatalogue
    private var localModels: [String: [LocalModel]] = [:]

    /// - Parameters:
    ///   - config: its `provider`, `enabled_providers`, `disabled_providers`, `model` and `small_model` count.
    ///   - secrets: which providers have a key, for the default model and for listings.
    ///   - cached: what the last refresh brought.
    package init(
        config: Config, environment: Environment, secrets: SecretSource? = nil,
        cached: CachedCatalogue = CachedCatalogue(file: nil)
    ) {
        self.config = config
        self.cached = cached
        self.secrets = secrets ?? EnvironmentSecrets.source(environment)
        var entries = ProviderCatalogue.entries(environment)
        for id in config.provider.keys.sorted() {
            guard let override = config.provider[id] else { continue }
            let known = ProviderCatalogue.aliases[id].flatMap { name in entries.contains { $0.id == name } ? name : nil
            }
            if let index = entries.firstIndex(where: { $0.id == (known ?? id) }) {
                entries[index] = Self.merged(override, over: entries[index])
            } else {
                let known =
                    override.baseURL == nil ? cached.provider(id).flatMap { ProviderEntry(id: id, cached: $0) } : nil
                let base =
                    known
                    ?? ProviderEntry(
                        id: id, name: id, route: Route(api: .openAIChat, baseURL: ""), isConfigured: true)
                entries.append(Self.merged(override, over: base))
            }
        }
        let disabled = Set(config.disabledProviders.map(Self.canonical))
        let enabled = config.enabledProviders.map { Set($0.map(Self.canonical)) }
        providers = entries.filter { entry in
            !disabled.contains(entry.id) && (enabled?.contains(entry.id) ?? true)
        }
    }

    /// The same catalogue, knowing what `LocalDetection` found.
    package func adding(_ models: [LocalModel]) -> ModelCatalogue {
        var copy = self
        for model in models { copy.localModels[model.providerID, default: []].append(model) }
        return copy
    }

    /// The provider of an id or alias.
    package func provider(_ id: String) -> ProviderEntry? {
        providers.first { $0.id == id } ?? providers.first { $0.id == Self.canonical(id) } ?? cachedProvider(id)
    }

    /// A provider that only the cached catalogue knows.
    private func cachedProvider(_ id: String) -> ProviderEntry? {
        guard Self.canonical(id) == id, !ProviderCatalogue.ids.contains(id),
            !config.disabledProviders.contains(id), config.enabledProviders?.contains(id) ?? true
        else { return nil }
        return cached.provider(id).flatMap { ProviderEntry(id: id, cached: $0) }
    }

    /// All usable providers, those that only the cached catalogue knows at the end, by id. Reads the whole cache.
    package var allProviders: [ProviderEntry] {
        let known = Set(providers.map(\.id))
        return providers + cached.providerIDs.filter { !known.contains($0) }.compactMap(cachedProvider)
    }

    /// True when the provider can be asked: it has a key or needs none, and a local one has answered.
    package func isAvailable(_ entry: ProviderEntry) -> Bool {
        if entry.route.isLocal, !entry.isConfigured { return localModels[entry.id] != nil }
        return secrets(entry.id, entry.route) != nil || entry.route.keyIsOptional
    }

    /// All known models, sorted by the bytes of `provider/model`.
    /// - Parameter providerID: nil = of every provider.
    package func models(provider providerID: String? = nil) -> [ModelSpec] {
        let chosen = providerID.map { id in provider(id).map { [$0] } ?? [] } ?? allProviders
        return chosen.flatMap { entry in
            let rows = rows(entry)
            return knownIDs(entry, rows).compactMap { spec($0, entry, rows) }
        }
        .sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
    }

    /// The model of `provider/model`, where the model's id may contain slashes; a bare id is taken if exactly one provider
    /// with a key has it.
    package func resolve(_ text: String) throws(CatalogueError) -> ModelSpec {
        let shown = HostileText.escaped(text, multiline: false)
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")), slash != text.utf8.startIndex else {
            let matches = providers.filter { isAvailable($0) && knownIDs($0).contains(text) }
            if matches.count == 1, let entry = matches.first, let spec = spec(text, entry) { return spec }
            throw unknown(.malformed, "\"\(shown)\" is no model; a model is written provider/model.", text)
        }
        let providerID = String(text[..<slash])
        let modelID = String(text[text.utf8.index(after: slash)...])
        guard let entry = provider(providerID) else {
            throw unknown(
                .providerNotFound,
                "There is no provider \"\(HostileText.escaped(providerID, multiline: false))\" for the model \(shown).",
                text)
        }
        let isKnown = knownIDs(entry).contains(modelID)
        guard !modelID.isEmpty, isKnown || acceptsAnyModel(entry), let spec = spec(modelID, entry) else {
            throw unknown(
                .modelNotFound, "There is no model \"\(shown)\" at \(entry.name).",
                text)
        }
        guard !spec.route.baseURL.isEmpty else {
            throw CatalogueError(
                .providerNotFound,
                "The provider \(entry.id) has no base_url; set provider.\(entry.id).base_url in the config.")
        }
        return spec
    }

    /// The configured model, else the flagship of the first provider that has a key.
    package func defaultModel() throws(CatalogueError) -> ModelSpec {
        if let model = config.model { return try resolve(model) }
        for entry in providers where !entry.route.isLocal && secrets(entry.id, entry.route) != nil {
            if let flagship = entry.flagship, let spec = spec(flagship, entry) { return spec }
        }
        for entry in providers where entry.isConfigured || localModels[entry.id] != nil {
            guard isAvailable(entry), let id = knownIDs(entry).first, let spec = spec(id, entry) else { continue }
            if !spec.route.baseURL.isEmpty { return spec }
        }
        throw CatalogueError(
            .authentication,
            "No model is chosen and no provider has a key: set ANTHROPIC_API_KEY, OPENAI_API_KEY or another provider's "
                + "variable, or choose a model with -m provider/model or the config key model.")
    }

    /// A cheap model for titles and summaries: the configured one, else the provider's own, nil when there is none.
    package func smallModel(for model: ModelSpec) -> ModelSpec? {
        if let name = config.smallModel { return try? resolve(name) }
        guard let entry = provider(model.providerID), let small = entry.small else { return nil }
        return spec(small, entry)
    }

    /// At most three known ids that are close to the text, the closest first.
    package func suggestions(for text: String) -> [String] {
        let wanted = Array(text.lowercased().utf8.prefix(128))
        let bare = wanted.firstIndex(of: UInt8(ascii: "/")).map { Array(wanted[($0 + 1)...]) } ?? wanted
        var scored: [(score: Int, id: String)] = []
        for model in models() {
            let id = Array(model.id.lowercased().utf8)
            let name = Array(model.modelID.lowercased().utf8)
            let distance = min(EditDistance.between(wanted, id), EditDistance.between(bare, name) + 1)
            let limit = max(2, bare.count / 2)
            if distance <= limit {
                scored.append((distance * 2 + (provider(model.providerID).map(isAvailable) == true ? 0 : 1), model.id))
            }
        }
        return scored.sorted { ($0.score, $0.id) < ($1.score, $1.id) }.prefix(3).map(\.id)
    }

    private func unknown(_ code: CatalogueError.Code, _ sentence: String, _ text: String) -> CatalogueError {
        let near = suggestions(for: text)
        let advice =
            near.isEmpty
            ? "`codetether models` lists what there is." : "Did you mean \(near.joined(separator: ", "))?"
        return CatalogueError(code, "\(sentence) \(advice)", suggestions: near)
    }

    private static func canonical(_ id: String) -> String { ProviderCatalogue.aliases[id] ?? id }

    private func override(_ entry: ProviderEntry) -> ProviderConfig? {
        if let found = config.provider[entry.id] { return found }
        return config.provider.first { ProviderCatalogue.aliases[$0.key] == entry.id }?.value
    }

    /// A provider of the configuration that lists no models, and one whose models nobody lists, take any name.
    private func acceptsAnyModel(_ entry: ProviderEntry) -> Bool {
        guard entry.isConfigured else { return entry.isOpen }
        return override(entry)?.models.isEmpty ?? true
    }

    /// The models of a provider that are known by name, compiled in or cached.
    private func rows(_ entry: ProviderEntry) -> [ModelSnapshot.Row] {
        var rows = ModelSnapshot.rows(provider: entry.id)
        let name = ProviderCatalogue.catalogueNames[entry.id] ?? entry.id
        let isOwnServer = entry.route.isLocal && ProviderCatalogue.ids.contains(entry.id)
        guard !isOwnServer, let models = cached.provider(name)?["models"]?.objectValue else { return rows }
        for index in rows.indices {
            guard let model = models[rows[index].id],
                var row = ModelSnapshot.Row(id: rows[index].id, cached: model)
            else { continue }
            // How a model thinks is not in the cached catalogue.
            row.flags.formUnion(rows[index].flags.intersection(["a", "l"]))
            rows[index] = row
        }
        let compiled = Set(rows.map(\.id))
        for (id, model) in models where !compiled.contains(id) {
            if let row = ModelSnapshot.Row(id: id, cached: model) { rows.append(row) }
        }
        return rows
    }

    private func knownIDs(_ entry: ProviderEntry, _ rows: [ModelSnapshot.Row]? = nil) -> [String] {
        var ids = (rows ?? self.rows(entry)).map(\.id)
        var known = Set(ids)
        for id in override(entry)?.models.keys.sorted() ?? [] where known.insert(id).inserted { ids.append(id) }
        for model in localModels[entry.id] ?? [] where known.insert(model.id).inserted { ids.append(model.id) }
        return ids
    }

    private func spec(_ id: String, _ entry: ProviderEntry, _ rows: [ModelSnapshot.Row]? = nil) -> ModelSpec? {
        let row = (rows ?? self.rows(entry)).first { $0.id == id }
        let local = localModels[entry.id]?.first { $0.id == id }
        let config = override(entry)
        return ModelMerge.spec(
            id: id, entry: entry, row: row, local: local, config: config?.models[id], options: config?.options)
    }

    /// What the config says about a provider, over what is known.
    private static func merged(_ config: ProviderConfig, over entry: ProviderEntry) -> ProviderEntry {
        var entry = entry
        entry.isConfigured = true
        if let name = config.name { entry.name = name }
        if let api = config.api.flatMap({ WireAPI(rawValue: $0.rawValue) }), api != entry.route.api {
            entry.route.api = api
            entry.route.auth = ModelMerge.auth(api)
        }
        if let base = config.baseURL {
            var text = Substring(base)
            while text.hasSuffix("/") { text.removeLast() }
            entry.route.baseURL = String(text)
            if URLParts(entry.route.baseURL)?.isLoopback == true { entry.route.isLocal = true }
        }
        if config.auth == ProviderAuthMode.none { entry.route.auth = .none }
        if !config.env.isEmpty {
            entry.route.keyNames = config.env
            // A local server that was given a key gets it.
            if entry.route.auth == .none, config.auth != ProviderAuthMode.none {
                entry.route.auth = ModelMerge.auth(entry.route.api)
            }
        }
        for name in config.headers.keys.sorted() {
            guard let value = config.headers[name] else { continue }
            entry.route.headers.append(HTTPField(name, value))
        }
        entry.options = ProviderOptions(.object(config.options))
        ModelMerge.apply(config.options, to: &entry.route.quirks)
        return entry
    }
}

/// Levenshtein distance over bytes.
enum EditDistance {
    static func between(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let change = diagonal + (byte == right[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
