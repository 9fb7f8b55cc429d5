import Support
import Synchronization
package import SystemPackage

/// The directories that contained commands get as their temporary one, `ROOT/SCOPE`, mode 0700. Those not used for three
/// days are removed when a process first needs one. Blocking.
package final class TemporaryDirectories: Sendable {
    /// Nanoseconds.
    private static let maximumAge: Int64 = 3 * 86_400 * 1_000_000_000

    private let root: FilePath
    private let made = Mutex<[String: FilePath]>([:])

    package init(root: FilePath) { self.root = root }

    /// The directory of a scope, made when it is missing.
    /// - Throws: `SandboxError.failed`.
    package func directory(_ scope: String?) throws(SandboxError) -> FilePath {
        let name = scope.map { SHA256Hash.hex(of: Array($0.utf8)).prefix(32) }.map(String.init) ?? "shared"
        let known = made.withLock { $0[name] }
        if let known, FileIO.isDirectory(known) { return known }
        let isFirst = made.withLock(\.isEmpty)
        do throws(FileError) {
            try FileIO.createDirectory(root)
            if isFirst { sweep() }
            let directory = try FileIO.realPath(root).appending(name)
            try FileIO.createDirectory(directory)
            made.withLock { made in
                if made.count >= 4_096 { made.removeAll() }
                made[name] = directory
            }
            return directory
        } catch {
            throw SandboxError(.failed, "No temporary directory for the command: \(error.message)")
        }
    }

    private func sweep() {
        guard let entries = try? FileIO.list(root, limit: 10_000) else { return }
        let limit = SystemTime().nowMs() * 1_000_000 - Self.maximumAge
        for entry in entries where entry.kind == .directory || entry.kind == .unknown {
            let path = root.appending(entry.name)
            guard let info = try? FileIO.stat(path, followSymlink: false), info.isDirectory, info.mtimeNs < limit else {
                continue
            }
            if let tree = try? WorkspaceRoot(path) {
                var left = 100_000
                Self.empty(tree, "", &left)
            }
            try? FileIO.remove(path)
        }
    }

    /// Removes what is below a directory, never through a link; stops after `left` entries.
    private static func empty(_ tree: WorkspaceRoot, _ directory: FilePath, _ left: inout Int) {
        for entry in (try? tree.list(directory.isEmpty ? "." : directory)) ?? [] where left > 0 {
            left -= 1
            let path = directory.appending(entry.name)
            if let info = try? tree.lstat(path), info.isDirectory { empty(tree, path, &left) }
            try? tree.remove(path)
        }
    }
}
