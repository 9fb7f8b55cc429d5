import Support
package import SystemPackage

/// What the user approved, as it is in `state/trust.json`; a value, read once.
///
/// `{"workspaces":{"/real/path":{"time":ms,"files":{"codetether.jsonc":"<sha256>"}}}}`: approvals are keyed by the real
/// path of the workspace and of the file below it, and hold for the bytes that were approved. A missing, damaged or
/// oversized file trusts nothing. Paths that are not UTF-8 cannot be approved.
package struct TrustFile: Sendable {
    /// One approved workspace.
    package struct Entry: Sendable, Equatable {
        /// Unix milliseconds of the last approval.
        package var timeMs: Int64
        /// SHA-256 in hex by path below the workspace.
        package var files: [FilePath: String]
    }

    /// By real path.
    package private(set) var workspaces: [FilePath: Entry] = [:]

    static let maxBytes = 4 << 20

    /// Reads the file; at most 4 MiB.
    package init(_ path: FilePath) {
        let bytes = (try? ConfigFileReader.read(path, limit: Self.maxBytes)) ?? nil
        let json = bytes.flatMap { try? JSON(parsing: $0) }
        for (root, entry) in json?["workspaces"]?.objectValue ?? JSONObject() {
            var files: [FilePath: String] = [:]
            for (name, hash) in entry["files"]?.objectValue ?? JSONObject() {
                if let hash = hash.stringValue { files[FilePath(name)] = hash }
            }
            workspaces[FilePath(root)] = Entry(timeMs: entry["time"]?.intValue ?? 0, files: files)
        }
    }

    /// Replaces or, with `nil`, removes an entry.
    mutating func set(_ entry: Entry?, for root: FilePath) { workspaces[root] = entry }

    /// The file's bytes, in a fixed order.
    var bytes: [UInt8] {
        var object = JSONObject()
        for (root, entry) in workspaces.sorted(by: { $0.key.string < $1.key.string }) {
            var files = JSONObject()
            for (name, hash) in entry.files.sorted(by: { $0.key.string < $1.key.string }) {
                files[name.string] = .string(hash)
            }
            object[root.string] = ["time": .int(entry.timeMs), "files": .object(files)]
        }
        return (JSON.object(["workspaces": .object(object)])).bytes(.pretty) + [0x0A]
    }
}

/// What of one workspace is approved. Asked for each file that is about to be interpreted, with the bytes that will be:
/// what is approved and what is used cannot differ.
package struct WorkspaceTrust: Sendable {
    /// The workspace's real path; as given when it cannot be resolved, and then nothing is approved.
    package let root: FilePath
    /// True when the user approved this workspace at some time, also if everything has changed since.
    package let isKnown: Bool
    private let files: [FilePath: String]
    private let assumed: Bool?
    /// The answer to everything, when it was given in advance.
    var isAssumed: Bool? { assumed }

    /// - Parameter assumed: `true` approves and `false` refuses everything, without looking.
    package init(workspace: FilePath, file: FilePath, assumed: Bool? = nil) {
        let real = try? FileIO.realPath(workspace)
        root = real ?? workspace
        self.assumed = assumed
        let entry = assumed == nil && real != nil ? TrustFile(file).workspaces[root] : nil
        isKnown = assumed ?? (entry != nil)
        files = entry?.files ?? [:]
    }

    /// True when exactly these bytes were approved for the file. The file's directory is resolved, the last component is
    /// not: a link is approved by its own name and by what it led to.
    package func approves(_ file: FilePath, bytes: [UInt8]) -> Bool {
        if let assumed { return assumed }
        guard let name = relative(file), let hash = files[name] else { return false }
        return SHA256Hash.hex(of: bytes) == hash
    }

    /// As above, with the bytes the file has now. False for a file that cannot be read or has over 16 MiB.
    package func approves(_ file: FilePath) -> Bool {
        if let assumed { return assumed }
        guard let name = relative(file), files[name] != nil,
            let bytes = (try? ConfigFileReader.read(file, limit: TrustScan.maxFileBytes)) ?? nil
        else { return false }
        return approves(file, bytes: bytes)
    }

    /// True when every file below a directory (a plugin, a tool) is approved as it is now, and there is one.
    package func approves(tree directory: FilePath) -> Bool {
        if let assumed { return assumed }
        guard let files = try? TrustScan.tree(directory), !files.isEmpty else { return false }
        return files.allSatisfy { approves($0) }
    }

    /// The path of a file below the workspace; `nil` for one outside or with a name that is not UTF-8.
    func relative(_ file: FilePath) -> FilePath? {
        guard let name = file.lastComponent, let parent = try? FileIO.realPath(file.removingLastComponent()) else {
            return nil
        }
        var path = parent.appending(name)
        guard path.removePrefix(root), FilePath(path.string) == path, FilePath(root.string) == root else { return nil }
        return path
    }
}
