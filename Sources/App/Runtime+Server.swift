import Agents
import Configuration
import Credentials
import Events
import MCP
import Permissions
import Scheduler
import Schema
package import Server
import Sessions
import Support
import SystemPackage

/// How a server is put together.
package struct ServerSetup: Sendable {
    /// The token of the state directory; clients read it from `ServerFiles.tokenFile`.
    package var token: String
    /// For basic authentication; nil = none.
    package var password: String?
    /// `--no-auth`
    package var isOpen = false
    package var exposure: Exposure
    /// "" or "/prefix".
    package var basePath = ""
    /// TLS is on.
    package var isSecure = false

    /// A setup; see the members.
    package init(token: String, exposure: Exposure) {
        self.token = token
        self.exposure = exposure
    }
}

extension Runtime {
    /// What answers requests: services on this runtime's store, and one location for each directory.
    ///
    /// Sessions that a dead process left running are repaired before this returns.
    /// - Throws: `StorageError`, `ConfigError`, `FileError` when the runtime's own directory cannot be used.
    package func dispatcher(_ setup: ServerSetup, _ options: RuntimeOptions) async throws -> Dispatcher {
        let sessions = try await sessions()
        let storage = try await openStorage()
        let feed = EventFeed(storage: storage, bus: bus, ids: ids, time: time)
        let forms = PendingForms(bus: bus, ids: ids, time: time)
        var options = options
        options.questionAsker = forms
        options.onAsk = .wait(timeoutMs: nil)
        let locations = LocationPool(base: self, options: options)
        let runs = RunManager(sessions: sessions, stateDirectory: paths.state, ids: ids, logger: logger) { session in
            try await locations.location(FilePath(session.location.directory)).loop
        }
        let own = try await locations.location(directory)
        await runs.repairAll()
        var services = ServerServices(
            directory: own.directory, version: RuntimeOptions.version, environment: environment, sessions: sessions,
            storage: storage, bus: bus, feed: feed, runs: runs, locations: locations, forms: forms,
            shells: ShellService(bus: bus, ids: ids, time: time, environment: environment),
            credentials: CredentialStore(environment: environment, file: credentialFile),
            authenticator: Authenticator(
                token: setup.token, password: setup.password, isOpen: setup.isOpen, time: time),
            ids: ids, time: time, logger: logger, address: ServerAddress())
        services.scheduler = try await scheduler()
        let address = services.address
        let shareContext: ShareSyncer.Context = { [config] directory in
            let config = (try? await locations.location(FilePath(directory)))?.config ?? config
            var context = await self.shareContext(of: config)
            // A service without an address of another one shares to itself.
            if context.address == nil, config.config.share.serve, !address.url.isEmpty { context.address = address.url }
            return context
        }
        let shares = try await shares()
        services.shares = shares
        services.shareContext = shareContext
        if config.config.share.serve { services.shareHub = ShareHub(storage: storage, time: time) }
        shareSyncer = ShareSyncer(
            shares: shares, sessions: sessions, bus: bus, time: time, logger: logger, context: shareContext)
        services.basePath = setup.basePath
        return Dispatcher(
            services: services, table: .standard, exposure: setup.exposure, basePath: setup.basePath,
            isSecure: setup.isSecure)
    }

    /// Starts what a listening server does beside its requests: recurring jobs, bringing shares up to date.
    package func startBackgroundWork() async throws {
        try await scheduler().start()
        await shareSyncer?.start()
    }

    /// Tells clients that the server ends, interrupts what runs, and waits until it is stored.
    package func stop(_ dispatcher: Dispatcher, reason: String) async {
        bus.publish(
            .init(id: ids.next(.event), created: time.nowMs(), payload: .serverStopping(.init(reason: reason))))
        await dispatcher.services.runs.stop()
        await dispatcher.services.shells.stop()
        await dispatcher.services.logins.stop()
        // Ends every event stream once it is read.
        bus.close()
    }
}
