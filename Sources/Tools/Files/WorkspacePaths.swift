package import Support
package import SystemPackage

/// A path that a tool may use: inside the workspace, or outside and then only with the permission
/// `external_directory`.
package struct WorkspacePath: Sendable, Hashable {
    /// Inside the workspace: relative to its root, without `.`, `..` or symbolic links in the part that exists; empty for
    /// the root itself. Outside: the absolute real path.
    package let relative: FilePath
    /// As the model wrote it, normalised by its text only, relative to the root when it is inside by its text. Differs
    /// from `relative` when there are symbolic links.
    package let written: FilePath
    /// True when something is there, including a directory.
    package let exists: Bool

    /// True for a path outside the workspace.
    package var isOutside: Bool { relative.isAbsolute }

    /// For people and models; `.` for the root.
    package var display: String { relative.isEmpty ? "." : relative.string }

    /// What permission rules match: the canonical path, and the written one when it differs. Each must pass.
    package var patterns: [String] {
        written == relative || written.isEmpty ? [display] : [display, written.string]
    }
}

/// Turns paths as models write them into paths that tools may use. The answer is canonical, so that two spellings of a
/// file are one file; the later open goes through `WorkspaceRoot`, which refuses links that lead out even if they are
/// put there after this check.
package struct WorkspacePaths: Sendable {
    /// What happens to paths outside the workspace.
    package enum Outside: Sendable {
        /// They are refused.
        case refused
        /// They are resolved, for asking about them.
        case asked
        /// Those that were asked about for this call, and what is below them, are used; others are refused.
        case granted([FilePath])
    }

    /// Longest path accepted, bytes.
    package static let limitBytes = 4_096

    private let root: WorkspaceRoot
    private let directory: FilePath
    private let home: String?
    private let outside: Outside
    /// Directories of ours outside the workspace that may be read like the workspace.
    private let own: [FilePath]

    /// `directory` is what relative paths start from; `home` replaces a leading `~`.
    package init(
        root: WorkspaceRoot, directory: FilePath, home: String? = nil, outside: Outside = .refused,
        own: [FilePath] = []
    ) {
        self.root = root
        self.directory = directory
        self.home = home
        self.outside = outside
        self.own = own
    }

    /// The paths of a tool call that runs: outside the workspace only what it was granted.
    package init(_ context: ToolContext) {
        self.init(context, outside: .granted(context.granted))
    }

    /// The paths of a tool call that is still to be asked about.
    package init(asking context: ToolContext) { self.init(context, outside: .asked) }

    private init(_ context: ToolContext, outside: Outside) {
        self.init(
            root: context.workspace, directory: context.directory, home: context.environment.values["HOME"],
            outside: outside, own: OutsideDemand.readable(context))
    }

    /// Resolves `path`. Absolute, relative to the session's directory, or with `~`. Throws when it is empty, too long,
    /// holds a NUL, or leads outside the workspace and is not granted.
    package func resolve(_ path: String) throws(ToolError) -> WorkspacePath {
        guard !path.isEmpty else {
            throw .file(.invalid, "The path is empty. Give a path in the workspace, or '.' for its root.")
        }
        guard path.utf8.count <= Self.limitBytes, !path.utf8.contains(0) else {
            throw .file(.invalid, "The path is longer than \(Self.limitBytes) bytes or holds a NUL byte.")
        }
        let absolute = try absolute(path)
        if let written = Self.stripping(root.path, from: absolute), let inside = try canonical(written, as: path) {
            return inside
        }
        // Outside by its text or by a link; the workspace may be known under another name, as /tmp is on some systems.
        guard let target = RealTarget(absolute) else {
            throw .file(
                .outside,
                "'\(path)' leads through more symbolic links than can be followed. Use the path of the target.")
        }
        if let relative = Self.stripping(root.path, from: target.path) {
            return WorkspacePath(
                relative: relative, written: Self.stripping(root.path, from: absolute) ?? relative,
                exists: target.exists)
        }
        return try outsidePath(target, absolute, as: path)
    }

    private func outsidePath(
        _ target: RealTarget, _ absolute: FilePath, as path: String
    ) throws(ToolError) -> WorkspacePath {
        let found = WorkspacePath(
            relative: target.path, written: Self.stripping(root.path, from: absolute) ?? absolute,
            exists: target.exists)
        if own.contains(where: { target.path.starts(with: $0) }) { return found }
        switch outside {
        case .asked: return found
        case .granted(let granted) where granted.contains(where: { target.path.starts(with: $0) }): return found
        case .granted, .refused:
            let leads = target.path == absolute ? "" : " It leads to '\(target.path.string)'."
            throw .file(
                .outside,
                "The path '\(path)' is outside the workspace \(root.path.string).\(leads) Only files inside it can be "
                    + "used without the permission external_directory.")
        }
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

    private static func stripping(_ root: FilePath, from path: FilePath) -> FilePath? {
        var rest = path
        return rest.removePrefix(root) ? rest : nil
    }

    /// The canonical form of a path inside the workspace; nil when a link on the way leads out or nowhere.
    private func canonical(_ written: FilePath, as path: String) throws(ToolError) -> WorkspacePath? {
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
                if error.kind == .permissionDenied { return nil }
                guard error.kind == .notFound || error.kind == .notADirectory else {
                    throw .file(error, path: path)
                }
                if files.isSymbolicLink(existing) { return nil }
            }
            guard let last = existing.lastComponent else { break }
            existing.removeLastComponent()
            rest.append(last)
        }
        return WorkspacePath(relative: written, written: written, exists: false)
    }
}

/// Where an absolute path leads: symbolic links are followed, also one whose target does not exist.
struct RealTarget: Sendable {
    /// Without links in the part that exists.
    let path: FilePath
    let exists: Bool

    /// Nil for a loop of links, or more than 40 of them that lead to nothing.
    init?(_ absolute: FilePath) {
        var current = absolute
        for _ in 0..<40 {
            if let real = try? FileIO.realPath(current) {
                path = real
                exists = true
                return
            }
            var existing = current
            var rest: [FilePath.Component] = []
            while let last = existing.lastComponent {
                if (try? FileIO.stat(existing, followSymlink: false)) != nil { break }
                rest.append(last)
                existing.removeLastComponent()
            }
            if let real = try? FileIO.realPath(existing) {
                var result = real
                for component in rest.reversed() { result.append(component) }
                path = result.lexicallyNormalized()
                exists = false
                return
            }
            // The last existing part is a link that leads to nothing yet.
            guard let target = SymbolicLink.target(of: existing) else { return nil }
            var next = existing.removingLastComponent().pushing(target)
            for component in rest.reversed() { next.append(component) }
            current = next.lexicallyNormalized()
        }
        return nil
    }
}
