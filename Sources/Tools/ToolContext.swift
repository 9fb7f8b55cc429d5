package import Configuration
package import Permissions
package import Sandbox
package import Schema
package import Snapshots
package import Support
package import SystemPackage

/// What one call may use. Made for each call by `ToolEnvironment.context`.
package struct ToolContext: Sendable {
    /// The session that calls.
    package var sessionID: String
    /// The assistant message that holds the call.
    package var messageID: String
    /// The provider's id of the call: never part of a path.
    package var callID: String
    /// The agent that calls.
    package var agent: String
    /// The agents that called this one, outermost first: it may at most what each of them may.
    package var callers: [String] = []
    /// The session whose approvals count; nil = this one.
    package var approvalScope: String?
    /// Rules of the session and of those above it; they only tighten.
    package var sessionRules: [ConfiguredRule] = []
    /// What happens to asks; nil = the default of the permission service.
    package var onAsk: AskPolicy?
    /// The model that calls.
    package var model: ModelRef
    /// The only directory whose files may be touched.
    package var workspace: WorkspaceRoot
    /// What relative paths start from; inside the workspace.
    package var directory: FilePath
    /// Our data directory; full texts of cut outputs go to `tool-output` below it.
    package var dataDirectory: FilePath
    /// Decides about every demand.
    package var permissions: any PermissionGate
    /// What this call may touch outside the workspace, real paths; `ToolRegistry.execute` sets it when that was allowed.
    package var granted: [FilePath] = []
    /// What the session has read: the guard against blind writes.
    package var files: FileLedger
    /// Where what the call changes is kept for undo; nil = nowhere.
    package var snapshots: SnapshotStore?
    /// For a subagent's call: the call of the session at the top.
    package var origin: CallOrigin?
    /// The tool's name; `ToolRegistry.execute` sets it.
    package var tool = ""
    /// Starts commands.
    package var runner: ProcessRunner
    /// Contains commands; nil = they run with all our rights.
    package var sandbox: Sandbox?
    /// Fetches web pages.
    package var http: any WebFetcher
    /// Where `websearch` asks; nil = no search.
    package var webSearch: WebSearchEndpoint?
    /// The todo list of the session.
    package var todos: any TodoStore
    /// Runs subagents.
    package var subagents: any SubagentRunner
    /// Asks the user; nil when nobody is there.
    package var asker: (any QuestionAsker)?
    /// Lends the session's model; nil where there is none.
    package var lender: (any ModelLender)?
    /// Skills that may be loaded.
    package var skills: [Skill]
    /// Changes the agent from the next model request on; nil = it cannot be changed here.
    package var switchAgent: (@Sendable (String) async -> Void)?
    /// Makes ids.
    package var ids: any IDSource
    /// The clock.
    package var time: any TimeSource
    /// Our own environment; children get an allow-list of it.
    package var environment: Environment
    /// Reports what a running call has done so far; never blocks. The last report wins.
    package var progress: @Sendable (JSON) -> Void
    /// Runs another tool for this call, with all checks; `ToolRegistry.execute` sets it.
    package var runTool: (@Sendable (_ name: String, _ input: JSON) async -> Result<ToolOutput, ToolError>)?

    /// The call as permission rules see it.
    package var permissionContext: PermissionContext {
        PermissionContext(
            sessionID: sessionID, messageID: messageID, callID: callID, agent: agent, callers: callers,
            approvalScope: approvalScope, sessionRules: sessionRules, onAsk: onAsk)
    }
}

/// The part of a `ToolContext` that is the same for all calls of a program.
package struct ToolEnvironment: Sendable {
    /// The only directory whose files may be touched.
    package var workspace: WorkspaceRoot
    /// What relative paths start from; inside the workspace.
    package var directory: FilePath
    /// Our data directory.
    package var dataDirectory: FilePath
    /// Starts commands.
    package var runner: ProcessRunner
    /// Contains commands; nil = they run with all our rights.
    package var sandbox: Sandbox?
    /// Fetches web pages.
    package var http: any WebFetcher
    /// Where `websearch` asks; nil = no search.
    package var webSearch: WebSearchEndpoint?
    /// Keeps todo lists.
    package var todos: any TodoStore
    /// Asks the user; nil when nobody is there.
    package var asker: (any QuestionAsker)?
    /// Skills that may be loaded.
    package var skills: [Skill]
    /// Makes ids.
    package var ids: any IDSource
    /// The clock.
    package var time: any TimeSource
    /// Our own environment.
    package var environment: Environment
    /// Where what calls change is kept for undo; nil = nowhere.
    package var snapshots: SnapshotStore?

    /// The services of a program; see the properties.
    package init(
        workspace: WorkspaceRoot, directory: FilePath, dataDirectory: FilePath, runner: ProcessRunner,
        sandbox: Sandbox? = nil, http: any WebFetcher, webSearch: WebSearchEndpoint? = nil,
        todos: any TodoStore = MemoryTodoStore(),
        asker: (any QuestionAsker)? = nil, skills: [Skill] = [], ids: any IDSource, time: any TimeSource,
        environment: Environment
    ) {
        self.workspace = workspace
        self.directory = directory
        self.dataDirectory = dataDirectory
        self.runner = runner
        self.sandbox = sandbox
        self.http = http
        self.webSearch = webSearch
        self.todos = todos
        self.asker = asker
        self.skills = skills
        self.ids = ids
        self.time = time
        self.environment = environment
    }

    /// The context of one call.
    package func context(
        sessionID: String, messageID: String, callID: String, agent: String, permissions: any PermissionGate,
        files: FileLedger, model: ModelRef, subagents: any SubagentRunner = NoSubagents(),
        callers: [String] = [], approvalScope: String? = nil, sessionRules: [ConfiguredRule] = [],
        onAsk: AskPolicy? = nil, origin: CallOrigin? = nil, switchAgent: (@Sendable (String) async -> Void)? = nil,
        progress: @escaping @Sendable (JSON) -> Void = { _ in }
    ) -> ToolContext {
        var context = ToolContext(
            sessionID: sessionID, messageID: messageID, callID: callID, agent: agent, callers: callers,
            approvalScope: approvalScope, sessionRules: sessionRules, onAsk: onAsk, model: model,
            workspace: workspace, directory: directory, dataDirectory: dataDirectory, permissions: permissions,
            files: files, runner: runner, sandbox: sandbox, http: http, webSearch: webSearch, todos: todos,
            subagents: subagents,
            asker: asker, skills: skills, switchAgent: switchAgent, ids: ids, time: time, environment: environment,
            progress: progress)
        context.snapshots = snapshots
        context.origin = origin
        return context
    }
}
