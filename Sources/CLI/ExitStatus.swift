import Agents
import ArgumentParser
import Configuration
import MCP
import Permissions
import Providers
import Sandbox
import Scheduler
import Sessions
import Snapshots
import Storage
package import Support
import Templates

/// The exit codes of CONTRACT §2, and the one place that gives an error its code.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    case failed = 1
    case usage = 64
    case badData = 65
    case notFound = 66
    case unreachable = 69
    case limitReached = 75
    case denied = 77
    case configuration = 78
    case interrupted = 130
    case closedPipe = 141
    case terminated = 143

    /// The code of any error a command can throw.
    package init(_ error: any Error) {
        self =
            switch error {
            case let error as CLIError: error.status
            case is ConfigError: .configuration
            case is OutputClosed: .closedPipe
            case is CancellationError: .interrupted
            case is PermissionDenied: .denied
            case let error as ProviderError: ExitStatus(rawValue: error.exitCode) ?? .failed
            case let error as CatalogueError: ExitStatus(rawValue: error.exitCode) ?? .failed
            case let error as AgentError: Self.of(error)
            case let error as SessionError: Self.of(error)
            case let error as StorageError: Self.of(error)
            case is TransferError: .badData
            case let error as SandboxError: error.kind == .unavailable ? .configuration : .failed
            case let error as FileError: Self.of(error)
            case let error as SnapshotError: Self.of(error)
            case let error as UndoError: Self.of(error)
            case let error as SchedulerError: error.kind == .unknownJob ? .notFound : .failed
            case let error as MCPError: Self.of(error)
            case let error as CommandError: Self.of(error)
            case let error as ShareError: Self.of(error)
            case is FrontMatter.Failure, is JSONParseError: .badData
            case is any AppError: .failed
            default: ErrorDocument.isParserError(error) ? .usage : .failed
            }
    }

    private static func of(_ error: ShareError) -> ExitStatus {
        switch error.kind {
        case .disabled, .notConfigured: .configuration
        case .notFound, .gone: .notFound
        case .busy: .limitReached
        case .denied: .denied
        case .unreachable, .timeout, .failing, .badAnswer, .refused: .unreachable
        }
    }

    private static func of(_ error: MCPError) -> ExitStatus {
        switch error.kind {
        case .config: .configuration
        case .spawn, .connect, .timeout, .server, .unavailable: .unreachable
        case .authRequired: .denied
        case .serverNotFound, .notFound: .notFound
        case .tool: .failed
        case .cancelled: .interrupted
        }
    }

    private static func of(_ error: CommandError) -> ExitStatus {
        switch error.kind {
        case .notFound: .notFound
        case .usage: .usage
        case .failed: .failed
        }
    }

    private static func of(_ error: AgentError) -> ExitStatus {
        switch error.kind {
        case .agentNotFound, .modelNotFound: .notFound
        case .authentication: .denied
        case .invalidPrompt: .badData
        case .busy, .stepLimit, .loop: .limitReached
        case .interrupted: .interrupted
        case .provider, .storage, .contextOverflow:
            error.underlying.map { ExitStatus($0) } ?? .failed
        }
    }

    private static func of(_ error: SessionError) -> ExitStatus {
        switch error.kind {
        case .notFound, .messageNotFound: .notFound
        case .busy: .limitReached
        case .invalid: .badData
        case .storage: error.underlying.map { ExitStatus($0) } ?? .failed
        }
    }

    private static func of(_ error: SnapshotError) -> ExitStatus {
        switch error.kind {
        case .notFound: .notFound
        case .busy, .limit: .limitReached
        default: .failed
        }
    }

    private static func of(_ error: UndoError) -> ExitStatus {
        switch error.kind {
        case .nothing, .unknownTarget: .notFound
        case .busy: .limitReached
        case .failed: .failed
        }
    }

    private static func of(_ error: StorageError) -> ExitStatus {
        switch error.kind {
        case .notFound: .notFound
        case .corrupt: .badData
        case .unavailable: .unreachable
        case .denied: .denied
        case .busy: .limitReached
        default: .failed
        }
    }

    private static func of(_ error: FileError) -> ExitStatus {
        switch error.kind {
        case .notFound: .notFound
        case .permissionDenied: .denied
        default: .failed
        }
    }
}

/// `{"error":{"name","message","data"}}`, what `--json` prints for an error.
package struct ErrorDocument: Sendable, Equatable {
    package var name: String
    /// Whole sentences; safe for a terminal.
    package var message: String
    package var data: [String: String]

    package init(name: String, message: String, data: [String: String] = [:]) {
        self.name = name
        self.message = HostileText.escaped(message, multiline: true)
        self.data = data
    }

    /// The document of one of our errors; nil for errors of the argument parser.
    init?(_ error: any Error) {
        switch error {
        case let error as MCPError: self.init(name: error.code, message: error.message, data: error.metadata)
        case let error as CommandError: self.init(name: error.code, message: error.message)
        case let error as any AppError:
            self.init(name: Self.name(error), message: error.message, data: error.metadata)
        case let error as ProviderError:
            self.init(name: "ProviderError", message: error.message, data: ["code": error.code.rawValue])
        case let error as CatalogueError:
            self.init(name: "ModelError", message: error.message, data: ["code": error.code.rawValue])
        case is CancellationError: self.init(name: "InterruptedError", message: "The command was interrupted.")
        default:
            guard !Self.isParserError(error) else { return nil }
            self.init(name: "Error", message: "\(error)")
        }
    }

    /// True for what the argument parser itself throws.
    static func isParserError(_ error: any Error) -> Bool {
        if error is ValidationError || error is CleanExit { return true }
        let type = String(reflecting: type(of: error))
        return type.hasPrefix("ArgumentParser.")
    }

    private static func name(_ error: any AppError) -> String {
        let type = String(describing: type(of: error))
        switch type {
        case "PermissionDenied": return "PermissionDeniedError"
        case "Failure": return "FrontMatterError"
        default: return type.hasSuffix("Error") ? type : type + "Error"
        }
    }

    package var json: JSON {
        var fields = JSONObject()
        for (key, value) in data.sorted(by: { $0.key < $1.key }) { fields[key] = .string(value) }
        return ["error": ["name": .string(name), "message": .string(message), "data": .object(fields)]]
    }
}
