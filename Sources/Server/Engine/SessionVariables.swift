/// Environment variables that clients gave to sessions, for the commands people run in them. In memory, of the 1,000
/// sessions set last.
package actor SessionVariables {
    private static let maximum = 1_000
    private var values: [String: [String: String]] = [:]
    private var order: [String] = []

    package init() {}

    /// The variables of a session.
    package func of(_ sessionID: String) -> [String: String] { values[sessionID] ?? [:] }

    /// Replaces them.
    package func set(_ variables: [String: String], of sessionID: String) {
        order.removeAll { $0 == sessionID }
        order.append(sessionID)
        values[sessionID] = variables
        while order.count > Self.maximum { values[order.removeFirst()] = nil }
    }
}
