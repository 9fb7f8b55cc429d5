package import Support
package import SystemPackage

/// Finds, reads, checks and merges the configuration. Blocking, but only small local files: below 3 ms in all.
package struct ConfigLoader: Sendable {
    private let environment: Environment
    private let paths: AppPaths
    private let directory: FilePath
    private let explicit: FilePath?
    private let trusted: Bool?

    /// - Parameters:
    ///   - cwd: the session's directory, absolute.
    ///   - explicit: the file of `--config`; it takes the place of `$CODETETHER_CONFIG`.
    ///   - trusted: `nil` asks `state/trust.json`.
    package init(
        environment: Environment, paths: AppPaths, cwd: FilePath, explicit: FilePath? = nil, trusted: Bool? = nil
    ) {
        self.environment = environment
        self.paths = paths
        directory = cwd
        self.explicit = explicit
        self.trusted = trusted
    }

    /// One layer after substitution and validation.
    private struct Part {
        var layer: ConfigLayer
        var source: String
        var document: JSONCDocument?
        var json: JSON
        /// False for a project file without approval.
        var isApproved = true

        func origin(_ key: ConfigKey) -> ConfigOrigin {
            ConfigOrigin(layer: layer, source: source, position: document?.position(of: key))
        }
    }

    /// The merged configuration. Throws `ConfigError` for the first file that is not right; nothing is half applied.
    package func load() throws(ConfigError) -> LoadedConfig {
        let workspace = Workspace.root(of: directory)
        var loaded = LoadedConfig(
            config: Config(), origins: [:], permissionLayers: [], pendingApproval: [], warnings: [], sources: [],
            substituted: [], paths: paths, directory: directory, workspace: workspace, isTrusted: false,
            trust: WorkspaceTrust(workspace: workspace, file: paths.trustFile, assumed: trusted))
        var parts: [Part] = []
        try readFirst(
            [paths.userConfigFile, paths.config.appending("codetether.json")], .user, into: &parts, &loaded)
        if let file = explicitFile {
            guard try readFile(file, .explicit, into: &parts, &loaded) else {
                throw ConfigError(
                    .file, "This configuration file does not exist; check --config or CODETETHER_CONFIG.",
                    source: file.string)
            }
        }
        try readProject(workspace, into: &parts, &loaded)
        try readEnvironment(into: &parts, &loaded)
        try readFirst(
            [paths.managed.appending("codetether.jsonc"), paths.managed.appending("codetether.json")], .managed,
            into: &parts, &loaded)
        merge(parts, into: &loaded)
        return loaded
    }

    private var explicitFile: FilePath? {
        if let explicit { return directory.pushing(explicit) }
        return environment["CODETETHER_CONFIG"].map { directory.pushing(FilePath(paths.expandingHome($0))) }
    }

    private func readFirst(
        _ candidates: [FilePath], _ layer: ConfigLayer, into parts: inout [Part], _ loaded: inout LoadedConfig
    ) throws(ConfigError) {
        for file in candidates { if try readFile(file, layer, into: &parts, &loaded) { return } }
    }

    private func readFile(
        _ file: FilePath, _ layer: ConfigLayer, into parts: inout [Part], _ loaded: inout LoadedConfig
    ) throws(ConfigError) -> Bool {
        let bytes = try Self.bytes(file)
        if bytes != nil || layer != .project {
            loaded.sources.append(ConfigSource(layer: layer, path: file, isPresent: bytes != nil))
        }
        guard let bytes else { return false }
        parts.append(
            try part(bytes, layer, source: file.string, directory: file.removingLastComponent(), &loaded))
        return true
    }

    private static func bytes(_ file: FilePath) throws(ConfigError) -> [UInt8]? {
        do {
            return try ConfigFileReader.read(file, limit: JSONCDocument.maxBytes)
        } catch {
            throw ConfigError(.file, error.message, source: file.string, cause: error)
        }
    }

    /// Farthest folder first; in one folder `.codetether/` wins, and `.jsonc` over `.json`.
    private func readProject(
        _ workspace: FilePath, into parts: inout [Part], _ loaded: inout LoadedConfig
    ) throws(ConfigError) {
        var files: [FilePath] = []
        for folder in Workspace.chain(from: workspace, to: directory) {
            for name in [
                "codetether.json", "codetether.jsonc", ".codetether/codetether.json", ".codetether/codetether.jsonc",
            ] {
                let file = folder.appending(name)
                if file != paths.userConfigFile, FileIO.exists(file) { files.append(file) }
            }
        }
        for file in files { _ = try readFile(file, .project, into: &parts, &loaded) }
        lookForUnapproved(workspace, configFiles: Set(files), &loaded)
    }

    /// What other files of the project define without effect, and whether anything is left to approve.
    private func lookForUnapproved(
        _ workspace: FilePath, configFiles: Set<FilePath>, _ loaded: inout LoadedConfig
    ) {
        let items: [TrustScan.Item]
        do throws(FileError) {
            items = try TrustScan.items(
                trust: loaded.trust, workspace: workspace, directory: directory, ignoring: paths.userConfigFile)
        } catch {
            loaded.warnings.append("The workspace cannot be approved: \(error.message)")
            loaded.isTrusted = trusted ?? false
            return
        }
        loaded.isTrusted = loaded.trust.isKnown && items.allSatisfy(\.isApproved)
        var seen: Set<PendingApproval> = []
        for item in items where !item.isApproved && !configFiles.contains(item.file) {
            for name in item.defines {
                let pending = PendingApproval(key: name, file: item.file)
                if loaded.pendingApproval.count < 1_024, seen.insert(pending).inserted {
                    loaded.pendingApproval.append(pending)
                }
            }
        }
    }

    private func readEnvironment(into parts: inout [Part], _ loaded: inout LoadedConfig) throws(ConfigError) {
        if let content = environment["CODETETHER_CONFIG_CONTENT"] {
            parts.append(
                try part(
                    Array(content.utf8), .environment, source: "$CODETETHER_CONFIG_CONTENT", directory: directory,
                    &loaded))
        }
        func add(_ name: String, _ json: (JSON) -> JSON) {
            guard let value = environment[name], !value.isEmpty else { return }
            parts.append(Part(layer: .environment, source: "$\(name)", document: nil, json: json(.string(value))))
        }
        add("CODETETHER_MODEL") { ["model": $0] }
        add("CODETETHER_MODELS_URL") { ["models_url": $0] }
        add("CODETETHER_STORAGE_URL") { ["storage": ["backend": "postgres", "url": $0]] }
    }

    private func part(
        _ bytes: [UInt8], _ layer: ConfigLayer, source: String, directory: FilePath, _ loaded: inout LoadedConfig
    ) throws(ConfigError) -> Part {
        do throws(ConfigError) {
            let document = try JSONCDocument(bytes)
            var json = document.json
            let isApproved = layer != .project || loaded.trust.approves(FilePath(source), bytes: bytes)
            do throws(ConfigError) {
                if !isApproved {
                    try ConfigSchema.validate(json)
                    let reduced = UntrustedConfig.reduce(json, file: FilePath(source))
                    json = reduced.kept
                    loaded.pendingApproval += reduced.pending
                } else if ConfigSubstitution.isNeeded(in: json) {
                    var substitution = ConfigSubstitution(environment: environment, paths: paths, directory: directory)
                    json = try substitution.apply(json, at: ConfigKey())
                    loaded.substituted += substitution.inserted
                    loaded.warnings += substitution.warnings.map { "\(source): \($0)" }
                }
                try ConfigSchema.validate(json)
            } catch {
                throw ConfigError(
                    error.kind, error.detail, source: source, key: error.key,
                    position: error.key.map { document.position(of: $0) }, cause: error.cause)
            }
            return Part(layer: layer, source: source, document: document, json: json, isApproved: isApproved)
        } catch {
            throw error.located(in: source)
        }
    }

    private func merge(_ parts: [Part], into loaded: inout LoadedConfig) {
        var merged: JSON = .object(JSONObject())
        var origins: [ConfigKey: ConfigOrigin] = [:]
        var rules: [RuleLayer: JSON] = [:]
        var places: [RuleLayer: [ConfigKey: String]] = [:]
        for part in parts {
            var json = part.json
            if case .object(var object) = json, let permission = object["permission"] {
                let table = PermissionConfig.normalized(permission)
                let layer = RuleLayer(part.layer, isApproved: part.isApproved)
                rules[layer] = ConfigMerge.merge(rules[layer] ?? .object(JSONObject()), table)
                ConfigMerge.forEachLeaf(table) { key in
                    let place = part.document?.position(of: ConfigKey(["permission"] + key.components))
                    places[layer, default: [:]][key] = place.map { "\(part.source):\($0.line)" } ?? part.source
                }
                object["permission"] = table
                json = .object(object)
            }
            merged = ConfigMerge.merge(merged, json)
            ConfigMerge.forEachLeaf(json) { origins[$0] = part.origin($0) }
        }
        loaded.permissionLayers = RuleLayer.allCases.compactMap { layer in
            guard let table = rules[layer] else { return nil }
            let known = places[layer] ?? [:]
            return PermissionLayer(
                name: layer.name, authority: layer.authority,
                config: PermissionConfig(json: table) { known[$0] ?? layer.name })
        }
        loaded.origins = origins
        loaded.config = Config(json: merged)
    }
}

/// The permission layers, lowest first. What a project file may say depends on its own approval.
private enum RuleLayer: CaseIterable {
    case user, approvedProject, project, managed

    init(_ layer: ConfigLayer, isApproved: Bool) {
        switch layer {
        case .project: self = isApproved ? .approvedProject : .project
        case .managed: self = .managed
        case .user, .explicit, .environment: self = .user
        }
    }

    var name: String {
        switch self {
        case .user: "user"
        case .approvedProject, .project: "project"
        case .managed: "managed"
        }
    }

    var authority: PermissionLayer.Authority {
        switch self {
        case .user, .managed: .overrides
        case .approvedProject: .tightensOrAllowsAsks
        case .project: .tightens
        }
    }
}
