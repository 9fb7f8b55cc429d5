import Support
import Synchronization

/// Reports the output of a running command: its last 30,000 bytes, at most every 50 ms. The result itself has the end.
final class ShellProgress: Sendable {
    /// Most bytes of a report.
    static let limitBytes = 30_000
    /// Nanoseconds between reports.
    static let intervalNs: UInt64 = 50_000_000

    private struct State {
        var recent: [UInt8] = []
        var total = 0
        var last: UInt64?
    }

    private let time: any TimeSource
    private let description: String
    private let report: @Sendable (JSON) -> Void
    private let state = Mutex(State())

    init(time: any TimeSource, description: String, report: @escaping @Sendable (JSON) -> Void) {
        self.time = time
        self.description = description
        self.report = report
    }

    /// Takes output and reports when the last report is old enough. Reports are made in order.
    func append(_ bytes: [UInt8]) {
        state.withLock { state in
            state.total += bytes.count
            state.recent.append(contentsOf: bytes.suffix(Self.limitBytes))
            if state.recent.count > 2 * Self.limitBytes {
                state.recent.removeFirst(state.recent.count - Self.limitBytes)
            }
            let now = time.uptimeNs()
            if let last = state.last, now < last + Self.intervalNs { return }
            state.last = now
            var shown = state.recent.suffix(Self.limitBytes)
            while let first = shown.first, first & 0xC0 == 0x80, shown.count + 3 > Self.limitBytes {
                shown.removeFirst()
            }
            var chunker = UTF8Chunker()
            report([
                "output": .string(chunker.push(Array(shown))), "bytes": .int(Int64(state.total)),
                "description": .string(description),
            ])
        }
    }
}
