package import Support
package import SystemPackage

/// Contains the commands of one workspace: bubblewrap, else Landlock and seccomp, else nothing, which is said.
///
/// What works is found out on the first use by trying it, and remembered. Nothing is ever created in the workspace. A command
/// always gets a supervisor or a PID namespace, so that its whole tree ends with it, also when we are killed.
package actor Sandbox {
    private let settings: SandboxSettings
    /// Whether every command has network, by configuration.
    package nonisolated let allowsNetwork: Bool
    private let workspace: FilePath
    private let home: FilePath
    private let hidden: [FilePath]
    private let visible: [FilePath]
    private let temporaries: TemporaryDirectories?
    private let probe: SandboxProbe
    private var finding: Task<Found, Never>?

    /// What was found out.
    private struct Found: Sendable {
        var status: SandboxStatus
        var bubblewrap: FilePath?
        /// Why the mode that is demanded cannot be had.
        var refusal: String?
    }

    /// - Parameters:
    ///   - workspace: its real path.
    ///   - own: our own directories, which are hidden.
    ///   - visible: parts of hidden directories that may be read, such as skills.
    ///   - temporary: where the directories live that commands get as their temporary ones; nil = each command gets an empty
    ///     one in memory.
    package init(
        settings: SandboxSettings, workspace: FilePath, home: FilePath, environment: Environment, own: [FilePath],
        visible: [FilePath] = [], temporary: FilePath? = nil, runner: ProcessRunner = ProcessRunner()
    ) {
        self.settings = settings
        allowsNetwork = settings.network
        self.workspace = workspace
        self.home = home
        self.visible = visible
        hidden = ProtectedPaths.all(home: home, environment: environment, own: own)
        temporaries = temporary.map { TemporaryDirectories(root: $0) }
        probe = SandboxProbe(environment: environment, workspace: workspace, runner: runner)
    }

    /// The mode in use and why. The first call tries the modes, about 10 ms.
    package func status() async -> SandboxStatus { await found().status }

    /// The same, but an error when the configuration demands a mode that cannot be had.
    package func requireStatus() async throws(SandboxError) -> SandboxStatus {
        let found = await found()
        if let refusal = found.refusal { throw SandboxError(.unavailable, refusal) }
        return found.status
    }

    /// Prepares a command so that it and all it starts may do only what `access` says.
    /// - Returns: what to run instead, and the mode it will run in.
    /// - Throws: `unavailable` when the configuration demands a mode that cannot be had, `failed` when the program does not
    ///   exist or no temporary directory can be made.
    package func contain(
        _ command: Command, _ access: SandboxAccess
    ) async throws(SandboxError) -> (command: Command, mode: SandboxMode) {
        let found = await found()
        if let refusal = found.refusal { throw SandboxError(.unavailable, refusal) }
        guard found.status.mode != .off else {
            var command = command
            command.isSupervised = true
            return (command, .off)
        }
        let (settings, workspace, home, hidden, visible, temporaries) = (
            self.settings, self.workspace, self.home, self.hidden, self.visible, self.temporaries
        )
        let contained = try await BlockingWork.run(throwing: SandboxError.self) { () throws(SandboxError) -> Command in
            let resolver = SandboxResolver(home: home)
            let policy = SandboxPolicy(
                workspace: workspace, changesWorkspace: access.changesWorkspace,
                writable: resolver.writable(settings.writable + access.writable)
                    + resolver.repository(of: workspace),
                // In `/tmp`, of which commands have their own, the home directory and programs stay where they are.
                readable: resolver.real(visible + access.readable + [home] + Self.programs(command)),
                hidden: resolver.hidden(hidden, except: settings.writable),
                temporary: try temporaries?.directory(access.scope), network: settings.network || access.network)
            let plan = SandboxPlan(policy, facts: .machine)
            guard let bubblewrap = found.bubblewrap, found.status.mode == .bwrap else {
                return Self.landlocked(command, plan)
            }
            return try Self.wrapped(command, plan, bubblewrap, access.keepsTerminal)
        }
        return (contained, found.status.mode)
    }

    /// The directories of `PATH`, at most 64.
    private static func programs(_ command: Command) -> [FilePath] {
        (command.environment["PATH"] ?? "").split(separator: ":").prefix(64).map { FilePath(String($0)) }
            .filter { $0.isAbsolute && $0 != "/" }
    }

    private static func wrapped(
        _ command: Command, _ plan: SandboxPlan, _ bubblewrap: FilePath, _ keepsTerminal: Bool
    ) throws(SandboxError) -> Command {
        var wrapped = command
        let program: FilePath
        do {
            program = try command.resolvedExecutable()
        } catch {
            throw SandboxError(.failed, error.message)
        }
        wrapped.executable = bubblewrap
        wrapped.arguments =
            plan.bubblewrapArguments(directory: command.directory, keepsTerminal: keepsTerminal)
            + ["--", program.string] + command.arguments
        wrapped.directory = "/"
        wrapped.environment["TMPDIR"] = "/tmp"
        wrapped.isNamespace = true
        return wrapped
    }

    private static func landlocked(_ command: Command, _ plan: SandboxPlan) -> Command {
        var restricted = command
        restricted.restrictions = plan.landlockRestrictions(facts: .machine)
        restricted.environment["TMPDIR"] = plan.policy.temporary?.string
        restricted.isSupervised = true
        return restricted
    }

    // MARK: What works here

    private func found() async -> Found {
        if let finding { return await finding.value }
        let task = Task { [settings, probe] in await Self.find(settings, probe) }
        finding = task
        return await task.value
    }

    private static func find(_ settings: SandboxSettings, _ probe: SandboxProbe) async -> Found {
        if settings.mode == .off {
            return Found(status: SandboxStatus(.off, "sandbox.mode is \"off\": commands run with all your rights."))
        }
        var reasons: [String] = []
        if settings.mode != .landlock {
            if let program = probe.bubblewrap() {
                switch await probe.tryBubblewrap(program) {
                case .works:
                    return Found(
                        status: SandboxStatus(.bwrap, "\(program) works here."), bubblewrap: program)
                case .fails(let reason): reasons.append(reason)
                }
            } else {
                reasons.append("bubblewrap (bwrap) is not in PATH.")
            }
        }
        if settings.mode != .bwrap {
            switch await probe.tryLandlock() {
            case .works:
                let version = ProcessRestrictions.landlockVersion
                reasons.append("Landlock \(version) and seccomp work here.")
                return Found(status: SandboxStatus(.landlock, reasons.joined(separator: " ")))
            case .fails(let reason): reasons.append(reason)
            }
        }
        let reason = reasons.joined(separator: " ")
        let status = SandboxStatus(.off, "\(reason) Commands are not contained.")
        guard let mode = settings.mode else { return Found(status: status) }
        let fix = mode == .bwrap ? "Install bubblewrap, or set" : "Set"
        return Found(
            status: status,
            refusal: "sandbox.mode is \"\(mode.rawValue)\", which cannot be had here, so nothing is run. \(reason) "
                + "\(fix) sandbox.mode to \"auto\".")
    }
}
