import Dispatch
import Support
import Synchronization
import SystemPackage

/// Writes to a standard stream in order, on a thread of its own: a slow reader suspends the caller, never a pool thread.
final class StreamOutput: Sendable {
    private let descriptor: FileDescriptor
    private let queue: DispatchQueue
    private let closed = Mutex(false)

    init(_ descriptor: FileDescriptor, label: String) {
        self.descriptor = descriptor
        queue = DispatchQueue(label: label)
    }

    /// True once the reader has gone away (EPIPE).
    var isClosed: Bool { closed.withLock { $0 } }

    /// Returns when the text is written, or given up because the reader is gone.
    func write(_ text: String) async {
        guard !text.isEmpty, !isClosed else { return }
        let bytes = Array(text.utf8)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async { @Sendable [self] in
                if (try? descriptor.writeAll(bytes)) == nil { closed.withLock { $0 = true } }
                continuation.resume()
            }
        }
    }
}
