import Support
import SystemPackage

/// Collects agents: built-in ones, those of the configuration, and `agents/NAME.md` files.
package struct AgentDefinitions: Sendable, Equatable {
    /// Built-in ones in their order, then the others by name.
    package var agents: [AgentDefinition]
    /// A sentence for each file that was skipped.
    package var problems: [String]

    package static let maxFiles = 512
    package static let maxFileBytes = 256 << 10

    /// Later ones change the fields they give: built-in, the user's `agents/`, `agent.*` of the configuration, then
    /// `.codetether/agents/` from the workspace root down.
    ///
    /// A repository's agent of an existing name may only tighten its permissions and take tools away. A broken file is
    /// reported and skipped. Blocking, small reads only.
    package static func load(_ loaded: LoadedConfig, builtIn: [AgentDefinition]) -> AgentDefinitions {
        var build = Builder(agents: builtIn)
        build.addFiles(in: loaded.paths.config.appending("agents"), isProject: false)
        for (name, config) in loaded.config.agent.sorted(by: { $0.key < $1.key }) {
            let key = ConfigKey(["agent", name])
            let origins = loaded.origins.filter { $0.key.isWithin(key) }
            let isProject = !loaded.isTrusted && origins.values.contains { $0.layer == .project }
            build.apply(config, name: name, source: .config, isProject: isProject) { path in
                // An action for all patterns, or for everything, stands at a shorter key.
                var components = key.components + ["permission"] + path.components
                while components.count > key.components.count {
                    if let line = origins[ConfigKey(components)]?.line { return line }
                    components.removeLast()
                }
                return "agent.\(name)"
            }
        }
        for folder in Workspace.chain(from: loaded.workspace, to: loaded.directory) {
            build.addFiles(in: folder.appending(".codetether/agents"), isProject: true, root: loaded.workspace)
        }
        let known = Set(builtIn.map(\.name))
        let others = build.agents.filter { !known.contains($0.name) }.sorted { $0.name < $1.name }
        return AgentDefinitions(
            agents: build.agents.filter { known.contains($0.name) } + others, problems: build.problems)
    }

    /// Reads one agent file: front matter with known keys only, the body is the prompt.
    package static func parse(_ bytes: [UInt8], name: String) throws -> AgentConfig {
        guard ConfigNameRule.agent.accepts(name) else {
            throw ConfigError(
                .key, "The file name “\(name)” is no agent name; use a-z, 0-9 and hyphens, at most 64.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigError(.syntax, "The file is not UTF-8 text.")
        }
        let matter = try FrontMatter.parse(text)
        var fields = matter.fields
        if fields["prompt"] != nil {
            throw ConfigError(
                .unknownKey, "The prompt is the text below the front matter, not a key.", key: ConfigKey(["prompt"]))
        }
        for (name, value) in fields where value.isNull { fields[name] = nil }
        try ConfigKeys.agent.validate(.object(fields), at: ConfigKey())
        var config = AgentConfig(json: .object(fields))
        let body = matter.body.trimmingBlanks
        config.prompt = body.isEmpty ? nil : body
        return config
    }

    private struct Builder {
        var agents: [AgentDefinition]
        var problems: [String] = []
        var files = 0

        mutating func addFiles(in directory: FilePath, isProject: Bool, root: FilePath? = nil) {
            guard FileIO.isDirectory(directory), let entries = try? FileIO.list(directory, limit: 10_000) else {
                return
            }
            for entry in entries.sorted(by: { $0.name.string < $1.name.string }) where entry.name.extension == "md" {
                let path = directory.appending(entry.name)
                files += 1
                guard files <= AgentDefinitions.maxFiles else { return }
                do {
                    if let root, !Workspace.contains(path, root: root) {
                        throw ConfigError(.file, "The file is outside the workspace.")
                    }
                    guard let bytes = try ConfigFileReader.read(path, limit: AgentDefinitions.maxFileBytes) else {
                        continue
                    }
                    let config = try AgentDefinitions.parse(bytes, name: entry.name.stem)
                    apply(config, name: entry.name.stem, source: .file(path), isProject: isProject) { key in
                        "\(path):\(FrontMatter.line(of: ["permission"] + key.components, in: bytes))"
                    }
                } catch {
                    let reason =
                        (error as? ConfigError).map(Self.reason) ?? (error as? any AppError)?.message ?? "unreadable"
                    problems.append(HostileText.escaped("\(path): \(reason) The agent is left out.", multiline: false))
                }
            }
        }

        private static func reason(_ error: ConfigError) -> String {
            error.key.map { "\($0): \(error.detail)" } ?? error.detail
        }

        mutating func apply(
            _ config: AgentConfig, name: String, source: AgentDefinition.Source, isProject: Bool,
            place: (ConfigKey) -> String
        ) {
            let rules = PermissionConfig(json: config.permission ?? .null, source: place)
            guard let index = agents.firstIndex(where: { $0.name == name }) else {
                agents.append(
                    AgentDefinition(
                        name: name, description: config.description ?? "", mode: config.mode ?? .all,
                        model: config.model, prompt: config.prompt, steps: config.steps,
                        temperature: config.temperature, permission: rules, tools: config.tools ?? [:],
                        hidden: config.hidden ?? false, color: config.color, source: source))
                return
            }
            var agent = agents[index]
            agent.description = config.description ?? agent.description
            agent.mode = config.mode ?? agent.mode
            agent.model = config.model ?? agent.model
            agent.prompt = config.prompt ?? agent.prompt
            agent.steps = config.steps ?? agent.steps
            agent.temperature = config.temperature ?? agent.temperature
            agent.hidden = config.hidden ?? agent.hidden
            agent.color = config.color ?? agent.color
            if isProject {
                agent.projectPermission.rules += rules.rules
                for (tool, offered) in config.tools ?? [:] where !offered { agent.tools[tool] = false }
            } else {
                if config.permission != nil { agent.permission = rules }
                agent.tools.merge(config.tools ?? [:]) { $1 }
            }
            agent.source = source
            agents[index] = agent
        }
    }
}
