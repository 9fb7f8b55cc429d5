package import Support
package import SystemPackage

/// Who says something; later cases win over earlier ones.
package enum ConfigLayer: String, Sendable, Hashable, CaseIterable {
    case user
    /// `$CODETETHER_CONFIG` or `--config`.
    case explicit
    case project
    /// `CODETETHER_CONFIG_CONTENT`, `CODETETHER_MODEL` and other variables.
    case environment
    case managed
}

/// Where a value comes from.
package struct ConfigOrigin: Sendable, Hashable, CustomStringConvertible {
    package var layer: ConfigLayer
    /// A path, or the name of a variable with `$`.
    package var source: String
    /// `nil` when the source has no lines.
    package var position: TextPosition?

    package init(layer: ConfigLayer, source: String, position: TextPosition? = nil) {
        self.layer = layer
        self.source = source
        self.position = position
    }

    /// `file:line`.
    package var line: String { position.map { "\(source):\($0.line)" } ?? source }

    /// `file:line:column`.
    package var description: String { position.map { "\(source):\($0.line):\($0.column)" } ?? source }
}

/// The permission rules of one layer, with what that layer may do.
package struct PermissionLayer: Sendable, Hashable {
    package enum Authority: Sendable, Hashable {
        /// A matching rule replaces what lower layers said.
        case overrides
        /// A rule counts only when it is stricter.
        case tightens
        /// As `tightens`, and an allow may replace an ask.
        case tightensOrAllowsAsks
    }
    package var name: String
    package var authority: Authority
    package var config: PermissionConfig

    package init(name: String, authority: Authority, config: PermissionConfig) {
        self.name = name
        self.authority = authority
        self.config = config
    }
}

/// A file that was looked for.
package struct ConfigSource: Sendable, Hashable {
    package var layer: ConfigLayer
    package var path: FilePath
    package var isPresent: Bool
}

/// The merged configuration with its history.
package struct LoadedConfig: Sendable {
    package var config: Config
    /// The source of every leaf of `config.raw`; arrays that concatenate have the highest contributor.
    package var origins: [ConfigKey: ConfigOrigin]
    /// Lowest first: user, project, managed. Built-in rules and agents are not in it.
    package var permissionLayers: [PermissionLayer]
    /// What an untrusted project defines and does not get.
    package var pendingApproval: [PendingApproval]
    package var warnings: [String]
    /// The files looked for, lowest precedence first; of a project only those that exist.
    package var sources: [ConfigSource]
    /// Texts that `{env:}` and `{file:}` put in, for redaction.
    package var substituted: [String]
    package var paths: AppPaths
    /// The session's directory.
    package var directory: FilePath
    /// The git root, or the directory itself.
    package var workspace: FilePath
    /// True when the workspace was approved and everything it defines still is.
    package var isTrusted: Bool
    /// Answers for single files, so that what one file defines does not depend on another.
    package var trust: WorkspaceTrust

    /// The merged value at a path.
    package func value(at key: ConfigKey) -> JSON? {
        var json: JSON? = config.raw
        for component in key.components {
            if let index = Int(component), case .array(let values)? = json {
                json = values.indices.contains(index) ? values[index] : nil
            } else {
                json = json?[component]
            }
        }
        return json
    }
}
