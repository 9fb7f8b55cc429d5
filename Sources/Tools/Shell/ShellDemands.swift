package import Permissions
import Support
package import SystemPackage

/// What a shell command needs: each of its programs under `bash`, each path under `read` and `edit`, and what lies
/// outside the workspace under `external_directory` (CONTRACT §6 and §9).
package enum ShellDemands {
    /// Most commands described in the metadata of an ask.
    private static let maxShown = 200
    /// Longest text shown of one command, bytes.
    private static let maxText = 16_384

    /// The demands of a command, in the order in which they are checked. All have the same group and title.
    /// - Parameters:
    ///   - directory: where it runs, a real path.
    ///   - workspace: the real path of the workspace.
    ///   - home: what `~` stands for.
    ///   - readable: real paths of ours that may be read like the workspace.
    package static func of(
        _ command: String, directory: FilePath, workspace: FilePath, home: String?, readable: [FilePath] = [],
        dialect: ShellAnalysis.Dialect = .bash
    ) -> [PermissionDemand] {
        let plan = ShellPlan(command, dialect: dialect)
        let effects = ShellEffects(
            plan, directory: directory.string, home: home,
            files: ShellFileView(workspace: workspace, readable: readable))
        let title = HostileText.escaped(command, multiline: true)
        let metadata = metadata(command, directory, plan, effects)
        var demands: [PermissionDemand] = []
        demands += external(effects, title, metadata)
        demands.append(bash(command, directory, plan, effects, title, metadata))
        for (permission, resources) in [("read", effects.reads), ("edit", effects.edits)] where !resources.isEmpty {
            demands.append(
                PermissionDemand(
                    permission: permission, patterns: resources, always: PermissionDemand.literal(resources),
                    metadata: metadata, title: title))
        }
        for index in demands.indices { demands[index].group = "bash" }
        return demands
    }

    private static func bash(
        _ command: String, _ directory: FilePath, _ plan: ShellPlan, _ effects: ShellEffects, _ title: String,
        _ metadata: JSON
    ) -> PermissionDemand {
        let invocations = plan.invocations
        let hasGit = invocations.contains { $0.name == "git" }
        let gitStarts = hasGit && ShellRepositories.startPrograms(invocations, in: directory)
        var patterns: [String] = []
        var always: [String] = []
        var isSavable = plan.unparsable == nil && plan.doubts.isEmpty && effects.doubts.isEmpty
        var readOnly = Set<String>()
        var other = Set<String>()
        var seen = Set<String>()
        for invocation in invocations {
            let text = invocation.text
            let reads = ShellReadOnly.isReadOnly(invocation) && !(gitStarts && invocation.name == "git")
            if reads { readOnly.insert(text) } else { other.insert(text) }
            guard seen.insert(text).inserted else { continue }
            patterns.append(text)
            if let saved = ShellSaved.pattern(invocation) {
                if !always.contains(saved) { always.append(saved) }
            } else {
                isSavable = false
            }
        }
        var notDenied = plan.notDenied
        var cautions: [PermissionCaution] = []
        if let reason = plan.unparsable {
            // What it seems to run must not be denied either.
            notDenied += ShellSegments.of(command).map(unquoted)
            cautions.append(
                PermissionCaution(
                    pattern: command, reason: "it cannot be taken apart: \(reason)", permissions: all))
        }
        if patterns.isEmpty { patterns = [trimmed(command)] }
        cautions += self.cautions(plan.doubts + effects.doubts, command)
        // Doubts about what the text is make every reading of it doubtful.
        let isClear = plan.unparsable == nil && !cautions.contains { $0.permissions.contains("bash") }
        var demand = PermissionDemand(
            permission: "bash", patterns: patterns, always: isSavable ? always : [], metadata: metadata, title: title,
            cautions: cautions)
        demand.readOnly = isClear ? readOnly.subtracting(other) : []
        demand.notDenied = notDenied
        return demand
    }

    private static let all = ["bash", "read", "edit", "external_directory"]

    /// One caution for each place and reason, at most 100.
    private static func cautions(_ doubts: [ShellDoubt], _ command: String) -> [PermissionCaution] {
        let bytes = Array(command.utf8)
        var result: [PermissionCaution] = []
        for doubt in doubts where result.count < 100 {
            let text = UTF8Text.lossy(bytes[doubt.range.clamped(to: 0..<bytes.count)])
            let caution = PermissionCaution(
                pattern: text.isEmpty ? command : text, reason: doubt.reason,
                permissions: doubt.kind == .command ? all : Array(all.dropFirst()),
                endsInSandbox: doubt.kind == .code)
            if !result.contains(caution) { result.append(caution) }
        }
        return result
    }

    private static func external(
        _ effects: ShellEffects, _ title: String, _ metadata: JSON
    ) -> [PermissionDemand] {
        [true, false].compactMap { writes in
            let paths = effects.externals.filter { $0.writes == writes }.map(\.path)
            guard !paths.isEmpty else { return nil }
            var always: [String] = []
            for path in paths {
                let directory =
                    FileIO.isDirectory(FilePath(path)) ? FilePath(path) : FilePath(path).removingLastComponent()
                let pattern = directory == "/" ? "/*" : directory.string + "/*"
                if !always.contains(pattern) { always.append(pattern) }
            }
            var fields = metadata.objectValue ?? JSONObject()
            fields["intent"] = writes ? "write" : "read"
            fields["filepath"] = paths.first.map { .string($0) }
            let isLiteral = PermissionDemand.literal(paths).count == paths.count
            return PermissionDemand(
                permission: "external_directory", patterns: paths, always: isLiteral ? always : [],
                metadata: .object(fields), title: title)
        }
    }

    /// For whoever shows the ask: the text, where each command of it stands, and what it does with files.
    private static func metadata(
        _ command: String, _ directory: FilePath, _ plan: ShellPlan, _ effects: ShellEffects
    ) -> JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.prefix(maxShown).map { .string($0) }) }
        var fields: JSONObject = ["command": .string(command), "workdir": .string(directory.string)]
        fields["commands"] = .array(
            plan.invocations.prefix(maxShown).map {
                [
                    "text": .string(cut($0.text)), "start": .int(Int64($0.command.range.lowerBound)),
                    "end": .int(Int64($0.command.range.upperBound)),
                ]
            })
        if !effects.reads.isEmpty { fields["reads"] = list(effects.reads) }
        if !effects.edits.isEmpty { fields["edits"] = list(effects.edits) }
        if !effects.externals.isEmpty { fields["external"] = list(effects.externals.map(\.path)) }
        var reasons: [String] = plan.unparsable.map { ["it cannot be taken apart: \($0)"] } ?? []
        for doubt in plan.doubts + effects.doubts where reasons.count < 20 && !reasons.contains(doubt.reason) {
            reasons.append(doubt.reason)
        }
        if !reasons.isEmpty { fields["doubts"] = list(reasons) }
        return .object(fields)
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= maxText ? text : ShortText.cut(text, bytes: maxText)
    }

    private static func trimmed(_ text: String) -> String {
        let bytes = Array(text.utf8).drop { $0 <= 0x20 }
        return UTF8Text.lossy(bytes.reversed().drop { $0 <= 0x20 }.reversed())
    }

    private static func unquoted(_ text: String) -> String {
        UTF8Text.lossy(text.utf8.filter { $0 != 0x22 && $0 != 0x27 && $0 != 0x5C })
    }
}

extension PermissionDemand {
    /// The demand for a call that is, or is not, contained by a sandbox.
    package func settled(isContained: Bool) -> PermissionDemand {
        var demand = self
        if isContained { demand.cautions.removeAll(where: \.endsInSandbox) } else { demand.readOnly = [] }
        return demand
    }
}
