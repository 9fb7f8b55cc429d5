/// The generation of the protocol that a server speaks.
package enum MCPEra: Sendable, Equatable {
    /// `initialize` and sessions; the negotiated version.
    case legacy(String)
    /// Stateless requests with `_meta`; the version in use.
    case modern(String)

    /// Versions with a handshake that we know, newest first.
    package static let legacyVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
    /// Versions without a handshake that we know, newest first.
    package static let modernVersions = ["2026-07-28"]

    package var version: String {
        switch self {
        case .legacy(let version), .modern(let version): version
        }
    }

    package var isModern: Bool { if case .modern = self { true } else { false } }

    /// Keys of `_meta` (2026-07-28).
    enum Meta {
        static let prefix = "io.modelcontextprotocol/"
        static let protocolVersion = prefix + "protocolVersion"
        static let clientCapabilities = prefix + "clientCapabilities"
        static let clientInfo = prefix + "clientInfo"
        static let serverInfo = prefix + "serverInfo"
        static let subscriptionID = prefix + "subscriptionId"
        static let logLevel = prefix + "logLevel"
    }

    /// Error codes of 2026-07-28.
    enum Code {
        static let headerMismatch: Int64 = -32020
        static let missingCapability: Int64 = -32021
        static let unsupportedVersion: Int64 = -32022
        static let urlElicitationRequired: Int64 = -32042
        static let resourceNotFound: Int64 = -32002
    }
}
