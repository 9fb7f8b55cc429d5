/// The known name that someone probably meant.
package enum Suggestion {
    /// The nearest of `names` within two edits (a third of the length for long names), compared without case.
    ///
    /// Names over 64 bytes and lists over 10,000 names are not searched.
    package static func nearest(to name: String, in names: [String]) -> String? {
        guard name.utf8.count <= 64, names.count <= 10_000 else { return nil }
        let wanted = Array(name.lowercased().utf8)
        var best: (name: String, rank: (Int, Int))?
        for candidate in names.sorted() where candidate.utf8.count <= 64 {
            let limit = max(1, min(3, max(wanted.count, candidate.utf8.count) / 3))
            let distance = distance(wanted, Array(candidate.lowercased().utf8))
            let rank = (distance, abs(candidate.utf8.count - wanted.count))
            if distance <= limit, best.map({ rank < $0.rank }) ?? true { best = (candidate, rank) }
        }
        return best?.name
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var twoBack: [Int] = []
        var previous = Array(0...b.count)
        for (row, left) in a.enumerated() {
            var line = [row + 1]
            line.reserveCapacity(b.count + 1)
            for (column, right) in b.enumerated() {
                var cost = min(previous[column] + (left == right ? 0 : 1), previous[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, left == b[column - 1], a[row - 1] == right {
                    cost = min(cost, twoBack[column - 1] + 1)
                }
                line.append(cost)
            }
            twoBack = previous
            previous = line
        }
        return previous[b.count]
    }
}
