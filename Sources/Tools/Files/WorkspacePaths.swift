package import Support
package import SystemPackage

/// A path inside the workspace.
package struct WorkspacePath: Sendable, Hashable {
    /// Relative to the root of the workspace, without `.`, `..` or symbolic links in the part that exists; empty for
    /// the root itself.
    package let relative: FilePath
    /// As the model wrote it, relative to the root and normalised by its text only. Differs from `relative` when there
    /// are symbolic links.
    package let written: FilePath
    /// True when something is there, including a directory.
    package let exists: Bool

    /// For people and models; `.` for the root.
    package var display: String { relative.isEmpty ? "." : relative.string }

    /// What permission rules match: the canonical path, and the written one when it differs. Each must pass.
    package var patterns: [String] {
        written == relative || written.isEmpty ? [display] : [display, written.string]
    }
}

/// Turns paths as models write them into paths inside the workspace, and refuses the others. The answer is canonical,
/// so that two spellings of a file are one file; the later open goes through `WorkspaceRoot`, which refuses links that
/// lead out even if they are put there after this check.
package struct WorkspacePaths: Sendable {
    /// Longest path accepted, bytes.
    package static let limitBytes = 4_096

    private let root: WorkspaceRoot
    private let directory: FilePath
    private let home: String?

    /// `directory` is what relative paths start from; `home` replaces a leading `~`.
    package init(root: WorkspaceRoot, directory: FilePath, home: String? = nil) {
        self.root = root
        self.directory = directory
        self.home = home
    }

    /// The paths of a tool call.
    package init(_ context: ToolContext) {
        self.init(
            root: context.workspace, directory: context.directory, home: context.environment.values["HOME"])
    }

    /// Resolves `path`. Absolute, relative to the session's directory, or with `~`. Throws when it is empty, too long,
    /// holds a NUL, lies outside the workspace or leads outside by a symbolic link.
    package func resolve(_ path: String) throws(ToolError) -> WorkspacePath {
        guard !path.isEmpty else {
            throw .file(.invalid, "The path is empty. Give a path in the workspace, or '.' for its root.")
        }
        guard path.utf8.count <= Self.limitBytes, !path.utf8.contains(0) else {
            throw .file(.invalid, "The path is longer than \(Self.limitBytes) bytes or holds a NUL byte.")
        }
        let written = try relativePath(of: try absolute(path), as: path)
        return try canonical(written, as: path)
    }

    private func absolute(_ path: String) throws(ToolError) -> FilePath {
        if path == "~" || path.utf8.starts(with: "~/".utf8) {
            guard let home, home.utf8.first == UInt8(ascii: "/") else {
                throw .file(
                    .invalid, "'\(path)' cannot be used, because HOME is not set. Give a path in the workspace.")
            }
            let rest = path.utf8.dropFirst().drop { $0 == UInt8(ascii: "/") }
            return FilePath(home).pushing(FilePath(String(decoding: rest, as: UTF8.self))).lexicallyNormalized()
        }
        let given = FilePath(path)
        return given.isAbsolute
            ? given.lexicallyNormalized() : directory.pushing(given).lexicallyNormalized()
    }

    private func relativePath(of absolute: FilePath, as path: String) throws(ToolError) -> FilePath {
        if let relative = Self.stripping(root.path, from: absolute) { return relative }
        // The workspace may be known under another name, as /tmp is on some systems.
        var existing = absolute
        var rest: [FilePath.Component] = []
        while true {
            if let real = try? FileIO.realPath(existing) {
                var candidate = real
                for component in rest.reversed() { candidate.append(component) }
                if let relative = Self.stripping(root.path, from: candidate) { return relative }
                break
            }
            guard let last = existing.lastComponent, existing.removeLastComponent() else { break }
            rest.append(last)
        }
        throw .file(
            .outside,
            "The path '\(path)' is outside the workspace \(root.path.string). Only files inside it can be used; "
                + "ask the user to start codetether in the other directory.")
    }

    private static func stripping(_ root: FilePath, from path: FilePath) -> FilePath? {
        var rest = path
        return rest.removePrefix(root) ? rest : nil
    }

    private func canonical(_ written: FilePath, as path: String) throws(ToolError) -> WorkspacePath {
        guard !written.isEmpty else { return WorkspacePath(relative: written, written: written, exists: true) }
        var existing = written
        var rest: [FilePath.Component] = []
        let files = WorkspaceFiles(root: root)
        while !existing.isEmpty {
            do throws(FileError) {
                let real = try files.realRelative(existing)
                var result = real
                for component in rest.reversed() { result.append(component) }
                return WorkspacePath(relative: result, written: written, exists: rest.isEmpty)
            } catch {
                guard error.kind == .notFound || error.kind == .notADirectory else {
                    throw .file(error, path: path)
                }
                if files.isSymbolicLink(existing) {
                    throw .file(
                        .outside,
                        "'\(existing.string)' is a symbolic link to something that does not exist or is outside the "
                            + "workspace, so '\(path)' cannot be used. Use the path of the target.")
                }
            }
            guard let last = existing.lastComponent else { break }
            existing.removeLastComponent()
            rest.append(last)
        }
        return WorkspacePath(relative: written, written: written, exists: false)
    }
}
