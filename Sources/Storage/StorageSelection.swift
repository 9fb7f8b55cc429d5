package import SystemPackage

/// The embedded backends, by the names they have in the configuration.
package enum StorageSelection {
    /// The embedded backends.
    package enum Kind: String, Sendable, CaseIterable {
        /// One SQLite file, `codetether.db`: the default.
        case sqlite
        /// A directory of plain files, `storage/`.
        case filesystem
    }

    /// Where the store of a data directory is.
    package static func path(_ kind: Kind, dataDirectory: FilePath) -> FilePath {
        switch kind {
        case .sqlite: dataDirectory.appending("codetether.db")
        case .filesystem: dataDirectory.appending("storage")
        }
    }

    /// Opens (and creates, with 0700 and 0600) the store below the data directory.
    /// - Throws: `unavailable`, `readOnly`, `full`, `busy` or `corrupt`. Never falls back to another backend.
    package static func open(
        _ kind: Kind, dataDirectory: FilePath
    ) async throws(StorageError) -> any StorageMaintenance {
        let path = path(kind, dataDirectory: dataDirectory)
        switch kind {
        case .sqlite: return try await SQLiteStorage.open(path)
        case .filesystem: return try await FilesystemStorage.open(path)
        }
    }
}
