package import Support

/// What a server may ask of us while it works: the user's input, a model's answer, the workspace's roots.
///
/// Every request comes from the server and is hostile: the host asks the user or a rule before anything happens.
package protocol MCPHost: Sendable {
    /// Whether somebody can be asked.
    var canElicit: Bool { get }
    /// Whether requests for a model's answer are considered at all.
    var canSample: Bool { get }
    /// `file://` URIs of the workspace, with names.
    var roots: [(uri: String, name: String)] { get }
    /// Asks the user. `params` is `elicitation/create`'s: `message` and `requestedSchema`, or `mode: "url"`, `url`, `elicitationId`.
    /// - Returns: `{"action":"accept"|"decline"|"cancel","content":{…}}`.
    func elicit(server: String, _ params: JSON) async -> JSON
    /// Lets a model answer. `params` is `sampling/createMessage`'s.
    /// - Returns: `{"role":"assistant","content":{…},"model":"…","stopReason":"…"}`.
    /// - Throws: `server` with the JSON-RPC error to send (the user refused: code -1).
    func sample(server: String, _ params: JSON) async throws(MCPError) -> JSON
}

/// A host that refuses everything: for listings and tests of a connection.
package struct RefusingHost: MCPHost {
    package init() {}
    package var canElicit: Bool { false }
    package var canSample: Bool { false }
    package var roots: [(uri: String, name: String)] { [] }
    package func elicit(server: String, _ params: JSON) async -> JSON { ["action": "decline"] }
    package func sample(server: String, _ params: JSON) async throws(MCPError) -> JSON {
        throw MCPError.server(-1, "Sampling is not allowed here.", nil)
    }
}
