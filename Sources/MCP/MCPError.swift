package import Support

/// What went wrong with an MCP server; `message` is a sentence that names the server and the next step and holds no secret.
package struct MCPError: AppError, Equatable {
    /// The class of the failure. CONTRACT §9 "MCP" gives the name and exit code of each.
    package enum Kind: String, Sendable, CaseIterable {
        /// An entry is not right.
        case config
        /// The program could not be started or ended before it answered.
        case spawn
        /// Network, TLS, HTTP or protocol failure.
        case connect
        /// No answer in time.
        case timeout
        /// The server wants a login.
        case authRequired
        /// No server of that name.
        case serverNotFound
        /// No tool, prompt or resource of that name.
        case notFound
        /// The tool says that it failed.
        case tool
        /// The server answered with a JSON-RPC error.
        case server
        /// The caller gave up.
        case cancelled
        /// The server is not connected (stopped, disabled, waiting for approval).
        case unavailable
    }

    package var kind: Kind
    package var message: String
    /// The HTTP status, JSON-RPC code, exit code, last stderr lines…
    package var metadata: [String: String]
    /// The server's error, when `kind` is `server`.
    package var rpc: RPC?
    /// What a 401 or 403 asked for.
    package var challenge: HTTPChallenge?

    /// A JSON-RPC error.
    package struct RPC: Sendable, Equatable {
        package var code: Int64
        package var message: String
        package var data: JSON?
    }

    package init(_ kind: Kind, _ message: String, metadata: [String: String] = [:]) {
        self.kind = kind
        self.message = message
        self.metadata = metadata
    }

    /// The name in JSON output and HTTP bodies.
    package var code: String {
        switch kind {
        case .config: "McpConfigError"
        case .spawn: "McpSpawnError"
        case .connect, .server, .unavailable: "McpConnectError"
        case .timeout: "McpTimeoutError"
        case .authRequired: "McpAuthRequiredError"
        case .serverNotFound: "McpServerNotFoundError"
        case .notFound: "McpToolNotFoundError"
        case .tool: "McpToolError"
        case .cancelled: "McpCancelledError"
        }
    }

    /// An answer with a JSON-RPC error: a server's, or one of ours for a server.
    package static func server(_ code: Int64, _ message: String, _ data: JSON?) -> MCPError {
        var error = MCPError(
            .server, "The server answered: \(HostileText.escaped(String(message.prefix(2000)), multiline: false))",
            metadata: ["rpcCode": "\(code)"])
        error.rpc = RPC(code: code, message: message, data: data)
        return error
    }
}

/// A `WWW-Authenticate: Bearer` challenge (RFC 6750, RFC 9728).
package struct HTTPChallenge: Sendable, Equatable {
    /// 401 or 403.
    package var status: Int
    /// Parameters of the Bearer challenge, names in lower case; empty when the server sent none.
    package var parameters: [String: String]

    package var scope: String? { parameters["scope"] }
    package var resourceMetadata: String? { parameters["resource_metadata"] }
    package var error: String? { parameters["error"] }
    /// True for 403 with `insufficient_scope`: a token with more scopes would do.
    package var isInsufficientScope: Bool { status == 403 && error == "insufficient_scope" }

    /// The scopes it names that are not among these; a server that names none wants nothing that could be asked for.
    func missingScopes(beyond requested: String?) -> [String] {
        let known = Set((requested ?? "").split(separator: " "))
        return (scope ?? "").split(separator: " ").filter { !known.contains($0) }.prefix(32).map(String.init)
    }

    package init(status: Int, parameters: [String: String]) {
        self.status = status
        self.parameters = parameters
    }

    /// Reads the header's values: several challenges, quoted strings and any order are understood; only Bearer's parameters
    /// are kept.
    package init(status: Int, headers: [String]) {
        var found: [String: String] = [:]
        for header in headers {
            var scheme = ""
            for token in Self.tokens(header) {
                switch token {
                case .word(let word): scheme = word.lowercased()
                case .parameter(let name, let value): if scheme == "bearer" { found[name.lowercased()] = value }
                }
            }
        }
        self.init(status: status, parameters: found)
    }

    private enum Token { case word(String), parameter(String, String) }

    private static func tokens(_ header: String) -> [Token] {
        var tokens: [Token] = []
        let bytes = Array(header.utf8.prefix(16_384))
        var index = 0
        func isSeparator(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x2C }
        while index < bytes.count {
            if isSeparator(bytes[index]) {
                index += 1
                continue
            }
            let start = index
            while index < bytes.count, !isSeparator(bytes[index]), bytes[index] != 0x3D { index += 1 }
            let name = UTF8Text.lossy(bytes[start..<index])
            guard index < bytes.count, bytes[index] == 0x3D else {
                tokens.append(.word(name))
                continue
            }
            index += 1
            var value: [UInt8] = []
            if index < bytes.count, bytes[index] == 0x22 {
                index += 1
                while index < bytes.count, bytes[index] != 0x22 {
                    if bytes[index] == 0x5C, index + 1 < bytes.count { index += 1 }
                    value.append(bytes[index])
                    index += 1
                }
                index += 1
            } else {
                while index < bytes.count, !isSeparator(bytes[index]) {
                    value.append(bytes[index])
                    index += 1
                }
            }
            tokens.append(.parameter(name, UTF8Text.lossy(value)))
        }
        return tokens
    }
}
