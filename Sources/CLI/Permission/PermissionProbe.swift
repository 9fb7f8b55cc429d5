import Agents
import App
import Configuration
import Permissions
import Schema
import Storage
import Support
import SystemPackage
import Tools

/// Answers what a tool call would be allowed, with the demands that the tool itself makes: nothing is run, asked or
/// changed. The worst of the answers counts.
struct PermissionProbe {
    private let rules: PermissionRules
    private let approvals: [SavedApproval]
    private let registry: ToolRegistry
    private let environment: ToolEnvironment
    private let service: PermissionService

    /// Reads the configuration and, when there is a store, the approvals that count in this workspace.
    init(_ runtime: Runtime) async throws {
        rules = PermissionRules(config: runtime.config, agents: runtime.agents)
        approvals = try await Self.savedApprovals(runtime).filter {
            $0.scope == .global || ($0.scope == .project && $0.directory == runtime.config.realWorkspace.string)
        }
        registry = runtime.tools(skills: [])
        environment = ToolEnvironment(
            workspace: try WorkspaceRoot(runtime.config.workspace),
            directory: try FileIO.realPath(runtime.directory), dataDirectory: runtime.paths.data,
            runner: ProcessRunner(), sandbox: try? await runtime.sandbox(skills: []), http: HTTPWebFetcher(),
            ids: runtime.ids, time: runtime.time,
            environment: runtime.environment)
        service = PermissionService(
            rules: rules, project: PermissionProject(id: "", directory: runtime.config.realWorkspace),
            ids: runtime.ids, time: runtime.time)
    }

    /// All saved approvals; none when there is no store yet, which is not made for the question.
    static func savedApprovals(_ runtime: Runtime) async throws -> [SavedApproval] {
        let data = runtime.paths.data
        guard
            runtime.config.config.storage.backend == "postgres"
                || ["codetether.db", "storage"].contains(where: { FileIO.exists(data.appending($0)) })
        else { return [] }
        return try await runtime.permissionStore().allApprovals()
    }

    /// What would happen to `tool` (or a permission's name) with `input`: the tool's main argument, or its arguments as a
    /// JSON object.
    func decide(_ tool: String, _ input: String, agent: String) async -> PermissionDecision {
        let context = environment.context(
            sessionID: "", messageID: "", callID: "", agent: agent, permissions: service, files: FileLedger(),
            model: ModelRef(id: "", providerID: ""))
        var decisions: [PermissionDecision] = []
        do throws(ToolError) {
            guard let arguments = Self.arguments(tool, input) else { return rule(Self.permission(tool), input, agent) }
            let call = try registry.prepare(tool, input: arguments, context: context)
            for demand in await registry.settled(call, context).demands {
                let answers = rules.decide(demand, agent: agent)
                decisions += answers.dropLast(demand.cautions.count).map(approved)
                decisions += answers.suffix(demand.cautions.count)
            }
        } catch {
            if let denial = error.denial {
                return PermissionDecision(
                    action: .deny, permission: denial.permission, pattern: input,
                    rule: ConfiguredRule(permission: denial.permission, pattern: "*", action: .deny))
            }
            return rule(Self.permission(tool), input, agent)
        }
        guard let worst = decisions.map(\.action).max() else { return rule(Self.permission(tool), input, agent) }
        return decisions.first { $0.action == worst } ?? rule(Self.permission(tool), input, agent)
    }

    private func rule(_ permission: String, _ resource: String, _ agent: String) -> PermissionDecision {
        approved(rules.decide(permission, resource, agent: agent))
    }

    private func approved(_ decision: PermissionDecision) -> PermissionDecision {
        guard decision.action == .ask, let approval = approvals.first(where: { rules.approves($0, decision) }) else {
            return decision
        }
        var decision = decision
        decision.action = .allow
        decision.approval = approval.id
        return decision
    }

    /// The permission that a tool needs; other names are permissions themselves.
    private static func permission(_ tool: String) -> String { ToolGating.permission(of: tool) }

    /// The arguments of a call whose main argument is `input`; nil for what is no tool with one.
    private static func arguments(_ tool: String, _ input: String) -> JSON? {
        if input.utf8.first == UInt8(ascii: "{"), let json = try? JSON(parsing: input), json.objectValue != nil {
            return json
        }
        switch tool {
        case "read": return ["filePath": .string(input)]
        case "list": return ["path": .string(input)]
        case "write": return ["filePath": .string(input), "content": ""]
        case "edit", "multiedit",
            "apply_patch" where !input.hasPrefix("*** Begin Patch"):
            return tool == "edit"
                ? ["filePath": .string(input), "oldString": "", "newString": ""] : patched(tool, input)
        case "apply_patch": return ["patchText": .string(input)]
        case "bash": return ["command": .string(input)]
        case "glob", "grep": return ["pattern": .string(input)]
        case "webfetch": return ["url": .string(input)]
        case "websearch", "codesearch": return ["query": .string(input)]
        case "skill": return ["name": .string(input)]
        case "task": return ["subagent_type": .string(input), "description": "test", "prompt": "test"]
        default: return nil
        }
    }

    private static func patched(_ tool: String, _ path: String) -> JSON {
        if tool == "multiedit" {
            return ["filePath": .string(path), "edits": [["oldString": "", "newString": ""]]]
        }
        return ["patchText": .string("*** Begin Patch\n*** Delete File: \(path)\n*** End Patch\n")]
    }
}
