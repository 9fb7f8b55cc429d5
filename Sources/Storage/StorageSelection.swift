package import SystemPackage

/// Chooses the backend that the configuration names.
package enum StorageSelection {
    /// The embedded backends.
    package enum Kind: String, Sendable, CaseIterable {
        /// One SQLite file, `codetether.db`: the default.
        case sqlite
        /// A directory of plain files, `storage/`.
        case filesystem
    }

    /// Opens (and creates, with 0700 and 0600) the store below the data directory.
    /// - Throws: `unavailable`, `readOnly`, `full`, `busy` or `corrupt`. Never falls back to another backend.
    package static func open(_ kind: Kind, dataDirectory: FilePath) async throws(StorageError) -> any StorageBackend {
        switch kind {
        case .sqlite: try await SQLiteStorage.open(dataDirectory.appending("codetether.db"))
        case .filesystem: try await FilesystemStorage.open(dataDirectory.appending("storage"))
        }
    }
}
