import Support

/// Hands frames from the task that waits for events to the one that writes; at most 64 KiB, or one frame, between them. Knows
/// when nothing was written for a while, and when a write does not end.
actor FrameSource {
    enum Taken: Sendable {
        case frames([UInt8])
        /// Nothing was written for the time of a heartbeat.
        case idle
        case end
    }

    private static let maximum = 64 << 10

    private let encoded: EncodedEvents
    private let failed: @Sendable (any Error) -> Void
    private let next: @Sendable () async throws -> EventWriter.Frame?
    private var bytes: [UInt8] = []
    private var isOver = false
    private var isIdle = false
    private var reader: CheckedContinuation<Void, Never>?
    private var pumpWaits: CheckedContinuation<Void, Never>?
    /// When something was last handed out.
    private var lastTaken = ContinuousClock.now
    /// True from there until the writer comes back: it writes.
    private var isWriting = false

    /// - Parameter failed: told why the events ended too early.
    init(
        encoded: EncodedEvents, failed: @escaping @Sendable (any Error) -> Void = { _ in },
        next: @escaping @Sendable () async throws -> EventWriter.Frame?
    ) {
        self.encoded = encoded
        self.failed = failed
        self.next = next
    }

    /// Reads events until the end or cancellation.
    func pump() async {
        do {
            while !Task.isCancelled, let frame = try await next() {
                bytes += frame.bytes(encoded)
                wake()
                if bytes.count >= Self.maximum { await waitUntilTaken() }
            }
        } catch {
            // The reader comes back with its cursor.
            failed(error)
        }
        isOver = true
        wake()
    }

    private func waitUntilTaken() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume() }
                pumpWaits = continuation
            }
        } onCancel: {
            Task { await self.releasePump() }
        }
    }

    private func releasePump() {
        pumpWaits?.resume()
        pumpWaits = nil
    }

    private func wake() {
        reader?.resume()
        reader = nil
    }

    /// What is there; waits for something. For one writer, which says by coming back that it has written the last.
    func take() async throws -> Taken {
        isWriting = false
        if bytes.isEmpty, !isOver, !isIdle {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    if Task.isCancelled { return continuation.resume() }
                    reader = continuation
                }
            } onCancel: {
                Task { await self.wake() }
            }
        }
        try Task.checkCancellation()
        lastTaken = .now
        isIdle = false
        guard bytes.isEmpty else {
            isWriting = true
            defer {
                bytes = []
                releasePump()
            }
            return .frames(bytes)
        }
        if isOver { return .end }
        isWriting = true
        return .idle
    }

    /// One timer for a stream: wakes the writer for a heartbeat when nothing was written for `idle`, and calls `abandon` when
    /// a write takes `stuck`. Returns then, or when cancelled.
    func watch(idle: Duration, stuck: Duration, _ abandon: @Sendable () -> Void) async {
        while !Task.isCancelled {
            let due = lastTaken + (isWriting ? stuck : idle)
            if ContinuousClock.now < due {
                // A write that begins meanwhile is seen at the next heartbeat's time, before it can be due.
                let isDone = (try? await Task.sleep(until: due, clock: .continuous)) == nil
                if isDone { return }
                continue
            }
            if isWriting { return abandon() }
            isIdle = true
            lastTaken = .now
            wake()
        }
    }
}
