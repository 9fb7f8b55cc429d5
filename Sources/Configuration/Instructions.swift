import Support
package import SystemPackage

/// A file whose text goes into the system prompt.
package struct InstructionFile: Sendable, Equatable {
    package var path: FilePath
    package var text: String

    package init(path: FilePath, text: String) {
        self.path = path
        self.text = text
    }
}

/// Finds the instruction files of a directory, as OpenCode does (reference/opencode-engine.md §0).
package enum Instructions {
    /// The project's names; the first that exists anywhere between the directory and the root is used everywhere.
    package static let names = ["AGENTS.md", "CLAUDE.md", "CONTEXT.md"]
    /// A longer file is cut at this many bytes.
    package static let maxFileBytes = 64 << 10
    /// Files after this many are left out.
    package static let maxFiles = 64

    /// The user's file first, then the project's from the root down, then those `instructions` names, each file once.
    ///
    /// Project files that lead out of the workspace by a link are left out, as are missing and unreadable files and URLs
    /// (nothing is fetched at start). Blocking, small reads only.
    package static func discover(_ loaded: LoadedConfig) -> [InstructionFile] {
        discover(
            cwd: loaded.directory, worktree: loaded.workspace, paths: loaded.paths, patterns: loaded.config.instructions
        )
    }

    /// As `discover(_:)`, from parts.
    package static func discover(
        cwd: FilePath, worktree: FilePath, paths: AppPaths, patterns: [String] = []
    ) -> [InstructionFile] {
        var files: [InstructionFile] = []
        var seen: Set<FilePath> = []
        func add(_ path: FilePath) {
            guard files.count < maxFiles, seen.insert((try? FileIO.realPath(path)) ?? path).inserted,
                let text = text(path)
            else { return }
            files.append(InstructionFile(path: path, text: text))
        }
        let user = [paths.config.appending("AGENTS.md"), paths.home.appending(".claude/CLAUDE.md")]
        if let first = user.first(where: FileIO.exists) { add(first) }
        let folders = Workspace.chain(from: worktree, to: cwd)
        for name in names {
            let found = folders.map { $0.appending(name) }.filter(FileIO.exists)
            guard !found.isEmpty else { continue }
            for file in found where Workspace.contains(file, root: worktree) { add(file) }
            break
        }
        for pattern in patterns {
            for file in expand(pattern, folders: folders, paths: paths) { add(file) }
        }
        return files
    }

    private static func text(_ path: FilePath) -> String? {
        guard var bytes = try? ConfigFileReader.read(path, limit: 16 << 20) else { return nil }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        guard bytes.count > maxFileBytes else { return UTF8Text.lossy(bytes) }
        let cut = UTF8Text.boundary(bytes, atMost: maxFileBytes)
        return UTF8Text.lossy(bytes[..<cut]) + "\n[cut at \(maxFileBytes) bytes]"
    }

    /// The files an entry of `instructions` stands for; a relative one is looked for in every folder up to the root.
    private static func expand(_ pattern: String, folders: [FilePath], paths: AppPaths) -> [FilePath] {
        guard !pattern.isEmpty, !pattern.contains("://") else { return [] }
        let expanded = paths.expandingHome(pattern)
        let bases = expanded.hasPrefix("/") ? [FilePath("/")] : folders
        return bases.flatMap { base in PathGlob.files(matching: FilePath(expanded), below: base) }
    }
}

/// Expands a wildcard path against the file system.
enum PathGlob {
    /// Directories looked into per pattern.
    static let maxDirectories = 4_096
    static let maxFiles = 256

    /// Matching files in byte order. `**` crosses directories; hidden directories and `node_modules` are entered only by
    /// name, links to directories never by a wildcard.
    static func files(matching pattern: FilePath, below base: FilePath) -> [FilePath] {
        var walk = Walk()
        walk.visit(base, Array(pattern.components.map(\.string))[...])
        return walk.found.sorted { $0.string.utf8.lexicographicallyPrecedes($1.string.utf8) }
    }

    private struct Walk {
        var found: Set<FilePath> = []
        var budget = PathGlob.maxDirectories

        mutating func visit(_ directory: FilePath, _ parts: ArraySlice<String>) {
            guard let part = parts.first else { return }
            let rest = parts.dropFirst()
            guard part.utf8.contains(where: { "*?[{".utf8.contains($0) }) else {
                let next = part == ".." ? directory.removingLastComponent() : directory.appending(part)
                if rest.isEmpty { add(next) } else if FileIO.isDirectory(next) { visit(next, rest) }
                return
            }
            guard budget > 0, found.count < PathGlob.maxFiles else { return }
            budget -= 1
            guard let entries = try? FileIO.list(directory, limit: 100_000) else { return }
            let glob = part == "**" ? nil : try? Glob(part)
            if part == "**" { visit(directory, rest.isEmpty ? ["*"] : rest) }
            for entry in entries {
                let name = entry.name.string
                let path = directory.appending(entry.name)
                if part == "**" {
                    if entry.kind == .directory, !name.hasPrefix("."), name != "node_modules" { visit(path, parts) }
                } else if glob?.matches(Array(name.utf8)) == true {
                    if rest.isEmpty {
                        add(path)
                    } else if entry.kind == .directory, !name.hasPrefix(".") {
                        visit(path, rest)
                    }
                }
            }
        }

        private mutating func add(_ path: FilePath) {
            guard found.count < PathGlob.maxFiles, (try? FileIO.stat(path))?.isRegular == true else { return }
            found.insert(path)
        }
    }
}
