import Support
package import SystemPackage

/// A file that differs from a commit.
package struct GitChange: Sendable, Equatable {
    /// What happened to it.
    package enum Status: String, Sendable { case added, deleted, modified }

    /// Relative to the top directory of the work tree.
    package var file: String
    package var status: Status
    /// Lines; 0 for binary files.
    package var additions: Int
    /// Lines; 0 for binary files.
    package var deletions: Int
    /// The unified diff; empty when it was not asked for or is too large.
    package var patch: String
}

extension GitRunner {
    /// Larger untracked files count as binary.
    private static let maximumFile = 1 << 20
    /// Untracked files beyond this many are listed without their lines.
    private static let maximumRead = 500
    /// Patches of more than this are left out.
    private static let maximumPatch = 16 << 20
    private static let plain = [
        "--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "--no-relative", "--ignore-submodules=all",
    ]

    /// What differs between a commit and the work tree, untracked files included, in the order of git. The runner must be in the top
    /// directory of the work tree. Filters, external diffs and text converters that the repository names are not started.
    /// - Parameters:
    ///   - commit: nil before the first commit: everything counts as added.
    ///   - context: lines around a change.
    package func changes(since commit: String?, patches: Bool, context: Int = 3) async throws(GitError) -> [GitChange] {
        let settings = try await filterSettings()
        let base: String
        if let commit { base = commit } else { base = try await execute("hash-object", ["-t", "tree", "/dev/null"]) }
        let raw = try await diffIndex(["--raw", "--no-abbrev", "-z"], base, settings)
        let counts = try await diffIndex(["--numstat", "-z"], base, settings)
        var texts: [String] = []
        if patches {
            do throws(GitError) {
                let text = try await execute(
                    "diff-index", Self.plain + ["--patch", "--unified=\(context)", base, "--"], settings: settings,
                    timeout: .seconds(60), limit: Self.maximumPatch)
                texts = Self.split(patches: text)
            } catch {
                guard error.kind == .failed, error.status == nil else { throw error }
            }
        }
        var changes = Self.join(raw: raw, counts: counts, patches: texts)
        for path in try await untracked() {
            let change = await Self.added(path, in: directory, withPatch: patches, changes.count)
            changes.append(change)
        }
        return changes
    }

    private func diffIndex(_ form: [String], _ base: String, _ settings: [String]) async throws(GitError) -> [String] {
        try await execute(
            "diff-index", Self.plain + form + [base, "--"], settings: settings, timeout: .seconds(60),
            limit: 8 << 20
        ).split(separator: "\0", omittingEmptySubsequences: true).map(String.init)
    }

    private func untracked() async throws(GitError) -> [String] {
        try await execute("ls-files", ["--others", "--exclude-standard", "-z"], timeout: .seconds(60), limit: 8 << 20)
            .split(separator: "\0", omittingEmptySubsequences: true).prefix(10_000).map(String.init)
    }

    /// Puts together what three commands said about the same files, in the same order.
    static func join(raw: [String], counts: [String], patches: [String]) -> [GitChange] {
        var changes: [GitChange] = []
        var lines: [String: (Int, Int, isBinary: Bool)] = [:]
        for entry in counts {
            let cells = entry.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard cells.count == 3 else { continue }
            lines[String(cells[2])] = (Int(cells[0]) ?? 0, Int(cells[1]) ?? 0, cells[0] == "-")
        }
        var entries: [(path: String, status: GitChange.Status)] = []
        for (facts, path) in stride(from: 0, to: raw.count - 1, by: 2).map({ (raw[$0], raw[$0 + 1]) }) {
            let cells = facts.split(separator: " ")
            guard cells.count == 5, let letter = cells[4].first else { continue }
            let status: GitChange.Status = letter == "A" ? .added : letter == "D" ? .deleted : .modified
            let count = lines[path] ?? (0, 0, false)
            // A file that was touched and is what it was: git has not looked into it.
            if status == .modified, count.0 == 0, count.1 == 0, !count.isBinary, cells[0].dropFirst() == cells[1] {
                continue
            }
            entries.append((path, status))
        }
        // Of a file that was only touched there is no more than the header.
        let texts = patches.filter { $0.utf8.count(where: { $0 == UInt8(ascii: "\n") }) > 1 }
        for (index, entry) in entries.enumerated() {
            let count = lines[entry.path] ?? (0, 0, false)
            changes.append(
                GitChange(
                    file: entry.path, status: entry.status, additions: count.0, deletions: count.1,
                    patch: texts.count == entries.count ? texts[index] : ""))
        }
        return changes
    }

    /// The patches of single files; a line of a file never starts with `diff --git`, because it has a sign before it.
    static func split(patches text: String) -> [String] {
        var patches: [String] = []
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.utf8.starts(with: "diff --git ".utf8), !lines.isEmpty {
                patches.append(lines.joined(separator: "\n") + "\n")
                lines = []
            }
            lines.append(line)
        }
        if lines.contains(where: { !$0.isEmpty }) { patches.append(lines.joined(separator: "\n") + "\n") }
        return patches
    }

    private static func added(
        _ path: String, in directory: FilePath, withPatch: Bool, _ number: Int
    ) async -> GitChange {
        var change = GitChange(file: path, status: .added, additions: 0, deletions: 0, patch: "")
        guard number < maximumRead else { return change }
        let file = directory.pushing(FilePath(path))
        let bytes = try? await BlockingWork.run { () throws -> [UInt8]? in
            guard try FileIO.stat(file, followSymlink: false).isRegular else { return nil }
            return try FileIO.read(file, limit: maximumFile)
        }
        guard let bytes, !bytes.prefix(8_000).contains(0),
            let text = String(validating: bytes, as: UTF8.self)
        else { return change }
        let diff = UnifiedDiff.make(old: "", new: text, oldName: "/dev/null", newName: "b/\(path)")
        change.additions = diff.additions
        if withPatch { change.patch = diff.text }
        return change
    }

    // MARK: Branches and work trees

    /// The branch that others are compared with: what `origin/HEAD` names, else `main` or `master`; nil without any.
    package func defaultBranch() async throws(GitError) -> (name: String, ref: String)? {
        if let ref = try? await run("symbolic-ref", ["--quiet", "refs/remotes/origin/HEAD"]),
            ref.utf8.starts(with: "refs/remotes/origin/".utf8)
        {
            return (String(ref.dropFirst("refs/remotes/origin/".count)), ref)
        }
        for name in ["main", "master"] {
            let ref = "refs/heads/\(name)"
            if try await !run("for-each-ref", ["--count=1", ref]).isEmpty { return (name, ref) }
        }
        return nil
    }

    /// The commit where this branch left another one; nil when they have nothing in common.
    package func mergeBase(_ revision: String) async throws(GitError) -> String? {
        let commit = try await commit(revision)
        do throws(GitError) {
            return try await run("merge-base", ["HEAD", commit]).split(separator: "\n").first.map(String.init)
        } catch {
            if error.status == 1 { return nil }
            throw error
        }
    }

    /// Branches, here and at remotes, that were committed to last first.
    /// - Parameter limit: of those that contain `search`, case-blind.
    package func branches(search: String = "", limit: Int = 100) async throws(GitError) -> [String] {
        let names = try await run(
            "for-each-ref",
            ["--sort=-committerdate", "--count=2000", "--format=%(refname)", "refs/heads", "refs/remotes"])
        let wanted = search.lowercased()
        return names.split(separator: "\n").compactMap { ref -> String? in
            for prefix in ["refs/heads/", "refs/remotes/"] where ref.utf8.starts(with: prefix.utf8) {
                let name = String(ref.dropFirst(prefix.count))
                return name.hasSuffix("/HEAD") || (!wanted.isEmpty && !name.lowercased().contains(wanted)) ? nil : name
            }
            return nil
        }.prefix(max(0, limit)).map { $0 }
    }

    /// The directories of all work trees of this repository, the main one first.
    package func worktrees() async throws(GitError) -> [FilePath] {
        try await run("worktree", ["list", "--porcelain", "-z"]).split(separator: "\0").compactMap { field in
            field.utf8.starts(with: "worktree ".utf8) ? FilePath(String(field.dropFirst(9))) : nil
        }
    }

    /// Removes a linked work tree; its branch stays.
    /// - Throws: `failed` when it has changes and `force` is false; nothing is removed then.
    package func removeWorktree(at path: FilePath, force: Bool) async throws(GitError) {
        let settings = try await filterSettings()
        _ = try await execute(
            "worktree", ["remove"] + (force ? ["--force"] : []) + ["--", path.string], settings: settings,
            timeout: Self.worktreeTimeout)
    }

    /// Forgets work trees whose directories are gone.
    package func pruneWorktrees() async throws(GitError) { _ = try await execute("worktree", ["prune"]) }
}
