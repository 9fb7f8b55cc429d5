import Permissions
import Support
import SystemPackage

/// What the tools that change one file have in common.
struct FileEditing: Sendable {
    let files: WorkspaceFiles
    let ledger: FileLedger
    let recorder: UndoRecorder?

    init(_ context: ToolContext) {
        files = WorkspaceFiles(root: context.workspace)
        ledger = context.files
        recorder = context.recorder
    }

    /// Mode of files that a tool creates.
    static let newFileMode: UInt16 = 0o644

    /// The file as it is now, or nil when there is none. Refuses directories, special files and files over the limit.
    func state(_ path: WorkspacePath) throws(ToolError) -> FileState? {
        do throws(FileError) {
            guard let info = try files.info(path.relative) else { return nil }
            if info.isDirectory {
                throw FileError(.isADirectory, path: path.relative, message: "It is a directory.")
            }
            guard info.isRegular else {
                throw FileError(.io, path: path.relative, message: "It is no regular file.")
            }
            return FileState(bytes: try files.read(path.relative), mode: UInt16(info.mode) & 0o7777)
        } catch {
            if error.kind == .tooLarge {
                throw .file(
                    .invalid,
                    "'\(path.display)' is larger than \(WorkspaceFiles.limitBytes / 1_048_576) MiB and cannot be "
                        + "edited with this tool. Use bash.")
            }
            throw .file(error, path: path.display)
        }
    }

    /// The guard: the session must have seen exactly this content.
    func checkSeen(_ state: FileState, _ path: WorkspacePath) throws(ToolError) {
        guard let known = ledger.hash(of: path.relative) else {
            throw .file(
                .conflict,
                "'\(path.display)' was not read in this session. Read it first, so that nothing in it is lost.")
        }
        guard known == state.hash else {
            throw .file(
                .conflict, "'\(path.display)' has changed since it was read. Read it again, then repeat the change.")
        }
    }

    /// Refuses what git keeps for itself: a hook or setting there would run on the user's next git command.
    static func checkWritable(_ path: WorkspacePath) throws(ToolError) {
        guard !path.relative.isEmpty else {
            throw .file(.invalid, "'.' is the workspace itself. Give the path of a file.")
        }
        for component in Array(path.relative.components) + Array(path.written.components)
        where component.string.lowercased() == ".git" {
            throw .file(
                .invalid, "'\(path.display)' is inside .git, which file tools do not write. Use git through bash.")
        }
    }

    /// The one permission of every tool that writes files. `always` covers these paths only.
    static func demand(_ paths: [WorkspacePath], title: String) -> PermissionDemand {
        var patterns: [String] = []
        for pattern in paths.flatMap(\.patterns) where !patterns.contains(pattern) { patterns.append(pattern) }
        return PermissionDemand(
            permission: "edit", patterns: patterns, always: PermissionDemand.literal(patterns),
            metadata: .object(["files": .array(paths.map { .string($0.display) })]), title: title)
    }

    /// Reads, changes and writes one existing file under the ledger's lock.
    func change(
        _ path: WorkspacePath, as written: String, _ body: (FileState) throws(ToolError) -> [UInt8]
    ) throws(ToolError) -> FileChangeSet {
        try ledger.exclusively { () throws(ToolError) in
            guard let before = try state(path) else { throw NearNames.missing(path, written: written, in: files) }
            try checkSeen(before, path)
            let bytes = try body(before)
            let set = FileChangeSet([
                FileChange(
                    path: path.relative, before: before, after: FileState(bytes: bytes, mode: before.mode))
            ])
            try commit(set)
            return set
        }
    }

    /// Creates a file that does not exist yet.
    func create(_ path: WorkspacePath, bytes: [UInt8]) throws(ToolError) -> FileChangeSet {
        let set = FileChangeSet([
            FileChange(path: path.relative, before: nil, after: FileState(bytes: bytes, mode: Self.newFileMode))
        ])
        try commit(set)
        return set
    }

    /// `1 line`, `2 lines`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
