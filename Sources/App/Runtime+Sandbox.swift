package import Configuration
package import Sandbox
import Support
import SystemPackage

extension Runtime {
    /// What contains the commands of tools, MCP servers and language servers in this workspace. Nothing is tried yet, unless
    /// the configuration demands a mode.
    /// - Throws: `SandboxError` when that mode cannot be had: nothing is to be run then.
    package func sandbox(skills: [Skill]) async throws -> Sandbox {
        if let sandboxService { return sandboxService }
        let sandbox = Sandbox(
            settings: config.sandboxSettings, workspace: (try? FileIO.realPath(config.workspace)) ?? config.workspace,
            home: paths.home, environment: environment,
            own: [paths.config, paths.data, paths.state, paths.cache],
            visible: [paths.config.appending("skills"), paths.data.appending("tool-output")] + skills.map(\.directory),
            temporary: paths.cache.appending("tmp"))
        sandboxService = sandbox
        if config.sandboxSettings.mode != nil { _ = try await sandbox.requireStatus() }
        return sandbox
    }
}

extension LoadedConfig {
    /// `sandbox`, with the directories that `external_directory` rules allow by name.
    package var sandboxSettings: SandboxSettings {
        func path(_ text: String) -> FilePath? {
            let path = FilePath(paths.expandingHome(text))
            return path.isAbsolute ? path : workspace.pushing(path).lexicallyNormalized()
        }
        func rules(_ layers: [PermissionLayer]) -> [ConfiguredRule] {
            layers.flatMap(\.config.rules).filter { $0.permission == "external_directory" }
        }
        let denied = rules(permissionLayers).filter { $0.action != .allow }.map(\.pattern)
        // What a layer that may only tighten allows is not allowed by that.
        let allowed = rules(permissionLayers.filter { $0.authority != .tightens }).filter {
            $0.action == .allow && !denied.contains($0.pattern)
        }
        let opened = allowed.compactMap { rule -> FilePath? in
            var text = rule.pattern[...]
            while text.hasSuffix("/*") { text = text.dropLast(2) }
            guard !text.isEmpty, !text.utf8.contains(where: { $0 == 0x2A || $0 == 0x3F }) else { return nil }
            return path(String(text))
        }
        // "auto" is no mode of its own.
        return SandboxSettings(
            mode: SandboxMode(rawValue: config.sandbox.mode), network: config.sandbox.network,
            writable: config.sandbox.writable.compactMap(path) + opened)
    }
}
