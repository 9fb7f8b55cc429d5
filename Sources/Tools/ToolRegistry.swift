package import Configuration
package import Permissions
import Sandbox
package import Support

/// The tools of a program, in a fixed order, and the one way to run them.
package struct ToolRegistry: Sendable {
    let tools: [any Tool]
    private let byName: [String: Int]
    private let listed: [ToolDefinition]
    let gates: [ToolGate]
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

    /// A call whose arguments are right, with what it needs. Making one changes nothing and asks nobody.
    package struct Prepared: Sendable {
        /// The tool's own name.
        package let name: String
        /// What has to be allowed, in order.
        package let demands: [PermissionDemand]
        fileprivate let tool: any Tool
        fileprivate let arguments: ToolInput
    }

    /// Runs a call: `prepare`, then `execute`.
    /// - Throws: as both.
    package func execute(
        _ name: String, input: JSON, context: ToolContext, offered: [String]? = nil
    ) async throws(ToolError) -> ToolOutput {
        try await execute(
            try prepare(name, input: input, context: context, offered: offered), context: context, offered: offered)
    }

    /// Finds the tool, checks and repairs the arguments and finds out what has to be allowed.
    /// - Throws: `notFound` for an unknown tool, `invalidArguments`.
    package func prepare(
        _ name: String, input: JSON, context: ToolContext, offered: [String]? = nil
    ) throws(ToolError) -> Prepared {
        guard let tool = tool(name) else { throw invalid.unknown(name, offered: offered ?? names) }
        let arguments: ToolInput
        do throws(ArgumentValidator.Mismatch) {
            arguments = ToolInput(try ArgumentValidator.validate(input, schema: tool.definition.inputSchema))
        } catch {
            throw ToolError(
                .invalidArguments,
                "\(tool.name): \(error.path.isEmpty ? "the arguments" : "'\(error.path)'") \(error.message). "
                    + "Correct it and call the tool again.")
        }
        return Prepared(
            name: tool.name, demands: try tool.demands(arguments, context), tool: tool, arguments: arguments)
    }

    /// Asks the permission gate for each demand, runs, and cuts the text to 2,000 lines and 50 kB (the whole of it, up to
    /// 10 MiB, goes to `data/tool-output`).
    /// - Parameter offered: what the model was offered; nil = everything. A writer that was not offered still runs when
    ///   another one was, because the permission is the same.
    /// - Throws: `denied`, and what the tool throws. Cancelling the task ends the call with `cancelled`.
    package func execute(
        _ call: Prepared, context: ToolContext, offered: [String]? = nil
    ) async throws(ToolError) -> ToolOutput {
        if Task.isCancelled { throw ToolError(.cancelled, "The call was cancelled before it started.") }
        var context = context
        context.granted = []
        context.runTool = { [context] name, input in
            do throws(ToolError) {
                return .success(try await execute(name, input: input, context: context, offered: offered))
            } catch {
                return .failure(error)
            }
        }
        let call = await settled(call, context)
        try await check(call.demands, context)
        if let offered, !isUsable(call.name, offered) { throw invalid.unknown(call.name, offered: offered) }
        if Task.isCancelled { throw ToolError(.cancelled, "The call was cancelled before it started.") }
        context.granted = OutsideDemand.granted(call.demands)
        let output = try await context.comparing(call.name) { (context) async throws(ToolError) in
            try await call.tool.run(call.arguments, context)
        }
        return try await ToolOutputFile.bounded(output, context)
    }

    /// The call with what it needs in the sandbox that will contain it, if there is one. Finding that out may take 10 ms,
    /// once.
    package func settled(_ call: Prepared, _ context: ToolContext) async -> Prepared {
        guard call.demands.contains(where: { !$0.readOnly.isEmpty || !$0.cautions.isEmpty }) else { return call }
        let mode = await context.sandbox?.status().mode
        let isContained = mode != nil && mode != .off
        return Prepared(
            name: call.name, demands: call.demands.map { $0.settled(isContained: isContained) }, tool: call.tool,
            arguments: call.arguments)
    }

    /// Asks the gate about each demand; denials of any of them before the first ask. A person who approves one demand of a
    /// group has seen all of it, so that the others of the group are not asked about again.
    private func check(_ demands: [PermissionDemand], _ context: ToolContext) async throws(ToolError) {
        var asks: [Bool] = []
        do {
            for demand in demands {
                let decisions = await context.permissions.preview(demand, context.permissionContext)
                if decisions.contains(where: { $0.action == .deny }) {
                    try await context.permissions.check(demand, context.permissionContext)
                }
                asks.append(decisions.contains { $0.action == .ask })
            }
            var approved = Set<String>()
            for (demand, mayAsk) in zip(demands, asks) {
                if let group = demand.group, mayAsk, approved.contains(group) { continue }
                try await context.permissions.check(demand, context.permissionContext)
                if let group = demand.group, mayAsk { approved.insert(group) }
            }
        } catch {
            throw ToolError(error)
        }
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
