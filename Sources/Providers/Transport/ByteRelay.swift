import Synchronization

/// A bounded hand-over of a response from the task that receives it to the one that reads it.
///
/// The buffer holds at most `limit` bytes beyond the piece being pushed; then the producer waits, and with it the
/// connection. Bytes that arrived while nobody read are handed over in one piece. One producer, one reader.
final class ByteRelay: ByteSource {
    /// Status and headers.
    struct Head: Sendable {
        var status: Int
        var headers: HTTPFields
    }

    private struct State {
        var head: Result<Head, ProviderError>?
        var headWaiter: CheckedContinuation<Result<Head, ProviderError>, Never>?
        var buffer: [UInt8] = []
        var end: Result<Void, ProviderError>?
        var reader: CheckedContinuation<Result<[UInt8]?, ProviderError>, Never>?
        var producer: CheckedContinuation<Bool, Never>?
        var task: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = 256 * 1024) { self.limit = limit }

    /// The task that feeds the relay; cancelled with it.
    func attach(_ task: Task<Void, Never>) {
        let ended = state.withLock { state in
            state.task = task
            return state.end != nil
        }
        if ended { task.cancel() }
    }

    // MARK: Producer

    func setHead(_ head: Head) {
        let waiter = state.withLock { state in
            if state.head == nil { state.head = .success(head) }
            defer { state.headWaiter = nil }
            return state.headWaiter
        }
        waiter?.resume(returning: .success(head))
    }

    /// False when nobody wants more.
    func push(_ bytes: [UInt8]) async -> Bool {
        guard !bytes.isEmpty else { return true }
        return await withCheckedContinuation { continuation in
            enum Next { case goOn(Bool), deliver(CheckedContinuation<Result<[UInt8]?, ProviderError>, Never>), wait }
            let next: Next = state.withLock { state in
                guard state.end == nil else { return .goOn(false) }
                if let reader = state.reader {
                    state.reader = nil
                    return .deliver(reader)
                }
                state.buffer.append(contentsOf: bytes)
                if state.buffer.count < limit { return .goOn(true) }
                state.producer = continuation
                return .wait
            }
            switch next {
            case .goOn(let more): continuation.resume(returning: more)
            case .deliver(let reader):
                reader.resume(returning: .success(bytes))
                continuation.resume(returning: true)
            case .wait: return
            }
        }
    }

    /// Ends the body; buffered bytes are still read. Only the first end counts.
    func finish(_ error: ProviderError?) { end(error, dropBuffer: false) }

    // MARK: Reader

    /// Waits for the head; cancelling the caller's task closes the connection.
    func head() async throws(ProviderError) -> Head {
        let result: Result<Head, ProviderError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Result<Head, ProviderError>? in
                    if let head = state.head { return head }
                    state.headWaiter = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            cancel(with: Self.cancelled)
        }
        return try result.get()
    }

    func next() async throws(ProviderError) -> [UInt8]? {
        let result: Result<[UInt8]?, ProviderError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (known, producer) = state.withLock {
                    state -> (Result<[UInt8]?, ProviderError>?, CheckedContinuation<Bool, Never>?) in
                    if !state.buffer.isEmpty {
                        let bytes = state.buffer
                        state.buffer = []
                        defer { state.producer = nil }
                        return (.success(bytes), state.producer)
                    }
                    if let end = state.end { return (end.map { nil }, nil) }
                    state.reader = continuation
                    return (nil, nil)
                }
                producer?.resume(returning: true)
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            cancel(with: Self.cancelled)
        }
        return try result.get()
    }

    func cancel(with error: ProviderError) { end(error, dropBuffer: true) }

    private static let cancelled = ProviderError(.cancelled, "The request was cancelled.")

    private func end(_ error: ProviderError?, dropBuffer: Bool) {
        let waiting = state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
            if dropBuffer { state.buffer = [] }
            let failure = error ?? ProviderError(.network, "The connection closed before the answer began.")
            if state.head == nil { state.head = .failure(failure) }
            let waiting = (state.headWaiter, state.reader, state.producer, state.end, state.head, state.task)
            state.headWaiter = nil
            state.reader = nil
            state.producer = nil
            state.task = nil
            return waiting
        }
        if let waiter = waiting.0, let head = waiting.4 { waiter.resume(returning: head) }
        if let reader = waiting.1, let end = waiting.3 { reader.resume(returning: end.map { nil }) }
        waiting.2?.resume(returning: false)
        if error != nil { waiting.5?.cancel() }
    }
}
