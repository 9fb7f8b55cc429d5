package import Support
import Synchronization

/// Tickets that open one connection to one terminal: 256 random bits, good for 60 s and for one use. Only their hashes are
/// kept, at most 10,000; then the oldest go.
package final class PTYTickets: Sendable {
    /// How long a ticket is good, seconds.
    package static let seconds = 60
    private static let most = 10_000

    private struct Entry {
        var subject: String
        var expiresNs: UInt64
    }

    private let time: any TimeSource
    private let entries = Mutex<(byHash: [String: Entry], order: [String])>(([:], []))

    package init(time: any TimeSource) { self.time = time }

    /// A fresh ticket.
    /// - Parameter subject: what it is bound to: the terminal's id, and whatever else must be the same when it is used.
    package func issue(_ subject: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let ticket = (0..<4).map { _ in
            let hex = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - hex.count) + hex
        }.joined()
        let hash = SHA256Hash.hex(of: Array(ticket.utf8))
        let expires = time.uptimeNs() + UInt64(Self.seconds) * 1_000_000_000
        entries.withLock { entries in
            entries.byHash[hash] = Entry(subject: subject, expiresNs: expires)
            entries.order.append(hash)
            while entries.order.count > Self.most { entries.byHash[entries.order.removeFirst()] = nil }
        }
        return ticket
    }

    /// Uses a ticket up; true when it was good for this subject.
    package func redeem(_ ticket: String, for subject: String) -> Bool {
        guard ticket.utf8.count <= 128 else { return false }
        let hash = SHA256Hash.hex(of: Array(ticket.utf8))
        let now = time.uptimeNs()
        return entries.withLock { entries in
            guard let entry = entries.byHash[hash] else { return false }
            entries.byHash[hash] = nil
            entries.order.removeAll { $0 == hash }
            return entry.subject == subject && now < entry.expiresNs
        }
    }
}
