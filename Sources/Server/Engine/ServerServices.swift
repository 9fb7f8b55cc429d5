package import Agents
package import Credentials
package import Events
package import Logging
package import MCP
package import Scheduler
package import Sessions
package import Storage
package import Support
package import SystemPackage

/// What handlers work with; built once by the composition root.
package struct ServerServices: Sendable {
    /// The server's own directory: the location of requests that name none.
    package var directory: FilePath
    package var version: String
    package var environment: Environment
    package var sessions: SessionService
    package var storage: any StorageBackend
    package var bus: EventBus
    /// Streams of events with replay.
    package var feed: EventFeed
    /// Admits and executes prompts.
    package var runs: RunManager
    package var locations: any LocationSource
    package var forms: PendingForms
    package var shells: ShellService
    package var variables = SessionVariables()
    /// Recurring jobs; nil where nothing recurs.
    package var scheduler: Scheduler?
    /// Publishes sessions; nil where nothing is shared.
    package var shares: ShareService?
    /// What sharing takes from the configuration of a directory; nil when it cannot be read.
    package var shareContext: ShareSyncer.Context = { _ in nil }
    /// What others published here; nil unless `share.serve` is on.
    package var shareHub: ShareHub?
    /// Keys of model providers.
    package var credentials: CredentialStore
    /// Logins at MCP servers that wait for a browser.
    package var logins: OAuthAttempts
    /// Where the API is mounted, "" or "/prefix".
    package var basePath = ""
    package var authenticator: Authenticator
    package var ids: any IDSource
    package var time: any TimeSource
    package var logger: Logger
    /// Where the server listens; known after it started.
    package var address: ServerAddress

    package init(
        directory: FilePath, version: String, environment: Environment, sessions: SessionService,
        storage: any StorageBackend, bus: EventBus, feed: EventFeed, runs: RunManager, locations: any LocationSource,
        forms: PendingForms, shells: ShellService, credentials: CredentialStore, authenticator: Authenticator,
        ids: any IDSource,
        time: any TimeSource,
        logger: Logger, address: ServerAddress
    ) {
        self.directory = directory
        self.version = version
        self.environment = environment
        self.sessions = sessions
        self.storage = storage
        self.bus = bus
        self.feed = feed
        self.runs = runs
        self.locations = locations
        self.forms = forms
        self.shells = shells
        self.credentials = credentials
        self.logins = OAuthAttempts(time: time)
        self.authenticator = authenticator
        self.ids = ids
        self.time = time
        self.logger = logger
        self.address = address
    }
}
