package import Configuration
import Permissions
package import Support

/// The tools of a program, in a fixed order, and the one way to run them.
package struct ToolRegistry: Sendable {
    private let tools: [any Tool]
    private let byName: [String: Int]
    private let listed: [ToolDefinition]
    private let gates: [ToolGate]
    private let invalid = InvalidTool()

    /// - Parameters:
    ///   - tools: in the order in which they are offered; of two with one name the first counts.
    ///   - gates: `tools.gating` of the configuration.
    package init(_ tools: [any Tool], gates: [ToolGate] = []) {
        var kept: [any Tool] = []
        var byName: [String: Int] = [:]
        for tool in tools where byName[tool.name] == nil {
            byName[tool.name] = kept.count
            kept.append(tool)
        }
        self.tools = kept
        self.byName = byName
        self.gates = gates
        listed = kept.map(\.definition)
    }

    /// The built-in tools. `websearch` needs `webSearch`, `question` needs `question`, `task` and `skill` something to
    /// offer; without it they are left out.
    package static func builtIn(
        subagents: [SubagentInfo] = [], skills: [Skill] = [], webSearch: Bool = false, question: Bool = false,
        gates: [ToolGate] = []
    ) -> ToolRegistry {
        var tools: [any Tool] = [
            ReadTool(), WriteTool(), EditTool(), MultiEditTool(), ApplyPatchTool(), GlobTool(), GrepTool(), ListTool(),
            CodeSearchTool(), BashTool(), WebFetchTool(),
        ]
        if webSearch { tools.append(WebSearchTool()) }
        tools += [TodoReadTool(), TodoWriteTool()] as [any Tool]
        if !subagents.isEmpty { tools.append(TaskTool(agents: subagents)) }
        if !skills.isEmpty { tools.append(SkillTool(skills: skills)) }
        if question { tools.append(QuestionTool()) }
        tools += [BatchTool(), PlanEnterTool(), PlanExitTool()] as [any Tool]
        return ToolRegistry(tools, gates: gates)
    }

    /// All names, in the order of offering.
    package var names: [String] { tools.map(\.name) }

    /// The definitions a model is offered: the same bytes for the same model and agent, every time.
    package func definitions(for model: ToolModel, agent: ToolFilter) -> [ToolDefinition] {
        ToolGating.offered(names, model: model, filter: agent, gates: gates).compactMap { name in
            byName[name].map { listed[$0] }
        }
    }

    /// Whether calls of this tool may run beside others; false for an unknown one.
    package func isReadOnly(_ name: String) -> Bool { tool(name)?.isReadOnly ?? false }

    /// Runs a call: finds the tool, checks and repairs the arguments, asks the permission gate for each demand, runs,
    /// and cuts the text to 2,000 lines and 50 kB (the whole of it, up to 10 MiB, goes to `data/tool-output`).
    /// - Parameter offered: what the model was offered; nil = everything. A writer that was not offered still runs when
    ///   another one was, because the permission is the same.
    /// - Throws: `notFound` for an unknown tool, `invalidArguments`, `denied`, and what the tool throws. Cancelling the
    ///   task ends the call with `cancelled`.
    package func execute(
        _ name: String, input: JSON, context: ToolContext, offered: [String]? = nil
    ) async throws(ToolError) -> ToolOutput {
        guard let tool = tool(name) else { throw invalid.unknown(name, offered: offered ?? names) }
        let definition = tool.definition
        let arguments: ToolInput
        do throws(ArgumentValidator.Mismatch) {
            arguments = ToolInput(try ArgumentValidator.validate(input, schema: definition.inputSchema))
        } catch {
            throw ToolError(
                .invalidArguments,
                "\(tool.name): \(error.path.isEmpty ? "the arguments" : "'\(error.path)'") \(error.message). "
                    + "Correct it and call the tool again.")
        }
        if Task.isCancelled { throw ToolError(.cancelled, "The call was cancelled before it started.") }
        var context = context
        context.runTool = { [context] name, input in
            do throws(ToolError) {
                return .success(try await execute(name, input: input, context: context, offered: offered))
            } catch {
                return .failure(error)
            }
        }
        for demand in try tool.demands(arguments, context) {
            do {
                try await context.permissions.check(demand, context.permissionContext)
            } catch {
                throw ToolError(error)
            }
        }
        if let offered, !isUsable(tool.name, offered) { throw invalid.unknown(name, offered: offered) }
        if Task.isCancelled { throw ToolError(.cancelled, "The call was cancelled before it started.") }
        let output = try await tool.run(arguments, context)
        return try await ToolOutputFile.bounded(output, context)
    }

    /// The tool of a name, however the model writes it: `Read`, `functions.read`.
    private func tool(_ name: String) -> (any Tool)? {
        if let index = byName[name] { return tools[index] }
        guard name.utf8.count <= 100 else { return nil }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return byName[last.lowercased()].map { tools[$0] }
    }

    private func isUsable(_ name: String, _ offered: [String]) -> Bool {
        offered.contains(name)
            || ToolGating.writers.contains(name) && offered.contains(where: ToolGating.writers.contains)
    }
}
