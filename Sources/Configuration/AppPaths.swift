package import Support
package import SystemPackage

/// The directories codetether owns (CONTRACT §1). A value: nothing is created or checked by making one.
package struct AppPaths: Sendable, Equatable {
    /// `codetether.jsonc`, `agents/`, `commands/`, `skills/`.
    package var config: FilePath
    /// The session store, snapshots, tool output, credentials.
    package var data: FilePath
    /// Trust, discovery files, logs, locks.
    package var state: FilePath
    /// May be deleted at any time.
    package var cache: FilePath
    /// Where an administrator's `codetether.jsonc` lives; nothing the user sets overrides it.
    package var managed: FilePath
    /// The user's home directory; `/` when `HOME` is unset or relative.
    package var home: FilePath

    /// Directories from `CODETETHER_HOME`, else `XDG_*_HOME`, else the XDG defaults below `HOME`.
    ///
    /// Relative values are ignored, as the XDG specification asks.
    package init(environment: Environment, managed: FilePath = "/etc/codetether") {
        func absolute(_ name: String) -> FilePath? {
            guard let value = environment.values[name], value.utf8.first == UInt8(ascii: "/") else { return nil }
            return FilePath(value)
        }
        home = absolute("HOME") ?? "/"
        self.managed = managed
        if let root = absolute("CODETETHER_HOME") {
            config = root.appending("config")
            data = root.appending("data")
            state = root.appending("state")
            cache = root.appending("cache")
            return
        }
        config = (absolute("XDG_CONFIG_HOME") ?? home.appending(".config")).appending("codetether")
        data = (absolute("XDG_DATA_HOME") ?? home.appending(".local/share")).appending("codetether")
        state = (absolute("XDG_STATE_HOME") ?? home.appending(".local/state")).appending("codetether")
        cache = (absolute("XDG_CACHE_HOME") ?? home.appending(".cache")).appending("codetether")
    }

    /// The user's configuration file: the `.jsonc` one, also when it does not exist yet.
    package var userConfigFile: FilePath { config.appending("codetether.jsonc") }
    /// Approvals of workspaces; read here, written by `codetether trust`.
    package var trustFile: FilePath { state.appending("trust.json") }

    /// `path` with a leading `~` or `$HOME` replaced by the home directory; other text is kept.
    package func expandingHome(_ path: String) -> String {
        for prefix in ["~", "$HOME"] where path == prefix || path.hasPrefix(prefix + "/") {
            let rest = path.dropFirst(prefix.count + 1)
            return rest.isEmpty ? home.string : home.appending(String(rest)).string
        }
        return path
    }
}
