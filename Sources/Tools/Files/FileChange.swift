package import Support
package import SystemPackage

/// The content and mode of a file at one moment.
package struct FileState: Sendable, Equatable {
    /// All bytes.
    package let bytes: [UInt8]
    /// Permission bits.
    package let mode: UInt16

    package init(bytes: [UInt8], mode: UInt16) {
        self.bytes = bytes
        self.mode = mode
    }

    /// SHA-256 of the bytes, lower-case hex.
    package var hash: String { SHA256Hash.hex(of: bytes) }
}

/// A planned change of one file: `before` nil creates it, `after` nil removes it.
package struct FileChange: Sendable, Equatable {
    /// Canonical, relative to the root of the workspace.
    package let path: FilePath
    /// The file the plan was made from.
    package let before: FileState?
    /// The file to be.
    package let after: FileState?
    /// The path the content comes from, for a move.
    package let movedFrom: FilePath?

    package init(path: FilePath, before: FileState?, after: FileState?, movedFrom: FilePath? = nil) {
        self.path = path
        self.before = before
        self.after = after
        self.movedFrom = movedFrom
    }

    /// `added`, `modified`, `deleted` or `moved`.
    package var status: String {
        if movedFrom != nil { return "moved" }
        if before == nil { return "added" }
        return after == nil ? "deleted" : "modified"
    }

    /// The change as a unified diff with `a/` and `b/` names.
    package func diff() -> DiffResult {
        UnifiedDiff.make(
            old: String(decoding: before?.bytes ?? [], as: UTF8.self),
            new: String(decoding: after?.bytes ?? [], as: UTF8.self),
            oldName: before == nil ? "/dev/null" : "a/\(path.string)",
            newName: after == nil ? "/dev/null" : "b/\(path.string)", context: 3)
    }
}

/// Changes of several files that are made all or none.
package struct FileChangeSet: Sendable, Equatable {
    /// Most bytes of diff text in the metadata of a call.
    package static let diffLimitBytes = 256 * 1024

    /// The changes in the order they are made; each path once.
    package let changes: [FileChange]

    package init(_ changes: [FileChange]) { self.changes = changes }

    /// Makes the changes. First every file is compared by hash with the state the plan was made from; if one differs,
    /// nothing is written. A failure later on puts back what was done, and the directories that were created go again.
    /// On success `ledger` knows the new contents. `beforeEach` runs before each change, for tests that make one fail.
    package func commit(
        in files: WorkspaceFiles, ledger: FileLedger,
        beforeEach: ((_ index: Int) throws(ToolError) -> Void)? = nil
    ) throws(ToolError) {
        for change in changes { try verify(change, in: files) }
        var done: [FileChange] = []
        var directories: [FilePath] = []
        do throws(ToolError) {
            for (index, change) in changes.enumerated() {
                try beforeEach?(index)
                try verify(change, in: files)
                if change.after != nil { try makeParents(of: change.path, in: files, created: &directories) }
                try apply(change, in: files)
                done.append(change)
            }
        } catch {
            let left = undo(done, directories: directories, in: files)
            guard left.isEmpty else {
                throw .file(
                    .failed,
                    "\(error.message) What was already written could not be put back in: "
                        + "\(left.joined(separator: ", ")). Check these files before you go on.")
            }
            throw error
        }
        for change in changes {
            if let after = change.after {
                ledger.record(change.path, hash: after.hash)
            } else {
                ledger.forget(change.path)
            }
        }
    }

    private func verify(_ change: FileChange, in files: WorkspaceFiles) throws(ToolError) {
        let path = change.path.string
        do throws(FileError) {
            guard let before = change.before else {
                guard try files.info(change.path) == nil else {
                    throw FileError(.exists, path: change.path, message: "It was created in the meantime.")
                }
                return
            }
            if try files.read(change.path) == before.bytes { return }
        } catch {
            if error.kind == .notFound || error.kind == .exists {
                throw .file(
                    .conflict, "'\(path)' changed while the call was prepared, so nothing was written. Read it again.")
            }
            throw .file(error, path: path)
        }
        throw .file(
            .conflict, "'\(path)' changed while the call was prepared, so nothing was written. Read it again.")
    }

    private func apply(_ change: FileChange, in files: WorkspaceFiles) throws(ToolError) {
        do throws(FileError) {
            if let after = change.after {
                try files.write(after.bytes, to: change.path, mode: after.mode)
            } else {
                try files.remove(change.path)
            }
        } catch {
            throw .file(error, path: change.path.string)
        }
    }

    private func makeParents(
        of path: FilePath, in files: WorkspaceFiles, created: inout [FilePath]
    ) throws(ToolError) {
        let parent = path.removingLastComponent()
        var missing: [FilePath] = []
        var probe = parent
        do throws(FileError) {
            while !probe.isEmpty, try files.info(probe) == nil {
                missing.append(probe)
                probe.removeLastComponent()
            }
            guard !missing.isEmpty else { return }
            created.append(contentsOf: missing.reversed())
            try files.makeDirectories(parent)
        } catch {
            throw .file(error, path: path.string)
        }
    }

    /// Undoes `done` in reverse; answers with the paths that could not be put back.
    private func undo(_ done: [FileChange], directories: [FilePath], in files: WorkspaceFiles) -> [String] {
        var left: [String] = []
        for change in done.reversed() {
            do throws(FileError) {
                if let before = change.before {
                    try files.write(before.bytes, to: change.path, mode: before.mode)
                } else {
                    try files.remove(change.path)
                }
            } catch {
                left.append(change.path.string)
            }
        }
        // A directory that is not empty by now belongs to somebody else.
        for directory in directories.reversed() { try? files.remove(directory) }
        return left
    }

    /// What a tool call reports of the changes: `diff` (at most `diffLimitBytes`), `additions`, `deletions`, and
    /// `files` with path, status, hashes and modes before and after.
    package func metadata() -> JSONObject {
        var text = ""
        var omitted = 0
        var additions = 0
        var deletions = 0
        var rows: [JSON] = []
        for change in changes {
            let diff = change.diff()
            additions += diff.additions
            deletions += diff.deletions
            if text.utf8.count + diff.text.utf8.count <= Self.diffLimitBytes {
                text += diff.text
            } else {
                omitted += 1
            }
            var row: JSONObject = [
                "path": .string(change.path.string), "status": .string(change.status),
                "additions": .int(Int64(diff.additions)), "deletions": .int(Int64(diff.deletions)),
            ]
            row["movedFrom"] = change.movedFrom.map { .string($0.string) }
            row["beforeHash"] = change.before.map { .string($0.hash) }
            row["afterHash"] = change.after.map { .string($0.hash) }
            row["beforeMode"] = change.before.map { .int(Int64($0.mode)) }
            row["afterMode"] = change.after.map { .int(Int64($0.mode)) }
            rows.append(.object(row))
        }
        if omitted > 0 { text += "# The diffs of \(omitted) files are left out because of their size.\n" }
        return [
            "diff": .string(text), "additions": .int(Int64(additions)), "deletions": .int(Int64(deletions)),
            "files": .array(rows),
        ]
    }
}
