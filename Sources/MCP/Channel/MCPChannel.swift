package import JSONRPC
import Support

/// The way messages go to one server and come back. One protocol generation above, one transport below.
///
/// Replies, notifications and the server's own requests come to the receiver in any order. Every request that was sent without
/// an error gets exactly one of: a response, `failed`, or the channel's end.
package protocol MCPChannel: AnyObject, Sendable {
    /// `stdio`, `http` or `sse`.
    var name: String { get }
    /// Sends a message; returns when it is on its way.
    /// - Throws: `connect`, `spawn`, `timeout`, `authRequired`, `unavailable`; with `metadata["session"] = "lost"` when the server
    ///   forgot the session.
    func send(_ message: JSONRPCMessage, _ options: MCPSendOptions) async throws(MCPError)
    /// Nobody waits for this request's answer any more: an HTTP response stream is closed. Notifications of cancellation are sent by
    /// the client.
    func abandon(_ id: JSONRPCID)
    /// The version that was agreed on; from now on it goes with every request that needs it. Opens the stream for the server's own
    /// messages, where there is one.
    func agreed(_ era: MCPEra)
    /// Forgets the session before a new handshake.
    func resetSession()
    /// Ends the connection, and the process where there is one. Returns when nothing of it is left.
    func close() async
}

/// How a message is to be sent.
package struct MCPSendOptions: Sendable {
    /// The version that goes into `MCP-Protocol-Version` when none is agreed on yet.
    package var probedVersion: String?
    /// Headers made of arguments (`x-mcp-header`), HTTP only.
    package var parameterHeaders: [(name: String, value: String)] = []

    package init(probedVersion: String? = nil, parameterHeaders: [(name: String, value: String)] = []) {
        self.probedVersion = probedVersion
        self.parameterHeaders = parameterHeaders
    }
}

/// Who gets what a channel receives. Called from any thread, one message at a time; must not block.
package protocol MCPReceiver: AnyObject, Sendable {
    func received(_ message: JSONRPCMessage)
    /// A request will get no answer.
    func failed(_ id: JSONRPCID, _ error: MCPError)
    /// The connection is over; nothing comes after it.
    func closed(_ error: MCPError)
}
