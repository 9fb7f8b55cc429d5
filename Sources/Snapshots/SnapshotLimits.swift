package import SystemPackage

/// What the snapshots of one workspace may cost.
package struct SnapshotLimits: Sendable, Equatable {
    /// False: no snapshots; the journal of the file tools is kept all the same.
    package var isEnabled = true
    /// Larger files are left out of snapshots: 10 MiB.
    package var maxFileBytes = 10 << 20
    /// A workspace with more files is not snapshotted: 50,000.
    package var maxFiles = 50_000
    /// What the store of a project may have on disk: 5 GiB. Nothing is added beyond it.
    package var maxTotalBytes = 5 << 30
    /// Snapshots that no session references are deleted after so many days; 0 = at the next collection.
    package var retentionDays = 30
    /// How long a snapshot beside a prompt may take, in milliseconds; then it is left out.
    package var budgetMs = 2_000

    /// The defaults (CONTRACT §8).
    package init() {}
}

/// A snapshot.
package struct Snapshot: Sendable, Equatable {
    /// `snp_…`
    package var id: String
    /// Unix milliseconds.
    package var createdMs: Int64
    /// The session it was made for.
    package var sessionID: String?
    /// Why it was made: `manual`, `undo`, `restore`, `revert`, `turn`.
    package var reason: String
    /// A note of the user.
    package var label: String?
    /// True when it holds only the files that an undo was about to change.
    package var isPartial = false
    /// How many files were left out because of their size, or because they cannot be read.
    package var skipped = 0
    /// The git tree.
    package var tree: String
    /// The git commit that pins it.
    package var commit: String
}

/// One path in which two trees differ.
package struct TreeChange: Sendable, Equatable {
    /// Relative to the workspace.
    package var path: FilePath
    /// Nil: it was not there.
    package var before: FileVersion?
    /// Nil: it is gone.
    package var after: FileVersion?

    /// The value with these members; nothing is checked.
    package init(path: FilePath, before: FileVersion?, after: FileVersion?) {
        self.path = path
        self.before = before
        self.after = after
    }
}
