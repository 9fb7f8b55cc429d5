import NIOCore
import NIOPosix
import Synchronization

/// A value that tests wait on without sleeping: every change wakes the waiters whose condition now holds.
///
/// Waits always end: at their condition, at their time limit or when their task is cancelled. Conditions run under a
/// lock, so they only look at the state they are given.
package final class Watchable<State: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let condition: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Contents {
        var state: State
        var waiters: [Waiter] = []
        var ended: Set<Int> = []
        var lastID = 0
    }

    private let contents: Mutex<Contents>

    /// A watchable that starts with `state`.
    package init(_ state: State) {
        contents = Mutex(Contents(state: state))
    }

    /// The present state.
    package var state: State { contents.withLock { $0.state } }

    /// Changes the state and wakes the waiters whose condition it meets; returns what `body` returns.
    @discardableResult
    package func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        var ready: [CheckedContinuation<Bool, Never>] = []
        let result = contents.withLock { contents in
            let result = body(&contents.state)
            let state = contents.state
            contents.waiters.removeAll { waiter in
                guard waiter.condition(state) else { return false }
                ready.append(waiter.continuation)
                return true
            }
            return result
        }
        for continuation in ready { continuation.resume(returning: true) }
        return result
    }

    /// Waits until `condition` holds. Returns false when `limit` passed first or the task was cancelled.
    package func wait(
        atMost limit: Duration = .seconds(20), until condition: @escaping @Sendable (State) -> Bool
    ) async -> Bool {
        let id = contents.withLock { contents in
            contents.lastID += 1
            return contents.lastID
        }
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(limit)) { self.end(id) }
        defer {
            timer.cancel()
            contents.withLock { _ = $0.ended.remove(id) }
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Bool? = contents.withLock { contents in
                    if condition(contents.state) { return true }
                    if contents.ended.contains(id) { return false }
                    contents.waiters.append(Waiter(id: id, condition: condition, continuation: continuation))
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            end(id)
        }
    }

    private func end(_ id: Int) {
        let waiter = contents.withLock { contents -> Waiter? in
            contents.ended.insert(id)
            guard let index = contents.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return contents.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }
}

/// A door that stays shut until a test opens it; the scripted server stops in front of it in the middle of a reply.
package final class Gate: Sendable {
    private struct Contents {
        var isOpen = false
        var callbacks: [@Sendable () -> Void] = []
    }

    private let contents = Mutex(Contents())
    private let arrivals = Watchable(0)

    /// A shut gate.
    package init() {}

    /// Opens the gate for good; everything that waits goes on.
    package func open() {
        let callbacks = contents.withLock { contents in
            contents.isOpen = true
            defer { contents.callbacks = [] }
            return contents.callbacks
        }
        for callback in callbacks { callback() }
    }

    /// Runs `callback` when the gate is open, at once if it is already.
    package func whenOpen(_ callback: @escaping @Sendable () -> Void) {
        let isOpen = contents.withLock { contents in
            if !contents.isOpen { contents.callbacks.append(callback) }
            return contents.isOpen
        }
        arrivals.change { $0 += 1 }
        if isOpen { callback() }
    }

    /// Waits until something stands in front of the gate; false when `limit` passed first.
    package func waitUntilReached(atMost limit: Duration = .seconds(20)) async -> Bool {
        await arrivals.wait(atMost: limit) { $0 > 0 }
    }
}
