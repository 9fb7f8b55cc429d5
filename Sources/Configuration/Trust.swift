import Support
package import SystemPackage

/// What the user approved, from `state/trust.json`; only read here.
///
/// `{"workspaces":{"/real/path":{"files":{"codetether.jsonc":"<sha256>"}}}}`: a workspace is trusted while every file of
/// the entry still has its hash. A missing, damaged or oversized file trusts nothing.
package struct TrustFile: Sendable {
    private let workspaces: JSONObject

    /// Reads the file; at most 4 MiB.
    package init(_ path: FilePath) {
        let bytes = (try? ConfigFileReader.read(path, limit: 4 << 20)) ?? nil
        workspaces = bytes.flatMap { try? JSON(parsing: $0) }?["workspaces"]?.objectValue ?? JSONObject()
    }

    /// True when the workspace (by real path) is approved, every approved file is unchanged, and each of `files` (paths
    /// below the workspace) is among the approved.
    package func isTrusted(_ workspace: FilePath, files: [FilePath]) -> Bool {
        guard !workspaces.isEmpty, let root = try? FileIO.realPath(workspace),
            let approved = workspaces[root.string]?["files"]?.objectValue
        else { return false }
        for (name, hash) in approved {
            guard let wanted = hash.stringValue,
                let bytes = try? ConfigFileReader.read(root.appending(name), limit: JSONCDocument.maxBytes),
                SHA256Hash.hex(of: bytes) == wanted
            else { return false }
        }
        return files.allSatisfy { file in
            guard let real = try? FileIO.realPath(file) else { return false }
            var relative = real
            return relative.removePrefix(root) && approved[relative.string] != nil
        }
    }
}
