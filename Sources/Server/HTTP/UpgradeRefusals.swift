import NIOCore
import Synchronization

/// Answers to upgrades that were refused, until they are written: a request is handled once, whichever way it is answered.
final class UpgradeRefusals: Sendable {
    typealias Answer = (ServerResponse, ServerRequest)

    private let answers = Mutex<[ObjectIdentifier: Answer]>([:])

    /// Keeps an answer until it is taken or the connection ends.
    func keep(_ answer: Answer, for channel: any Channel) {
        let key = ObjectIdentifier(channel)
        answers.withLock { $0[key] = answer }
        channel.closeFuture.whenComplete { _ in self.answers.withLock { $0[key] = nil } }
    }

    /// The answer of a connection, once.
    func take(_ channel: any Channel) -> Answer? {
        answers.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}
