import Support
import SystemPackage

/// The changes of one undo, made one by one. Blocking.
struct RestoreWork: Sendable {
    let id: String
    let access: WorkspaceAccess
    /// The contents of all versions.
    let blobs: [String: [UInt8]]
    /// Directories that may go when they are empty.
    let folders: Set<FilePath>
    let journal: ChangeJournal
    /// For tests: called before each file is changed; what it returns fails the whole.
    var beforeEach: (@Sendable (FilePath) -> SnapshotError?)?

    private struct Step {
        let path: FilePath
        let from: FileVersion?
        let to: FileVersion?
    }

    /// Where the files of some steps will be.
    private struct Places {
        /// Paths of files.
        let files: Set<FilePath>
        /// Directories above them.
        let folders: Set<FilePath>

        init(_ steps: [Step]) {
            files = Set(steps.filter { $0.to != nil }.map(\.path))
            folders = Set(files.flatMap(\.parents))
        }
    }

    /// Does what a plan says; when something fails, puts back what was done.
    /// - Returns: the plan, with files kept that changed meanwhile.
    func run(_ plan: [PlannedFile]) throws(FileError) -> [PlannedFile] {
        var files = plan
        let chosen = files.indices.filter { files[$0].outcome == .restored }
        let places = Places(chosen.map { Step(path: files[$0].path, from: nil, to: files[$0].target) })
        var done: [Step] = []
        var created: Set<FilePath> = []
        do throws(FileError) {
            // Removals first, so that a file can take the place of a directory, and a directory that of a file.
            for index in chosen.filter({ files[$0].target == nil }) + chosen.filter({ files[$0].target != nil }) {
                let file = files[index]
                if let failure = beforeEach?(file.path) {
                    throw FileError(.io, path: file.path, message: failure.message)
                }
                let step = Step(path: file.path, from: file.current, to: file.target)
                if step.to != nil { created.formUnion(missingFolders(above: step.path)) }
                if try put(step) {
                    done.append(step)
                    if step.to == nil { removeFolders(above: step.path, places) }
                } else {
                    files[index] = file.kept(.changedByYou, "it changed while the undo ran")
                }
            }
            for step in done {
                guard try isThere(step.path, step.to, places) else {
                    throw FileError(
                        .io, path: step.path, message: "\(step.path.shown) is not what it was restored to.")
                }
            }
            let kept = files.filter { $0.outcome == .changedByYou }.map(\.path)
            try access.flush(done.map(\.path))
            try journal.endUndo(id, succeeded: true, kept: kept)
            return files
        } catch {
            throw putBack(done, created, after: error)
        }
    }

    /// - Returns: the error, with what became of the files.
    private func putBack(_ done: [Step], _ created: Set<FilePath>, after error: FileError) -> FileError {
        var lost: [String] = []
        for step in done.reversed() {
            if (try? put(Step(path: step.path, from: step.to, to: step.from))) != true {
                lost.append(step.path.shown)
            } else if step.from == nil {
                access.removeEmptyParents(of: step.path) { created.contains($0) }
            }
        }
        try? access.flush(done.map(\.path))
        try? journal.endUndo(id, succeeded: false, kept: [])
        let state =
            lost.isEmpty
            ? "The files are as they were."
            : "These could not be put back: \(lost.joined(separator: ", ")); all others are as they were."
        return FileError(.io, path: error.path, message: "\(error.message) \(state)")
    }

    /// Ends what a crash cut off: every file is brought to one of the two sides, unless somebody changed it since.
    func finish(_ items: [UndoItem], forwards: Bool) throws(FileError) {
        let steps = items.map { item in
            Step(path: item.path, from: forwards ? item.from : item.to, to: forwards ? item.to : item.from)
        }
        let places = Places(steps)
        var kept: [FilePath] = []
        var done: [FilePath] = []
        for step in steps.filter({ $0.to == nil }) + steps.filter({ $0.to != nil }) {
            access.removeTemporaries(beside: step.path)
            if try isThere(step.path, step.to, places) { continue }
            if try isThere(step.path, step.from, places), try put(step) {
                done.append(step.path)
                if step.to == nil { removeFolders(above: step.path, places) }
                continue
            }
            kept.append(step.path)
        }
        try access.flush(done)
        try journal.endUndo(id, succeeded: forwards, kept: kept)
    }

    private func put(_ step: Step) throws(FileError) -> Bool {
        guard let bytes = step.to.map({ blobs[$0.hash] }) ?? [] else { return false }
        return try access.replace(step.path, expecting: step.from, with: step.to, bytes: bytes)
    }

    /// Removes what got empty: directories of the undone calls, and those in whose place a file belongs.
    private func removeFolders(above path: FilePath, _ places: Places) {
        access.removeEmptyParents(of: path) { folder in
            folders.contains(folder) || places.files.contains(folder)
                || folder.parents.contains { places.files.contains($0) }
        }
    }

    private func missingFolders(above path: FilePath) -> [FilePath] {
        path.parents.filter { (try? access.root.lstat($0)) == nil }
    }

    /// True when a path has a version. In the place of nothing may be a directory that other files of the undo need.
    private func isThere(
        _ path: FilePath, _ version: FileVersion?, _ places: Places
    ) throws(FileError) -> Bool {
        switch try access.read(path, limit: SnapshotStore.readLimit) {
        case .missing: version == nil
        case .version(let now, _): now == version
        case .folder: version == nil && places.folders.contains(path)
        case .tooLarge, .other: false
        }
    }
}
