/// How long the calls of `EventBus.publish` took, in powers of two of a microsecond.
package struct PublishTimes: Sendable, Equatable {
    private var counts = [UInt64](repeating: 0, count: 24)

    /// Nothing yet.
    package init() {}

    mutating func add(_ ns: UInt64) {
        let us = ns / 1_000
        counts[min(counts.count - 1, UInt64.bitWidth - us.leadingZeroBitCount)] += 1
    }

    /// At most so many microseconds took a share of the calls; 0 before the first.
    /// - Parameter share: 0 to 1.
    package func upperBoundUs(of share: Double) -> UInt64 {
        let total = counts.reduce(0, +)
        var sum: UInt64 = 0
        for (index, count) in counts.enumerated() {
            sum += count
            if sum > 0, Double(sum) >= share * Double(total) { return 1 << UInt64(index) }
        }
        return 0
    }
}
