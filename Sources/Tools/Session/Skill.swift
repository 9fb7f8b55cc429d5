package import Configuration
package import Permissions
import Support
import SystemPackage

/// `skill`: loads the instructions of a skill, at most 50 kB, and names up to 10 files beside them.
package struct SkillTool: Tool {
    /// Most bytes of a `SKILL.md` that are loaded.
    package static let limitBytes = 51_200
    /// Most files named.
    package static let fileLimit = 10

    private let skills: [Skill]

    /// `skills` are named in the description, in this order; at most 40 of them, 160 bytes each.
    package init(skills: [Skill]) { self.skills = skills }

    package let name = "skill"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        let lines = skills.prefix(40).map { "\n- \($0.name): \(ShortText.cut($0.description, bytes: 160))" }
        return ToolDefinition(
            name: name, description: ToolDescriptions.skill + " Skills:" + lines.joined(),
            inputSchema: ["type": "object", "properties": ["name": ["type": "string"]], "required": ["name"]])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let skill = try skill(input, context)
        return [
            PermissionDemand(
                permission: "skill", patterns: [skill.name], always: [skill.name],
                metadata: ["path": .string(skill.path.string)], title: "Skill \(skill.name)")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let skill = try skill(input, context)
        let loaded: (text: String, files: [String])
        do {
            loaded = try await BlockingWork.run { try Self.load(skill) }
        } catch let error as FileError {
            throw ToolError(.failed, "The skill '\(skill.name)' cannot be loaded: \(error.message)")
        } catch {
            throw ToolError(.cancelled, "The call was cancelled.")
        }
        let directory = skill.path.removingLastComponent().string
        var text =
            "<skill_content name=\"\(skill.name)\">\n\(loaded.text)\n</skill_content>\nFiles of it are in \(directory)"
        text += loaded.files.isEmpty ? "." : ":\n" + loaded.files.joined(separator: "\n")
        return ToolOutput(
            text: text, metadata: ["name": .string(skill.name), "directory": .string(directory)], title: skill.name)
    }

    private func skill(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> Skill {
        let name = try input.string("name")
        guard let skill = context.skills.first(where: { $0.name == name }) else {
            let names = context.skills.prefix(40).map(\.name).joined(separator: ", ")
            throw ToolError(
                .notFound,
                "There is no skill '\(ShortText.cut(HostileText.escaped(name, multiline: false), bytes: 80))'. "
                    + (names.isEmpty ? "There are none here." : "Use one of: \(names)."))
        }
        return skill
    }

    private static func load(_ skill: Skill) throws(FileError) -> (text: String, files: [String]) {
        let bytes = try FileIO.read(skill.path, limit: 4 << 20)
        var text = UTF8Text.lossy(bytes[..<UTF8Text.boundary(bytes, atMost: limitBytes)])
        if bytes.count > limitBytes { text += "\n(cut at \(limitBytes) bytes; read \(skill.path.string) for the rest)" }
        let directory = skill.path.removingLastComponent()
        var files: [String] = []
        var pending = [(directory: directory, prefix: "", depth: 0)]
        var looked = 0
        while let next = pending.first, files.count < fileLimit, looked < 200 {
            pending.removeFirst()
            guard let entries = try? FileIO.list(next.directory, limit: 1_000) else { continue }
            for entry in entries.sorted(by: { $0.name.string < $1.name.string }) where files.count < fileLimit {
                looked += 1
                let shown = next.prefix + HostileText.escaped(entry.name.string, multiline: false)
                switch entry.kind {
                case .directory where next.depth < 3:
                    pending.append((next.directory.appending(entry.name), shown + "/", next.depth + 1))
                case .file where shown != "SKILL.md": files.append(shown)
                default: break
                }
            }
        }
        return (text, files)
    }
}
