import Synchronization

/// Which session is calling which server just now: what a server asks meanwhile goes to that session's user.
package final class MCPActivity: Sendable {
    private let sessions = Mutex<[String: [String]]>([:])

    package init() {}

    /// A call of the server begins.
    package func begin(_ server: String, session: String) {
        sessions.withLock { $0[server, default: []].append(session) }
    }

    /// It is over.
    package func end(_ server: String, session: String) {
        sessions.withLock { sessions in
            guard let index = sessions[server]?.lastIndex(of: session) else { return }
            sessions[server]?.remove(at: index)
            if sessions[server]?.isEmpty == true { sessions[server] = nil }
        }
    }

    /// The session that called last of those that wait; nil when the sessions that wait are several, for then nobody knows which is
    /// meant, or none.
    package func session(of server: String) -> String? {
        sessions.withLock { sessions in
            let waiting = Set(sessions[server] ?? [])
            return waiting.count == 1 ? waiting.first : nil
        }
    }
}
