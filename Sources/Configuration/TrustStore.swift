import Support
package import SystemPackage

/// Approves and takes back, in `state/trust.json`: written in one step, under a lock that other processes respect.
package struct TrustStore: Sendable {
    private let paths: AppPaths

    package init(paths: AppPaths) { self.paths = paths }

    /// What an approval covered.
    package struct Report: Sendable, Equatable {
        /// The workspace's real path.
        package var workspace: FilePath
        package var items: [TrustScan.Item]
    }

    /// A workspace of the trust file, compared with what is there now.
    package struct Row: Sendable, Equatable {
        package enum State: String, Sendable { case approved, changed, missing }
        package var workspace: FilePath
        package var timeMs: Int64
        package var files: [(path: FilePath, hash: String, state: State)]

        package static func == (a: Row, b: Row) -> Bool {
            a.workspace == b.workspace && a.timeMs == b.timeMs
                && a.files.elementsEqual(b.files) { $0.path == $1.path && $0.hash == $1.hash && $0.state == $1.state }
        }

        /// `approved` when every file is; else the worst of them.
        package var state: State {
            files.contains { $0.state == .changed } ? .changed : .approved
        }
    }

    /// Approves everything that the workspace of `directory` defines now, from its root down to `directory`; earlier
    /// approvals of other folders stay, those of files that are gone go.
    /// - Throws: `FileError` (`tooLarge` beyond the limits of a scan), `busy` when another process keeps the lock.
    package func approve(_ directory: FilePath, nowMs: Int64) async throws -> Report {
        let directory = try FileIO.realPath(directory)
        let workspace = Workspace.root(of: directory)
        guard FilePath(workspace.string) == workspace else {
            throw FileError(
                .io, path: workspace,
                message: "The path of the workspace is not UTF-8 text, so it cannot be approved; rename it.")
        }
        return try await locked {
            let trust = WorkspaceTrust(workspace: workspace, file: paths.trustFile)
            var items = try TrustScan.items(
                trust: trust, workspace: workspace, directory: directory, ignoring: paths.userConfigFile, hashing: true)
            var file = TrustFile(paths.trustFile)
            var files = file.workspaces[workspace]?.files ?? [:]
            files = files.filter { FileIO.exists(workspace.pushing($0.key)) }
            for index in items.indices {
                files[items[index].relative] = items[index].hash
                items[index].isApproved = true
            }
            file.set(TrustFile.Entry(timeMs: nowMs, files: files), for: workspace)
            try AtomicFile.write(file.bytes, to: paths.trustFile, mode: 0o600)
            return Report(workspace: workspace, items: items)
        }
    }

    /// Takes the approval of the workspace of `directory` back. False when there was none. Works for a directory that is
    /// gone too, by its path.
    package func revoke(_ directory: FilePath) async throws -> Bool {
        let real = (try? FileIO.realPath(directory)) ?? directory.lexicallyNormalized()
        return try await locked {
            var file = TrustFile(paths.trustFile)
            let workspace = file.workspaces[real] != nil ? real : Workspace.root(of: real)
            guard file.workspaces[workspace] != nil else { return false }
            file.set(nil, for: workspace)
            try AtomicFile.write(file.bytes, to: paths.trustFile, mode: 0o600)
            return true
        }
    }

    /// All approved workspaces by path, with what has become of their files.
    package func list() -> [Row] {
        TrustFile(paths.trustFile).workspaces.sorted { $0.key.string < $1.key.string }.map { root, entry in
            Row(
                workspace: root, timeMs: entry.timeMs,
                files: entry.files.sorted { $0.key.string < $1.key.string }.map { name, hash in
                    let bytes = (try? ConfigFileReader.read(root.pushing(name), limit: TrustScan.maxFileBytes)) ?? nil
                    guard let bytes else { return (name, hash, .missing) }
                    return (name, hash, SHA256Hash.hex(of: bytes) == hash ? .approved : .changed)
                })
        }
    }

    private func locked<Result>(_ body: () throws -> Result) async throws -> Result {
        try FileIO.createDirectory(paths.state)
        let path = paths.state.appending("trust.lock")
        guard let lock = try await FileLock.lock(path, timeout: .seconds(5)) else {
            throw FileError(
                .busy, path: path, message: "Another codetether is changing \(paths.trustFile); try again.")
        }
        defer { lock.release() }
        return try body()
    }
}
