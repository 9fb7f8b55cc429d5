package import Permissions
import Support
import SystemPackage

/// `apply_patch`: Codex's patch format over any number of files. Every hunk is placed before anything is written; the
/// changes are made all or none; a file that changes between plan and write stops the patch. Added files and move
/// targets must not exist.
package struct ApplyPatchTool: Tool {
    package init() {}

    package let name = "apply_patch"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.applyPatch,
            inputSchema: [
                "type": "object", "properties": ["patchText": ["type": "string"]], "required": ["patchText"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let patch = try Self.parse(input)
        let paths = WorkspacePaths(asking: context)
        var all: [WorkspacePath] = []
        for section in patch.sections {
            for path in section.paths {
                let resolved = try paths.resolve(path)
                try FileEditing.checkWritable(resolved)
                if !all.contains(resolved) { all.append(resolved) }
            }
        }
        return OutsideDemand.of(all, writes: true, context)
            + [FileEditing.demand(all, title: "Patch \(FileEditing.count(all.count, "file"))")]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let patch = try Self.parse(input)
        return try await fileWork { () throws(ToolError) in
            let editing = FileEditing(context)
            let paths = WorkspacePaths(context)
            return try editing.ledger.exclusively { () throws(ToolError) in
                var plan = PatchPlan(paths: paths, editing: editing)
                for section in patch.sections { try plan.add(section) }
                let set = plan.changeSet
                try editing.commit(set)
                return Self.output(set, notes: plan.notes)
            }
        }
    }

    private static func parse(_ input: ToolInput) throws(ToolError) -> Patch {
        let text = try input.string("patchText")
        do throws(PatchError) {
            return try PatchParser.parse(text)
        } catch {
            throw .file(.invalid, error.message)
        }
    }

    private static func output(_ set: FileChangeSet, notes: [String]) -> ToolOutput {
        var lines = ["Patch applied:"]
        var moved: Set<FilePath> = []
        for change in set.changes {
            if let source = change.movedFrom { moved.insert(source) }
        }
        for change in set.changes {
            switch change.status {
            case "added": lines.append("A \(change.path.string)")
            case "moved": lines.append("R \(change.movedFrom?.string ?? "") -> \(change.path.string)")
            case "deleted": if !moved.contains(change.path) { lines.append("D \(change.path.string)") }
            default: lines.append("M \(change.path.string)")
            }
        }
        if set.changes.isEmpty { lines = ["The patch changes nothing: the files already have this content."] }
        return ToolOutput(
            text: (lines + notes).joined(separator: "\n"), metadata: .object(set.metadata()),
            title: FileEditing.count(set.changes.count, "file"))
    }
}

extension Patch.Section {
    /// Every path the section names, the target of a move included.
    package var paths: [String] {
        switch self {
        case .add(let path, _), .delete(let path): [path]
        case .update(let path, let target, _): target.map { [path, $0] } ?? [path]
        }
    }
}

/// The files of a patch as they will be, computed in memory, section by section; later sections see the earlier ones.
struct PatchPlan {
    private struct Planned {
        let before: FileState?
        var after: FileState?
        var movedFrom: FilePath?
    }

    private let paths: WorkspacePaths
    private let editing: FileEditing
    private var order: [FilePath] = []
    private var planned: [FilePath: Planned] = [:]
    private(set) var notes: [String] = []

    init(paths: WorkspacePaths, editing: FileEditing) {
        self.paths = paths
        self.editing = editing
    }

    /// The changes; files that end as they were are left out. Removals come last.
    var changeSet: FileChangeSet {
        var writes: [FileChange] = []
        var removals: [FileChange] = []
        for path in order {
            guard let file = planned[path], file.before != file.after else { continue }
            let change = FileChange(
                path: path, before: file.before, after: file.after,
                movedFrom: file.before == nil && file.after != nil ? file.movedFrom : nil)
            if file.after == nil { removals.append(change) } else { writes.append(change) }
        }
        return FileChangeSet(writes + removals)
    }

    mutating func add(_ section: Patch.Section) throws(ToolError) {
        switch section {
        case .add(let path, let lines):
            let target = try load(path)
            guard planned[target]?.after == nil else {
                throw .file(
                    .conflict, "'\(path)' already exists, so it cannot be added. Use '*** Update File: \(path)'.")
            }
            let mode = planned[target]?.before?.mode ?? FileEditing.newFileMode
            planned[target]?.after = FileState(bytes: PatchApplier.bytes(adding: lines), mode: mode)
        case .delete(let path):
            let target = try load(path)
            _ = try current(target, path)
            planned[target]?.after = nil
        case .update(let path, let moveTo, let hunks):
            let source = try load(path)
            let file = try current(source, path)
            let result: PatchApplier.Result
            do throws(PatchError) {
                result = try PatchApplier.apply(hunks, to: file.bytes, path: path)
            } catch {
                throw .file(.invalid, error.message)
            }
            notes += result.notes
            let after = FileState(bytes: result.bytes, mode: file.mode)
            guard let moveTo else {
                planned[source]?.after = after
                return
            }
            let target = try load(moveTo)
            guard target != source else {
                planned[source]?.after = after
                return
            }
            guard planned[target]?.after == nil else {
                throw .file(.conflict, "'\(path)' cannot be moved to '\(moveTo)', which already exists.")
            }
            planned[source]?.after = nil
            planned[target]?.after = after
            planned[target]?.movedFrom = source
        }
    }

    private func current(_ path: FilePath, _ written: String) throws(ToolError) -> FileState {
        if let file = planned[path]?.after { return file }
        if planned[path]?.before != nil {
            throw .file(.invalid, "The patch removes or moves '\(written)' before it changes it.")
        }
        throw NearNames.missing(
            WorkspacePath(relative: path, written: path, exists: false), written: written, in: editing.files)
    }

    private mutating func load(_ written: String) throws(ToolError) -> FilePath {
        let path = try paths.resolve(written)
        try FileEditing.checkWritable(path)
        if planned[path.relative] == nil {
            let state = try editing.state(path)
            order.append(path.relative)
            planned[path.relative] = Planned(before: state, after: state)
        }
        return path.relative
    }
}
