import Agents
import Configuration
import MCP
import Providers
import Schema
import Sessions
import Storage
import Support

extension HTTPFailure {
    /// The answer to what a handler or a layer below threw; nil for what nobody expected.
    init?(_ error: any Error) {
        switch error {
        case let error as HTTPFailure: self = error
        case let error as SessionError: self = error.failure(sessionID: "")
        case let error as AgentError: self = Self.of(error)
        case let error as StorageError: self = Self.of(error)
        case let error as CatalogueError: self = .invalid(error.message, field: "model")
        case let error as ConfigError: self = HTTPFailure(503, .serviceUnavailable(message: error.message))
        case let error as MCPError: self = Self.of(error)
        case is CancellationError:
            self = HTTPFailure(503, .serviceUnavailable(message: "The server is stopping, or the client left."))
        default: return nil
        }
    }

    private static func of(_ error: AgentError) -> HTTPFailure {
        switch error.kind {
        case .invalidPrompt: .invalid(error.message, field: "text")
        case .agentNotFound: .invalid(error.message, field: "agent")
        case .modelNotFound, .authentication: .invalid(error.message, field: "model")
        case .storage:
            if let session = error.underlying as? SessionError, session.kind == .notFound {
                session.failure(sessionID: "")
            } else {
                HTTPFailure(503, .serviceUnavailable(message: error.message, service: "storage"))
            }
        default: HTTPFailure(503, .serviceUnavailable(message: error.message))
        }
    }

    private static func of(_ error: MCPError) -> HTTPFailure {
        let body = TaggedError(error.code, error.message)
        switch error.kind {
        case .serverNotFound: return HTTPFailure(404, .mcpServerNotFound(server: "", message: error.message))
        case .notFound: return HTTPFailure(404, body)
        case .config: return HTTPFailure(400, body)
        case .authRequired, .unavailable: return HTTPFailure(409, body)
        case .timeout: return HTTPFailure(504, body)
        case .cancelled: return HTTPFailure(503, .serviceUnavailable(message: error.message))
        case .spawn, .connect, .server, .tool: return HTTPFailure(502, body)
        }
    }

    private static func of(_ error: StorageError) -> HTTPFailure {
        switch error.kind {
        case .invalid: .invalid(error.message)
        case .conflict: HTTPFailure(409, .conflict(message: "Somebody else changed this at the same time; try again."))
        default: HTTPFailure(503, .serviceUnavailable(message: error.message, service: "storage"))
        }
    }
}
