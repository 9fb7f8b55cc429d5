import Support
import Synchronization

/// A clock that moves only when the test says so; sleepers resume, in the order of their times, when it passes them.
package final class TestTime: TimeSource {
    private struct Sleeper {
        let id: Int
        let wake: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Contents {
        var nowMs: Int64
        var uptime: UInt64 = 1_000_000_000
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var lastID = 0
        var slept: [Duration] = []
    }

    private let contents: Mutex<Contents>
    private let sleeperCount = Watchable(0)

    /// A clock that shows `nowMs` (Unix milliseconds; 2026-01-01 when not given).
    package init(nowMs: Int64 = 1_767_225_600_000) {
        contents = Mutex(Contents(nowMs: nowMs))
    }

    package func nowMs() -> Int64 { contents.withLock { $0.nowMs } }

    package func uptimeNs() -> UInt64 { contents.withLock { $0.uptime } }

    /// Every duration that anything slept for so far, in order.
    package var slept: [Duration] { contents.withLock { $0.slept } }

    /// How many sleep now.
    package var sleepers: Int { contents.withLock { $0.sleepers.count } }

    /// Waits until at least `count` sleep; false when they do not within `limit` of real time.
    package func waitForSleepers(_ count: Int = 1, atMost limit: Duration = .seconds(20)) async -> Bool {
        await sleeperCount.wait(atMost: limit) { $0 >= count }
    }

    package func sleep(for duration: Duration) async throws {
        let id = contents.withLock { contents in
            contents.lastID += 1
            contents.slept.append(duration)
            return contents.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isCancelled: Bool? = contents.withLock { contents in
                    if contents.cancelled.remove(id) != nil { return true }
                    if duration <= .zero { return false }
                    let wake = contents.uptime + duration.wholeNanoseconds
                    contents.sleepers.append(Sleeper(id: id, wake: wake, continuation: continuation))
                    return nil
                }
                sleeperCount.change { $0 = sleepers }
                switch isCancelled {
                case true?: continuation.resume(throwing: CancellationError())
                case false?: continuation.resume()
                case nil: break
                }
            }
        } onCancel: {
            let sleeper = contents.withLock { contents -> Sleeper? in
                guard let index = contents.sleepers.firstIndex(where: { $0.id == id }) else {
                    contents.cancelled.insert(id)
                    return nil
                }
                return contents.sleepers.remove(at: index)
            }
            sleeperCount.change { $0 = sleepers }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock forward and wakes whoever's time has come.
    package func advance(by duration: Duration) {
        let due = contents.withLock { contents in
            contents.uptime += duration.wholeNanoseconds
            contents.nowMs += Int64(duration.wholeNanoseconds / 1_000_000)
            let due = contents.sleepers.filter { $0.wake <= contents.uptime }.sorted { $0.wake < $1.wake }
            contents.sleepers.removeAll { $0.wake <= contents.uptime }
            return due
        }
        sleeperCount.change { $0 = sleepers }
        for sleeper in due { sleeper.continuation.resume() }
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: UInt64 {
        let parts = components
        return UInt64(max(0, parts.seconds)) * 1_000_000_000 + UInt64(max(0, parts.attoseconds / 1_000_000_000))
    }
}
