/// Gives requests their token, and gets a new one when the server refuses it.
package protocol MCPAuthorizer: Sendable {
    /// The value of the Authorization header; nil when nobody has logged in. Refreshes a token that is about to expire.
    func authorization() async -> String?
    /// After a 401, or a 403 for want of scope. `failed` is the header value that was refused.
    /// - Returns: true when the request should be tried again, with what `authorization` gives now.
    func recover(from challenge: HTTPChallenge, failed: String?) async -> Bool
    /// What the user should know of a refusal that could not be recovered from: sentences or nothing, and whether another login would be
    /// of no use.
    func refusal(of challenge: HTTPChallenge) -> (text: String, isFinal: Bool)
}
