import Support
package import SystemPackage

/// How commands are contained.
package enum SandboxMode: String, Sendable, CaseIterable {
    /// bubblewrap: mount, PID, IPC and network namespaces.
    case bwrap
    /// Landlock and seccomp.
    case landlock
    /// Not at all.
    case off
}

/// `sandbox` of the configuration.
package struct SandboxSettings: Sendable, Equatable {
    /// The mode that must be had; nil = `auto`: bubblewrap, else Landlock, else none.
    package var mode: SandboxMode?
    /// Network also for commands that no person approved.
    package var network: Bool
    /// Paths outside the workspace that commands may change; absolute. A path named here is not hidden either.
    package var writable: [FilePath]

    package init(mode: SandboxMode? = nil, network: Bool = false, writable: [FilePath] = []) {
        self.mode = mode
        self.network = network
        self.writable = writable
    }
}

/// The mode in use, and why it is that one.
package struct SandboxStatus: Sendable, Equatable {
    package var mode: SandboxMode
    /// One sentence for people.
    package var reason: String

    package init(_ mode: SandboxMode, _ reason: String) {
        self.mode = mode
        self.reason = reason
    }
}

/// What one command may have beyond the default: reading everything that is not hidden, changing the workspace, no network.
package struct SandboxAccess: Sendable, Equatable {
    /// Network; true for what a person approved.
    package var network: Bool
    /// False for a command that was allowed because it only reads: the workspace cannot be changed either.
    package var changesWorkspace: Bool
    /// Further paths that may be changed: approved external directories. Absolute; `/` and ancestors of the home directory
    /// are not opened.
    package var writable: [FilePath]
    /// Hidden paths that may be read after all. Absolute.
    package var readable: [FilePath]
    /// Commands of the same scope, a session, share their temporary directory; nil = one for all without a scope.
    package var scope: String?
    /// The command gets a terminal of its own, in which job control must work.
    package var keepsTerminal: Bool

    package init(
        network: Bool = false, changesWorkspace: Bool = true, writable: [FilePath] = [], readable: [FilePath] = [],
        scope: String? = nil, keepsTerminal: Bool = false
    ) {
        self.network = network
        self.changesWorkspace = changesWorkspace
        self.writable = writable
        self.readable = readable
        self.scope = scope
        self.keepsTerminal = keepsTerminal
    }
}

/// Why a command was not contained, and so not run.
package struct SandboxError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable {
        /// The mode that the configuration demands cannot be had here.
        case unavailable
        /// The command cannot be prepared for the sandbox.
        case failed
    }

    package var kind: Kind
    /// A sentence with the mode and the next step.
    package var message: String
    /// `sandbox.` and the kind.
    package var code: String { "sandbox.\(kind.rawValue)" }

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
