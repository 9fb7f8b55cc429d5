package import Support
package import SystemPackage

/// A `CODETETHER_HOME` and a `HOME` of its own for one test: config, data, state and cache below one temporary folder.
package struct CodetetherHome: Sendable {
    /// What `CODETETHER_HOME` is set to.
    package let path: FilePath
    private let root: FilePath

    /// Makes the folders and writes `config` as the user's `codetether.jsonc`. Prefer `with`.
    package init(config: JSON? = nil) throws {
        root = try TestFiles.makeTemporaryDirectory("codetether-home")
        path = root.appending("codetether")
        try TestFiles.makeDirectory(userHome, mode: 0o700)
        try TestFiles.makeDirectory(path, mode: 0o700)
        if let config { try write(config: config) }
    }

    /// Makes a home, hands it to `body` and removes it.
    package static func with<Result: Sendable>(
        config: JSON? = nil, _ body: (CodetetherHome) async throws -> Result
    ) async throws -> Result {
        let home = try CodetetherHome(config: config)
        defer { home.remove() }
        return try await body(home)
    }

    /// What `HOME` is set to: an empty folder.
    package var userHome: FilePath { root.appending("user") }
    package var config: FilePath { path.appending("config") }
    package var data: FilePath { path.appending("data") }
    package var state: FilePath { path.appending("state") }
    package var cache: FilePath { path.appending("cache") }
    /// The user's config file.
    package var configFile: FilePath { config.appending("codetether.jsonc") }

    /// Replaces the user's config file.
    package func write(config json: JSON) throws {
        try TestFiles.makeDirectory(config, mode: 0o700)
        try TestFiles.write(json.bytes(.pretty), to: configFile, mode: 0o600)
    }

    /// Everything written to the log files so far, in name order.
    package func logText() throws -> String {
        try TestFiles.tree(state.appending("log")).map { try TestFiles.text($0) }.joined()
    }

    /// Removes the folders.
    package func remove() { TestFiles.remove(root) }
}
