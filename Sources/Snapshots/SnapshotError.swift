import Support

/// Why a snapshot operation failed. The workspace is as it was, unless the message says otherwise.
package struct SnapshotError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// There is no such snapshot.
        case notFound
        /// The directory is not one that is snapshotted: the home directory or the root of the file system.
        case refused
        /// Another process holds the store.
        case busy
        /// A cap was reached: files, bytes or time.
        case limit
        /// An object of the store is missing or damaged.
        case damaged
        /// Snapshots are switched off.
        case disabled
        /// Anything else: git, the file system.
        case failed
    }

    /// The class of the failure.
    package var kind: Kind
    /// Whole sentences with the value and the next step.
    package var message: String

    /// The class as a stable name.
    package var code: String { "snapshot.\(kind.rawValue)" }

    /// An error; `message` is a whole sentence.
    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    static func file(_ error: FileError) -> SnapshotError { SnapshotError(.failed, error.message) }
}
