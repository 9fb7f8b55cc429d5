package import App
package import Configuration
package import Support
package import SystemPackage

/// What a command finds when it starts. Given as a task-local value, because ArgumentParser makes the commands.
package struct Launch: Sendable {
    package var environment: Environment
    /// Where the process was started; absolute.
    package var directory: FilePath
    /// Options that stood before the command.
    package var leading: GlobalValues
    package var output: Output

    package init(
        environment: Environment, directory: FilePath, leading: GlobalValues = GlobalValues(),
        output: Output = .standard
    ) {
        self.environment = environment
        self.directory = directory
        self.leading = leading
        self.output = output
    }

    /// The launch of the running command; without one, an empty environment in `/`.
    @TaskLocal package static var current = Launch(environment: Environment(), directory: "/")

    /// The session's directory: `--cwd` on top of where the process was started. Throws 66 when it is no directory.
    package func sessionDirectory(_ globals: GlobalValues) throws -> FilePath {
        guard let cwd = globals.cwd else { return directory }
        let path = directory.pushing(FilePath(cwd)).lexicallyNormalized()
        guard FileIO.isDirectory(path) else {
            throw CLIError(.notFound, "--cwd \(path) is not a directory. Name one that exists.")
        }
        return path
    }

    /// The configuration, without opening storage.
    package func configuration(_ globals: GlobalValues) throws -> LoadedConfig {
        try ConfigLoader(
            environment: environment, paths: AppPaths(environment: environment), cwd: try sessionDirectory(globals),
            explicit: configFile(globals)
        ).load()
    }

    /// The options of `Runtime.make` that the global options decide.
    package func runtimeOptions(_ globals: GlobalValues) throws -> RuntimeOptions {
        var options = RuntimeOptions(environment: environment, directory: try sessionDirectory(globals))
        options.configFile = configFile(globals)
        options.logLevel = globals.logLevel
        options.printLogs = globals.printLogs
        return options
    }

    /// Runs `body` with a runtime that is shut down afterwards, also after an error.
    package func withRuntime<Result: Sendable>(
        _ globals: GlobalValues, _ body: (Runtime) async throws -> Result
    ) async throws -> Result {
        let runtime = try Runtime.make(try runtimeOptions(globals))
        do {
            let result = try await body(runtime)
            await runtime.shutdown()
            return result
        } catch {
            await runtime.shutdown()
            throw error
        }
    }

    private func configFile(_ globals: GlobalValues) -> FilePath? {
        globals.config.map { directory.pushing(FilePath($0)) }
    }
}
