import Synchronization

/// Numbers the progress of one call.
final class ProgressCounter: Sendable {
    private let count = Atomic<Int64>(0)

    /// 1, 2, 3 …
    func next() -> Int64 { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
