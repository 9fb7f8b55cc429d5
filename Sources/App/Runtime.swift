package import Agents
package import Configuration
package import Credentials
package import Events
import Git
package import Logging
import MCP
import PTY
package import Permissions
package import Providers
import Sandbox
import Scheduler
package import Sessions
import Storage
import StoragePostgres
package import Support
package import SystemPackage
package import Tools

/// The composition root: everything a command needs, built once from the configuration.
///
/// `make` reads the configuration and builds what costs nothing. Storage, the log file and connections are opened when they
/// are first needed, so that a command which only prints the configuration touches no database. Nothing is sent at start.
package actor Runtime {
    package nonisolated let environment: Environment
    package nonisolated let paths: AppPaths
    package nonisolated let config: LoadedConfig
    /// The session's directory.
    package nonisolated let directory: FilePath
    package nonisolated let agentDefinitions: AgentDefinitions
    package nonisolated let models: ModelCatalogue
    package nonisolated let secrets: Secrets
    package nonisolated let bus: EventBus
    package nonisolated let ids: any IDSource
    package nonisolated let time: any TimeSource
    package nonisolated let logger: Logger
    package nonisolated let transport: any HTTPTransport
    nonisolated let options: RuntimeOptions
    private nonisolated let log: LogFile
    private var sessionService: SessionService?
    private var storage: (any StorageBackend)?
    private var agentService: AgentService?
    /// What `permissions()` has made.
    package internal(set) var permissionService: PermissionService?
    var schedulerService: Scheduler?
    var sandboxService: Sandbox?
    var terminalHost: PTYHost?
    /// The MCP servers of each directory.
    var mcpServices: [FilePath: MCPServers] = [:]
    /// As the configuration that was read last has them.
    var mcpRegistries: [FilePath: MCPRegistry] = [:]
    var mcpWatches: [FilePath: Task<Void, Never>] = [:]
    /// The keys that the user stored.
    package nonisolated let credentialFile: CredentialFile
    var shareService: ShareService?
    var shareSyncer: ShareSyncer?
    var shareTransport: AsyncHTTPTransport?
    /// What a server on a shared database runs beside its requests.
    var sharing: SharedNode?

    /// The agents, built-in ones first.
    package nonisolated var agents: [AgentDefinition] { agentDefinitions.agents }

    /// The id of the project that the directory belongs to: a hash of the git root, `global` outside a repository.
    package nonisolated var projectID: String {
        guard let root = GitState.read(directory)?.root else { return "global" }
        return String(SHA256Hash.hex(of: Array(root.string.utf8)).prefix(40))
    }

    /// - Throws: `ConfigError` when a configuration file is not right, `ProviderError` for unusable fake responses,
    ///   `FileError` when the fake responses cannot be read.
    package static func make(_ options: RuntimeOptions) throws -> Runtime {
        let paths = AppPaths(environment: options.environment)
        let config = try ConfigLoader(
            environment: options.environment, paths: paths, cwd: options.directory, explicit: options.configFile
        ).load()
        let transport: any HTTPTransport
        if let shared = options.shares?.transport {
            transport = shared
        } else if let file = options.fakeResponses {
            transport = try FakeTransport(parsing: try FileIO.read(file), name: file.string)
        } else {
            transport = AsyncHTTPTransport(environment: options.environment)
        }
        return Runtime(options: options, paths: paths, config: config, transport: transport)
    }

    private init(
        options: RuntimeOptions, paths: AppPaths, config: LoadedConfig, transport: any HTTPTransport
    ) {
        self.options = options
        self.paths = paths
        self.config = config
        self.transport = transport
        environment = options.environment
        directory = options.directory
        bus = options.shares?.bus ?? EventBus()
        let time = SystemTime()
        self.time = time
        ids = options.shares?.ids ?? ULIDSource(time: time)
        agentDefinitions = AgentDefinitions.load(config, builtIn: BuiltInAgents.all)
        let credentialFile = options.shares?.credentialFile ?? CredentialFile(data: paths.data, state: paths.state)
        self.credentialFile = credentialFile
        models = Self.catalogue(
            config, options.environment, paths,
            CredentialStore(environment: options.environment, file: credentialFile))
        secrets = Secrets(
            known: config.substituted + Self.secretValues(of: options.environment, providers: models.providers)
                + ((try? Self.storageTarget(config.config.storage))?.secrets ?? []))
        let level = Logger.Level(rawValue: options.logLevel ?? config.config.log.level) ?? .info
        log = options.shares?.log ?? LogFile(directory: paths.state.appending("log"), time: time)
        var logger = Logger(label: "codetether") { [log, secrets] _ in
            StructuredLogHandler(
                file: log, json: config.config.log.format == "json", echo: options.printLogs, secrets: secrets,
                time: time)
        }
        logger.logLevel = level
        self.logger = logger
    }

    private static func catalogue(
        _ config: LoadedConfig, _ environment: Environment, _ paths: AppPaths, _ credentials: CredentialStore
    ) -> ModelCatalogue {
        ModelCatalogue(
            config: config.config, environment: environment,
            secrets: EnvironmentSecrets.source(credentials),
            cached: CachedCatalogue(file: ModelCacheRefresh.file(paths)))
    }

    /// Fetches the catalogue of models from `models_url`.
    /// - Returns: the catalogue with what came.
    /// - Throws: `ProviderError`, `FileError`, or an error with the code `models.refresh`; the old catalogue stays then.
    package nonisolated func refreshedModels() async throws -> ModelCatalogue {
        _ = try await modelRefresh.run()
        return Self.catalogue(
            config, environment, paths, CredentialStore(environment: environment, file: credentialFile))
    }

    nonisolated var modelRefresh: ModelCacheRefresh {
        ModelCacheRefresh(
            url: config.config.modelsURL ?? ModelCacheRefresh.defaultURL, file: ModelCacheRefresh.file(paths),
            transport: transport)
    }

    /// The sessions of the configured store, which is opened on the first call.
    /// - Throws: `StorageError`.
    package func sessions() async throws -> SessionService {
        if let shares = options.shares { return try await shares.sessions() }
        if let sessionService { return sessionService }
        let backend = try await openStorage()
        if let sessionService { return sessionService }
        let service = SessionService(
            storage: backend, bus: bus, ids: ids, time: time, logger: logger,
            version: RuntimeOptions.version)
        sessionService = service
        return service
    }

    func openStorage() async throws -> any StorageBackend {
        if let shares = options.shares { return try await shares.openStorage() }
        if let storage { return storage }
        let opened = try await openConfiguredStorage()
        if let storage { return storage }
        storage = opened
        return opened
    }

    /// The agent loop.
    /// - Throws: `StorageError`, `FileError`.
    package func agentLoop() async throws -> AgentService {
        if let agentService { return agentService }
        let sessions = try await sessions()
        try FileIO.createDirectory(paths.state)
        try ProcessSupervision.becomeSubreaper()
        ProcessSupervision.ignoreSIGPIPE()
        let skills = Skills.discover(config)
        for problem in skills.problems + agentDefinitions.problems + config.warnings {
            logger.warning("skipped", metadata: ["reason": "\(problem)"])
        }
        let workspace = try WorkspaceRoot(config.workspace)
        let directory = try FileIO.realPath(self.directory)
        var environment = ToolEnvironment(
            workspace: workspace, directory: directory, dataDirectory: paths.data, runner: ProcessRunner(),
            sandbox: try await sandbox(skills: skills.skills),
            http: HTTPWebFetcher(proxies: ProxySettings(self.environment.values)),
            webSearch: webSearchEndpoint,
            asker: options.questionAsker, skills: skills.skills, ids: ids, time: time, environment: self.environment)
        environment.snapshots = try await recoveredSnapshots()
        let permissions = try await permissions()
        let service = AgentService(
            AgentDependencies(
                sessions: sessions, models: models,
                client: ModelClient(
                    transport: transport,
                    secrets: EnvironmentSecrets.source(
                        CredentialStore(environment: self.environment, file: credentialFile)), time: time),
                tools: tools(skills: skills.skills), externalTools: await mcpTools(), toolEnvironment: environment,
                permissions: permissions,
                deniedPermissions: { permissions.deniedPermissions(of: ToolGating.permissionNames, agent: $0) },
                config: config.config,
                agents: agents, instructions: Instructions.discover(config), stateDirectory: paths.state, ids: ids,
                time: time, logger: logger))
        agentService = service
        return service
    }

    /// All built-in tools that have something to work with.
    package nonisolated func tools(skills: [Skill]) -> ToolRegistry {
        ToolRegistry.builtIn(
            subagents: agents.filter { $0.mode != .primary && !$0.hidden }
                .map { SubagentInfo(name: $0.name, description: $0.description) },
            skills: skills, webSearch: webSearchEndpoint != nil, question: options.questionAsker != nil,
            gates: config.config.tools.gating)
    }

    private nonisolated var webSearchEndpoint: WebSearchEndpoint? {
        guard let url = environment["CODETETHER_WEBSEARCH_URL"] else { return nil }
        return WebSearchEndpoint(url: url, key: environment["CODETETHER_WEBSEARCH_KEY"])
    }

    /// Closes connections, the store and the log. Call it before the process ends.
    package func shutdown() async {
        guard options.shares == nil else { return }
        await schedulerService?.stop()
        await terminalHost?.shutdown()
        await stopMCP()
        await shareSyncer?.stop()
        await shareTransport?.shutdown()
        await transport.shutdown()
        await stopSharing()
        bus.close()
        await sessionService?.runLeases?.drain()
        await storage?.close()
        await log.close()
    }

    private static func secretValues(of environment: Environment, providers: [ProviderEntry]) -> [String] {
        providers.flatMap { $0.env.compactMap { environment[$0] } }
    }
}
