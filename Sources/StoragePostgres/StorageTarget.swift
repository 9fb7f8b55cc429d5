package import Storage
import Support
package import SystemPackage

/// A store that a configuration or a command line names.
package enum StorageTarget: Sendable, Equatable {
    /// Files below the data directory.
    case embedded(StorageSelection.Kind)
    /// A database.
    case postgres(PostgresURL)

    /// - Parameters:
    ///   - name: `sqlite`, `filesystem`, `postgres` or the URL of a database.
    ///   - url: what `postgres` means.
    /// - Throws: `invalid` for another name, for `postgres` without a URL and for a URL that is none of PostgreSQL's.
    package init(_ name: String, url: String?) throws(StorageError) {
        if let kind = StorageSelection.Kind(rawValue: name) {
            self = .embedded(kind)
        } else if name == "postgres" {
            guard let url, !url.isEmpty else {
                throw StorageError(
                    .invalid,
                    "The storage backend postgres needs an address. Set storage.url or CODETETHER_STORAGE_URL to postgres://USER:PASSWORD@HOST:PORT/DATABASE."
                )
            }
            self = .postgres(try PostgresURL(url))
        } else if name.contains("://") {
            self = .postgres(try PostgresURL(name))
        } else {
            let shown = HostileText.escaped(String(name.prefix(100)), multiline: false)
            throw StorageError(
                .invalid,
                "There is no storage backend \"\(shown)\". Use sqlite, filesystem, postgres, or a postgres:// URL.")
        }
    }

    /// Opens the store, creating what is missing. Never opens another one instead.
    /// - Parameter notifies: false for bulk work of which running servers should not hear.
    package func open(
        dataDirectory: FilePath, notifies: Bool = true
    ) async throws(StorageError) -> any StorageMaintenance {
        switch self {
        case .embedded(let kind):
            do throws(FileError) {
                try FileIO.createDirectory(dataDirectory)
            } catch {
                throw StorageError(error)
            }
            return try await StorageSelection.open(kind, dataDirectory: dataDirectory)
        case .postgres(let url): return try await PostgresStorage.open(url, notifies: notifies)
        }
    }

    /// True when the embedded store has files; databases always exist as far as we know.
    package func exists(dataDirectory: FilePath) -> Bool {
        guard case .embedded(let kind) = self else { return true }
        return FileIO.exists(StorageSelection.path(kind, dataDirectory: dataDirectory))
    }

    /// The name without password, for people.
    package var shown: String {
        switch self {
        case .embedded(let kind): kind.rawValue
        case .postgres(let url): url.shown
        }
    }

    /// The passwords in it.
    package var secrets: [String] {
        if case .postgres(let url) = self { url.secretTexts } else { [] }
    }
}
