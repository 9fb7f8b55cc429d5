/// The output of a terminal for one reader, from its cursor on: what is kept, then a `cursor` frame, then what comes, then
/// `exit`. It takes its bytes from the terminal's ring when it asks for them, so it holds nothing itself.
///
/// Ends after `exit`; without `exit` when the terminal was removed, when the reader was too slow (a viewer gets the `gap`
/// that it lost as its last frame), or after `close`. One task
/// may read it at a time; cancelling that task closes it. A reader that goes away without `close` is detached.
package struct PTYAttachment: AsyncSequence, Sendable {
    package typealias Element = PTYFrame

    private let ticket: Ticket

    /// Detaches when the last copy is gone.
    private final class Ticket: Sendable {
        let host: PTYHost
        let id: String
        let key: UInt64

        init(_ host: PTYHost, _ id: String, _ key: UInt64) {
            self.host = host
            self.id = id
            self.key = key
        }

        deinit {
            let (host, id, key) = (host, id, key)
            Task { await host.detach(id, key) }
        }
    }

    init(host: PTYHost, id: String, key: UInt64) { ticket = Ticket(host, id, key) }

    /// Reads on; nil at the end.
    package func next() async -> PTYFrame? { await ticket.host.next(ticket.id, ticket.key) }

    /// Ends the sequence.
    package func close() async { await ticket.host.detach(ticket.id, ticket.key) }

    package func makeAsyncIterator() -> Iterator { Iterator(attachment: self) }

    /// Reads an attachment.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let attachment: PTYAttachment

        package mutating func next() async -> PTYFrame? { await attachment.next() }
    }
}
