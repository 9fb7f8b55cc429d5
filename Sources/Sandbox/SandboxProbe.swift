package import Support
package import SystemPackage

/// Finds out which modes work on this machine, by trying them.
package struct SandboxProbe: Sendable {
    /// The variables whose `PATH` is searched for `bwrap`.
    package var environment: Environment
    /// Programs in here are not trusted.
    package var workspace: FilePath
    package var runner: ProcessRunner

    package init(environment: Environment, workspace: FilePath, runner: ProcessRunner) {
        self.environment = environment
        self.workspace = workspace
        self.runner = runner
    }

    /// What a probe found.
    package enum Finding: Sendable, Equatable {
        case works
        /// A sentence.
        case fails(String)
    }

    /// `bwrap`, from the first absolute directory of `PATH` that has it; never from the workspace.
    package func bubblewrap() -> FilePath? {
        let search = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in search.split(separator: ":") {
            let candidate = FilePath(String(folder)).appending("bwrap")
            guard candidate.isAbsolute, let real = try? FileIO.realPath(candidate), let info = try? FileIO.stat(real)
            else { continue }
            if info.isRegular, info.mode & 0o111 != 0, !workspace.contains(real) { return candidate }
        }
        return nil
    }

    /// Starts a sandbox and looks from inside: the disk must be read-only and the process table its own. About 10 ms.
    package func tryBubblewrap(_ program: FilePath) async -> Finding {
        let plan = SandboxPlan(
            SandboxPolicy(workspace: workspace, changesWorkspace: false),
            facts: SandboxFacts(kind: { _ in .missing }, names: { _ in [] }))
        var arguments = plan.bubblewrapArguments(directory: "/")
        arguments += ["--", "/bin/sh", "-c", "[ ! -w / ] && [ $$ -lt 10 ] && [ ! -e /proc/$0 ]", "4194305"]
        var command = Command(
            executable: program, arguments: arguments, directory: "/", environment: ["PATH": "/usr/bin:/bin"])
        command.timeout = .seconds(5)
        command.isNamespace = true
        do {
            let result = try await runner.run(command)
            if result.isSuccess { return .works }
            let said = HostileText.escaped(String(result.stderr.text.prefix(300)), multiline: false)
            return .fails(
                "\(program) does not work here: "
                    + (said.isEmpty ? "a test command in it ended with \(result.status)" : said) + ".")
        } catch {
            return .fails(error.message)
        }
    }

    /// Whether Landlock and seccomp hold back a process.
    package func tryLandlock() async -> Finding {
        let version = ProcessRestrictions.landlockVersion
        guard version > 0 else { return .fails("The kernel has no Landlock.") }
        guard version >= ProcessRestrictions.minimumLandlockVersion else {
            return .fails(
                "The kernel has Landlock \(version), which does not guard truncation; "
                    + "\(ProcessRestrictions.minimumLandlockVersion) (Linux 6.2) is needed.")
        }
        // Without a rule for /etc its files cannot be opened, whoever we are.
        var command = Command(
            executable: "/bin/sh", arguments: ["-c", "! read -r line </etc/passwd"], directory: "/",
            environment: ["PATH": "/usr/bin:/bin"])
        command.timeout = .seconds(5)
        command.restrictions = ProcessRestrictions(
            listable: ["/"], readable: ["/bin", "/usr", "/lib", "/lib64", "/nix"], devices: ["/dev/null"])
        do {
            let result = try await runner.run(command)
            if result.isSuccess { return .works }
            return .fails("Landlock does not work here: a test command ended with \(result.status).")
        } catch {
            return .fails(error.message)
        }
    }
}
