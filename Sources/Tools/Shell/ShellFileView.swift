import Glibc
package import Permissions
import Support
package import SystemPackage

/// The file system as a command in a workspace will see it. Links are followed by hand, so that a path that does not
/// exist yet has a real path too; nothing is opened but directories that globs name.
package struct ShellFileView: ShellFiles {
    /// Most links followed for one path, as the kernel has it.
    private static let maxLinks = 40
    /// Most names of a directory that a glob is compared with.
    private static let maxNames = 10_000
    /// Devices every command may use.
    private static let devices: Set<String> = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/stdin", "/dev/stdout",
        "/dev/stderr", "/dev/ptmx",
    ]

    private let root: String
    private let readable: [String]

    /// - Parameters:
    ///   - workspace: its real path.
    ///   - readable: real paths of ours that may be read like the workspace.
    package init(workspace: FilePath, readable: [FilePath] = []) {
        root = workspace.string
        self.readable = readable.map(\.string)
    }

    package func place(_ path: String) -> ShellPlace {
        guard path.utf8.count <= WorkspacePaths.limitBytes else { return .unknown }
        let lexical = ShellPath.normalized(path)
        if Self.devices.contains(lexical) { return .free }
        if lexical.utf8.starts(with: "/dev/fd/".utf8),
            lexical.utf8.dropFirst(8).allSatisfy({ (0x30...0x39).contains($0) })
        {
            return .free
        }
        guard let real = Self.real(path) else { return .unknown }
        if Self.devices.contains(real) { return .free }
        guard let relative = Self.stripping(root, from: real) else {
            return readable.contains { Self.stripping($0, from: real) != nil } ? .readable(real) : .outside(real)
        }
        let display = relative.isEmpty ? "." : relative
        // The written form too, when links lead from it to the real one.
        guard let written = Self.stripping(root, from: lexical), written != relative, !written.isEmpty else {
            return .inside([display])
        }
        return .inside([display, written])
    }

    package func names(in directory: String) -> [String]? {
        guard let entries = try? FileIO.list(FilePath(directory), limit: Self.maxNames), entries.count < Self.maxNames
        else {
            return nil
        }
        return entries.map(\.name.string)
    }

    package func exists(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0
    }

    /// What follows `root/`; empty for the root itself.
    private static func stripping(_ root: String, from path: String) -> String? {
        if path == root { return "" }
        let prefix = root == "/" ? root : root + "/"
        return path.utf8.starts(with: prefix.utf8) ? String(path.utf8.dropFirst(prefix.utf8.count)) : nil
    }

    /// Follows links component by component; `nil` for too many. What is behind something missing is taken as it is,
    /// and nothing in /proc is followed: its links are those of the process that looks.
    static func real(_ path: String) -> String? {
        var pending: [Substring] = path.split(separator: "/").reversed()
        var result: [Substring] = []
        var links = 0
        var steps = 0
        while let part = pending.popLast() {
            steps += 1
            guard steps <= 8_192 else { return nil }
            if part == "." { continue }
            if part == ".." {
                _ = result.popLast()
                continue
            }
            result.append(part)
            guard result.first != "proc", let target = target(of: "/" + result.joined(separator: "/")) else { continue }
            links += 1
            let parts = target.split(separator: "/")
            guard links <= maxLinks, pending.count + parts.count < 8_192 else { return nil }
            if target.utf8.first == 0x2F { result = [] } else { result.removeLast() }
            pending += parts.reversed()
        }
        return "/" + result.joined(separator: "/")
    }

    /// What a link says; `nil` when it is none, an empty text when it is no UTF-8 (and so leads nowhere allowed).
    private static func target(of path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(validating: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) ?? "/\u{FFFD}"
    }
}
