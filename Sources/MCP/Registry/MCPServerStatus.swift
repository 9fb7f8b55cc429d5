package import Support

/// What a server is doing.
package enum MCPServerState: Sendable, Equatable {
    /// Configured, nothing was tried yet, or the first try is on its way.
    case pending
    case connecting
    case connected
    /// Lost; the next try comes by itself.
    case backoff(attempt: Int, untilMs: Int64, MCPError)
    /// Nothing more is tried until somebody asks for it.
    case failed(MCPError)
    case disabled
    case needsAuth(MCPError)
    /// There are stored credentials, but the server takes them no longer.
    case expired(MCPError)
    case pendingApproval

    /// As in `mcp list --json` (CONTRACT §9) and 2.1's McpServer.
    package var word: String {
        switch self {
        case .pending, .connecting: "pending"
        case .connected: "connected"
        case .backoff, .failed: "failed"
        case .disabled: "disabled"
        case .needsAuth: "needs_auth"
        case .expired: "expired"
        case .pendingApproval: "pending_approval"
        }
    }

    /// After `authRequired`: what a login may mend, and what it will not.
    package static func refused(_ error: MCPError) -> MCPServerState {
        if error.metadata["stepUp"] == "refused" { return .failed(error) }
        return error.metadata["credentials"] == "stored" ? .expired(error) : .needsAuth(error)
    }

    package var error: MCPError? {
        switch self {
        case .backoff(_, _, let error), .failed(let error), .needsAuth(let error), .expired(let error): error
        default: nil
        }
    }
}

/// A server with its state, for lists.
package struct MCPServerStatus: Sendable, Equatable {
    package var name: String
    package var scope: MCPServerEntry.Scope
    /// `stdio`, `http`, `sse`; nil for an entry that cannot be read.
    package var type: String?
    package var command: String?
    package var url: String?
    package var state: MCPServerState
    /// Nil before the first connection.
    package var toolCount: Int?
    package var facts: MCPServerFacts?

    /// The value with these members; nothing is checked.
    package init(
        name: String, scope: MCPServerEntry.Scope, type: String? = nil, command: String? = nil, url: String? = nil,
        state: MCPServerState, toolCount: Int? = nil, facts: MCPServerFacts? = nil
    ) {
        self.name = name
        self.scope = scope
        self.type = type
        self.command = command
        self.url = url
        self.state = state
        self.toolCount = toolCount
        self.facts = facts
    }

    /// The next command, for those states that need one.
    package var hint: String? {
        switch state {
        case .needsAuth, .expired: "codetether mcp auth \(name)"
        case .pendingApproval: "codetether mcp approve \(name)"
        case .disabled: "codetether mcp enable \(name)"
        case .failed(let error) where error.kind == .config: nil
        case .failed, .backoff: "codetether mcp debug \(name)"
        default: nil
        }
    }

    /// A row of `mcp list --json`.
    package var json: JSON {
        var object: JSONObject = ["name": .string(name)]
        object["type"] = type.map { .string($0) }
        object["scope"] = .string(scope.rawValue)
        object["command"] = command.map { .string($0) }
        object["url"] = url.map { .string($0) }
        object["status"] = .string(state.word)
        object["tools"] = toolCount.map { .int(Int64($0)) } ?? .null
        if let error = state.error {
            object["error"] = ["name": .string(error.code), "message": .string(error.message)]
        }
        object["hint"] = hint.map { .string($0) }
        if let facts {
            object["server"] = [
                "name": .string(HostileText.escaped(facts.name, multiline: false)),
                "version": .string(HostileText.escaped(facts.version, multiline: false)),
                "protocol": .string(facts.era.version),
            ]
        }
        return .object(object)
    }
}

/// A tool of a connected server under the name that the model sees.
package struct MCPOfferedTool: Sendable, Equatable {
    package var name: String
    package var server: String
    package var tool: MCPTool
}
