package import SystemPackage

/// What a command may do, with real paths; the input of a plan. A pure value.
package struct SandboxPolicy: Sendable, Equatable {
    /// The workspace's real path.
    package var workspace: FilePath
    package var changesWorkspace: Bool
    /// Real paths that may be changed.
    package var writable: [FilePath]
    /// Real paths that may be read although they are in hidden ones.
    package var readable: [FilePath]
    /// Real paths that are hidden.
    package var hidden: [FilePath]
    /// The directory that the command gets as `/tmp` (bubblewrap) or as `TMPDIR` (Landlock); nil = an empty `/tmp` or none.
    package var temporary: FilePath?
    package var network: Bool

    package init(
        workspace: FilePath, changesWorkspace: Bool = true, writable: [FilePath] = [], readable: [FilePath] = [],
        hidden: [FilePath] = [], temporary: FilePath? = nil, network: Bool = false
    ) {
        self.workspace = workspace
        self.changesWorkspace = changesWorkspace
        self.writable = writable
        self.readable = readable
        self.hidden = hidden
        self.temporary = temporary
        self.network = network
    }
}

/// What is known of the files of the machine when a plan is made.
package struct SandboxFacts: Sendable {
    /// What stands at a path, links not followed.
    package enum Kind: Sendable { case directory, file, link, missing }

    package var kind: @Sendable (FilePath) -> Kind
    /// The names in a directory; at most 4,096 are looked at.
    package var names: @Sendable (FilePath) -> [FilePath.Component]

    package init(
        kind: @escaping @Sendable (FilePath) -> Kind, names: @escaping @Sendable (FilePath) -> [FilePath.Component]
    ) {
        self.kind = kind
        self.names = names
    }
}

extension FilePath {
    /// Whether this is `other` or an ancestor of it.
    func contains(_ other: FilePath) -> Bool { other.starts(with: self) }
}
