import Dispatch
import Synchronization
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Writes whole messages to a descriptor that may block, from a thread of its own.
///
/// Messages leave in the order of `write`; at most `maxQueuedBytes` wait, more are refused. A reader that went away closes the
/// pipe for good. Safe from any task; never blocks the caller.
package final class LinePipe: Sendable {
    private struct State {
        var queuedBytes = 0
        var isClosed = false
    }

    private let descriptor: FileDescriptor
    private let maxQueuedBytes: Int
    private let state = Mutex(State())
    private let queue: DispatchQueue

    /// Takes the descriptor over: `close` closes it.
    package init(_ descriptor: FileDescriptor, maxQueuedBytes: Int = 32 << 20) {
        self.descriptor = descriptor
        self.maxQueuedBytes = maxQueuedBytes
        queue = DispatchQueue(label: "codetether.pipe.\(descriptor.rawValue)")
    }

    /// Queues the bytes. False when the pipe is closed or too much waits already.
    package func write(_ bytes: [UInt8]) -> Bool {
        let accepted = state.withLock { state in
            guard !state.isClosed, state.queuedBytes + bytes.count <= maxQueuedBytes else { return false }
            state.queuedBytes += bytes.count
            return true
        }
        guard accepted else { return false }
        queue.async { [self] in
            let isClosed = state.withLock { $0.isClosed }
            if !isClosed {
                do { try descriptor.writeAll(bytes) } catch { state.withLock { $0.isClosed = true } }
            }
            state.withLock { $0.queuedBytes -= bytes.count }
        }
        return true
    }

    /// Closes the descriptor after what is queued; the reader sees the end of its input. Does nothing the second time.
    package func close() {
        let isFirst = state.withLock { state in
            guard !hasClosed.exchange(true, ordering: .relaxed) else { return false }
            state.isClosed = false
            return true
        }
        guard isFirst else { return }
        queue.async { [self] in
            state.withLock { $0.isClosed = true }
            try? descriptor.close()
        }
    }

    /// Returns when everything that was queued so far is written, or cannot be.
    package func drain() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private let hasClosed = Atomic(false)
}
