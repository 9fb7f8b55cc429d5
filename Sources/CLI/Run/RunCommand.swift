import Agents
import App
package import ArgumentParser
import Configuration
import Credentials
import Events
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage
import Templates

#if canImport(Glibc)
    import Glibc
#endif

/// `codetether run MESSAGE…`
package struct RunCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Do one job: prompt the agent, show what it does, keep the session.",
        discussion: """
            The answer goes to stdout, everything else to stderr. What is piped in is appended to the message.
            Exit codes: 0 done, 1 failed, 64 usage, 65 bad input, 66 no such session, file or model, 69 provider \
            unreachable, 75 a limit was reached, 77 authentication or permission, 78 configuration, 130 interrupted.
            """)

    @Argument(help: "The message; with --command the command's arguments, each word one.")
    var message: [String] = []
    @Option(help: ArgumentHelp("Run a command: SERVER:PROMPT of an MCP server.", valueName: "name"))
    var command: String?
    @Option(name: [.short, .long], help: ArgumentHelp("The model.", valueName: "provider/model"))
    var model: String?
    @Option(help: ArgumentHelp("The agent: build, plan, or one of your own.", valueName: "name"))
    var agent: String?
    @Flag(name: [.customShort("c"), .customLong("continue")], help: "Continue the last session of this directory.")
    var continueLast = false
    @Option(name: [.short, .long], help: ArgumentHelp("Continue this session.", valueName: "id"))
    var session: String?
    @Flag(help: "Continue in a copy of the session; the session itself stays as it is.")
    var fork = false
    @Option(
        name: [.short, .long], parsing: .singleValue,
        help: ArgumentHelp("Attach a file; may be repeated.", valueName: "path"))
    var file: [String] = []
    @Option(help: ArgumentHelp("default, json (one document) or jsonl (every event).", valueName: "format"))
    var format: RunFormat = .default
    @Flag(help: "The same as --format json.")
    var json = false
    @Option(help: ArgumentHelp("Stop after this many model requests.", valueName: "n"))
    var maxSteps: Int?
    @Flag(help: "Approve what would be asked; what is denied stays denied.")
    var yes = false
    @Option(help: ArgumentHelp("The title of a new session.", valueName: "text"))
    var title: String?
    @Option(help: .hidden)
    var fakeResponses: String?
    @OptionGroup var global: GlobalOptions

    package init() {}

    /// How results are shown.
    package enum RunFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
        case `default`, json, jsonl
    }

    package func validate() throws {
        if continueLast, session != nil { throw ValidationError("--continue and --session exclude each other.") }
        if fork, !continueLast, session == nil {
            throw ValidationError("--fork copies a session; say which with --session ID or --continue.")
        }
        if let maxSteps, maxSteps < 1 { throw ValidationError("--max-steps \(maxSteps) must be at least 1.") }
    }

    package func run() async throws {
        let launch = Launch.current
        let piped = try await BlockingWork.run { try RunInput.pipedText() }
        guard command != nil || !message.isEmpty || !(piped ?? "").isEmpty || !file.isEmpty else {
            throw CLIError(.usage, "There is no message; give one as an argument or pipe it in.")
        }
        var options = try launch.runtimeOptions(global.values)
        options.approvesAsks = yes
        options.fakeResponses = fakeResponses.map { launch.directory.pushing(FilePath($0)) }
        let errors = StreamOutput(.standardError, label: "codetether.stderr")
        if Terminal.isTTY(.standardError), Terminal.hasControllingTerminal {
            let asker = TerminalAsker(error: errors)
            options.permissionAsker = asker
            options.questionAsker = asker
        }
        let directory = options.directory
        let files = try await BlockingWork.run { [file] in
            try file.map { try RunInput.attachment($0, directory: directory) }
        }
        let runtime = try Runtime.make(options)
        TrustNotice.tell(runtime.config, launch.output)
        do {
            let status = try await execute(runtime, piped: piped, files: files, errors: errors, launch)
            await runtime.shutdown()
            if status != .done { throw ExitCode(status.rawValue) }
        } catch {
            await runtime.shutdown()
            throw error
        }
    }

    private var effectiveFormat: RunFormat { json ? .json : format }

    private func execute(
        _ runtime: Runtime, piped: String?, files: [PromptFile], errors: StreamOutput, _ launch: Launch
    ) async throws -> ExitStatus {
        let sessions = try await runtime.sessions()
        let modelRef = try model.map { try runtime.models.resolve($0).ref }
        let loop = try await runtime.agentLoop()
        // Before there is a session: a command that cannot be run leaves none behind.
        let asked = try await RunMessage.make(
            command: command, words: message, piped: piped, agent: { try await agentName(runtime, sessions) }, runtime,
            note: launch.output.note)
        let subscription = RunPrinter.subscription(runtime.bus)
        let sessionID = try await chooseSession(runtime, sessions, modelRef)
        let printer = RunPrinter(
            sessionID: sessionID, format: effectiveFormat, subscription: subscription, errors: errors,
            color: Terminal.isTTY(.standardError) && !global.values.noColor && runtime.environment["NO_COLOR"] == nil)
        let signals = SignalPipe()
        let prompt = PromptInput(
            sessionID: sessionID, text: asked.text, files: files + asked.files, model: modelRef, agent: agent,
            maxSteps: maxSteps)
        let work = Task { () -> Result<ExecutionResult, AgentError> in
            do throws(AgentError) {
                return .success(try await loop.prompt(prompt))
            } catch {
                return .failure(error)
            }
        }
        signals.listen { number, before in
            if before == 0 {
                work.cancel()
            } else if number == SIGINT {
                _exit(130)
            }
        }
        let printing = Task { await printer.run { work.cancel() } }
        let outcome = await work.value
        await printer.finish()
        await printing.value
        let result: ExecutionResult
        switch outcome {
        case .success(let done): result = done
        case .failure(let error): throw error
        }
        let status = Self.status(result, signal: signals.received, closed: printer.isClosed)
        try await printer.conclude(result, status: status)
        if signals.received == nil, let problem = await runtime.finishSharing(sessionID) { launch.output.note(problem) }
        return status
    }

    /// The agent that will answer, where options or the session to continue say so.
    private func agentName(_ runtime: Runtime, _ sessions: SessionService) async throws -> String? {
        if let agent { return agent }
        if let session { return try await sessions.get(session).agent }
        guard continueLast else { return nil }
        return try await sessions.latest(directory: try FileIO.realPath(runtime.directory).string)?.agent
    }

    private func chooseSession(
        _ runtime: Runtime, _ sessions: SessionService, _ model: ModelRef?
    ) async throws -> String {
        if let session {
            try SessionCommand.checkID(session)
            if fork { return try await sessions.fork(session, title: title).id }
            return try await sessions.get(session).id
        }
        let directory = try FileIO.realPath(runtime.directory).string
        if continueLast {
            guard let latest = try await sessions.latest(directory: directory) else {
                throw CLIError(
                    .notFound, "There is no session of \(directory) to continue; run without --continue to start one.")
            }
            return fork ? try await sessions.fork(latest.id, title: title).id : latest.id
        }
        if let agent, !runtime.agents.contains(where: { $0.name == agent }) {
            let known = runtime.agents.filter { !$0.hidden }.map(\.name).joined(separator: ", ")
            throw CLIError(
                .notFound, "There is no agent \"\(HostileText.escaped(agent, multiline: false))\". Available: \(known)."
            )
        }
        if model == nil, runtime.config.config.agent[agent ?? ""]?.model == nil {
            _ = try runtime.models.defaultModel()
        }
        var new = NewSession(directory: directory, projectID: runtime.projectID)
        new.title = title
        return try await sessions.create(new).id
    }

    /// The exit code of an execution (CONTRACT §2, §9).
    static func status(_ result: ExecutionResult, signal: Int32?, closed: Bool) -> ExitStatus {
        if closed { return .closedPipe }
        if result.outcome == .interrupted || signal != nil {
            return signal == SIGTERM || signal == SIGHUP ? .terminated : .interrupted
        }
        if result.outcome == .failed, let error = result.error {
            switch error.type {
            case "ProviderAuthError": return .denied
            case "StepLimitError", "DoomLoopError", "RepetitionError": return .limitReached
            case "ProviderError": return providerStatus(error)
            default: return .failed
            }
        }
        if result.outcome == .failed { return .failed }
        return result.hadDenials && !Terminal.hasControllingTerminal ? .denied : .done
    }

    private static func providerStatus(_ error: StructuredError) -> ExitStatus {
        guard let status = error.status, status > 0 else { return .unreachable }
        switch status {
        case 401, 403: return .denied
        case 429: return .limitReached
        case 500...: return .unreachable
        case 400..<500: return .failed
        default: return .unreachable
        }
    }
}
