/// Finds which lines two texts have in common: Myers' algorithm in linear space with a bound on its cost; where the
/// bound is
/// reached, lines that occur once in both texts are the anchors, and what has none counts as replaced.
struct LineComparison {
    /// Most differences that one search looks for.
    private static let maxCost = 1_024

    let old: [ArraySlice<UInt8>]
    let new: [ArraySlice<UInt8>]
    private let a: [Int32]
    private let b: [Int32]
    private var removed: [Bool]
    private var added: [Bool]
    private var forward: [Int32] = []
    private var backward: [Int32] = []
    /// The differences in order, neighbours joined.
    private(set) var edits: [LineEdit] = []

    init(_ oldBytes: [UInt8], _ newBytes: [UInt8]) {
        old = Self.lines(oldBytes)
        new = Self.lines(newBytes)
        var numbers: [ArraySlice<UInt8>: Int32] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int32 {
            if let known = numbers[line] { return known }
            let fresh = Int32(truncatingIfNeeded: numbers.count)
            numbers[line] = fresh
            return fresh
        }
        a = old.map(number)
        b = new.map(number)
        removed = [Bool](repeating: false, count: a.count)
        added = [Bool](repeating: false, count: b.count)
    }

    /// Lines with their LF.
    static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for index in bytes.indices where bytes[index] == 0x0A {
            lines.append(bytes[start...index])
            start = index + 1
        }
        if start < bytes.count { lines.append(bytes[start...]) }
        return lines
    }

    mutating func run() {
        let size = 2 * Self.maxCost + 4
        forward = [Int32](repeating: 0, count: size)
        backward = [Int32](repeating: 0, count: size)
        // A stack instead of recursion: the depth depends on the texts.
        var pending = [(a.indices, b.indices)]
        while let (left, right) = pending.popLast() { compare(left, right, &pending) }
        collect()
    }

    private mutating func compare(
        _ left: Range<Int>, _ right: Range<Int>, _ pending: inout [(Range<Int>, Range<Int>)]
    ) {
        var (leftStart, leftEnd) = (left.lowerBound, left.upperBound)
        var (rightStart, rightEnd) = (right.lowerBound, right.upperBound)
        while leftStart < leftEnd, rightStart < rightEnd, a[leftStart] == b[rightStart] {
            leftStart += 1
            rightStart += 1
        }
        while leftStart < leftEnd, rightStart < rightEnd, a[leftEnd - 1] == b[rightEnd - 1] {
            leftEnd -= 1
            rightEnd -= 1
        }
        let left = leftStart..<leftEnd
        let right = rightStart..<rightEnd
        if left.isEmpty || right.isEmpty {
            replace(left, right)
        } else if let (x, y) = middle(left, right) {
            pending.append((leftStart..<x, rightStart..<y))
            pending.append((x..<leftEnd, y..<rightEnd))
        } else {
            splitAtAnchors(left, right, &pending)
        }
    }

    private mutating func replace(_ left: Range<Int>, _ right: Range<Int>) {
        for line in left { removed[line] = true }
        for line in right { added[line] = true }
    }

    /// A point on a shortest path through the two ranges; nil beyond the cost limit.
    private mutating func middle(_ left: Range<Int>, _ right: Range<Int>) -> (Int, Int)? {
        let n = left.count
        let m = right.count
        let delta = n - m
        let isOdd = delta & 1 != 0
        let limit = min(Self.maxCost, (n + m + 1) / 2)
        let zero = Self.maxCost + 1
        forward[zero + 1] = 0
        backward[zero + 1] = 0
        for d in 0...limit {
            for k in stride(from: -d, through: d, by: 2) {
                var x = Int(
                    k == -d || (k != d && forward[zero + k - 1] < forward[zero + k + 1])
                        ? forward[zero + k + 1] : forward[zero + k - 1] + 1)
                let startX = x
                while x < n, x - k < m, x - k >= 0, a[left.lowerBound + x] == b[right.lowerBound + x - k] { x += 1 }
                forward[zero + k] = Int32(x)
                let opposite = delta - k
                if isOdd, abs(opposite) <= d - 1, x + Int(backward[zero + opposite]) >= n {
                    return valid(startX, startX - k, n, m).map { point(left, right, $0) }
                        ?? valid(x, x - k, n, m).map { point(left, right, $0) }
                }
            }
            for k in stride(from: -d, through: d, by: 2) {
                var x = Int(
                    k == -d || (k != d && backward[zero + k - 1] < backward[zero + k + 1])
                        ? backward[zero + k + 1] : backward[zero + k - 1] + 1)
                let startX = x
                while x < n, x - k < m, x - k >= 0,
                    a[left.upperBound - 1 - x] == b[right.upperBound - 1 - x + k]
                { x += 1 }
                backward[zero + k] = Int32(x)
                let opposite = delta - k
                if !isOdd, abs(opposite) <= d, x + Int(forward[zero + opposite]) >= n {
                    return valid(n - x, m - x + k, n, m).map { point(left, right, $0) }
                        ?? valid(n - startX, m - startX + k, n, m).map { point(left, right, $0) }
                }
            }
        }
        return nil
    }

    /// The point when it lies inside and really divides the work.
    private func valid(_ x: Int, _ y: Int, _ n: Int, _ m: Int) -> (Int, Int)? {
        guard x >= 0, y >= 0, x <= n, y <= m, x + y > 0, x + y < n + m else { return nil }
        return (x, y)
    }

    private func point(_ left: Range<Int>, _ right: Range<Int>, _ offset: (Int, Int)) -> (Int, Int) {
        (left.lowerBound + offset.0, right.lowerBound + offset.1)
    }

    /// Divides at the longest rising run of lines that occur once in both ranges.
    private mutating func splitAtAnchors(
        _ left: Range<Int>, _ right: Range<Int>, _ pending: inout [(Range<Int>, Range<Int>)]
    ) {
        var places: [Int32: (count: Int, left: Int, right: Int)] = [:]
        for index in left { places[a[index], default: (0, -1, -1)].count += 1 }
        for index in left where places[a[index]]?.count == 1 { places[a[index]]?.left = index }
        for index in right {
            guard var place = places[b[index]], place.left >= 0 else { continue }
            place.right = place.right == -1 ? index : -2
            places[b[index]] = place
        }
        let pairs = places.values.filter { $0.left >= 0 && $0.right >= 0 }.sorted { $0.left < $1.left }
        let anchors = Self.rising(pairs.map(\.right)).map { (pairs[$0].left, pairs[$0].right) }
        guard !anchors.isEmpty else { return replace(left, right) }
        var (leftStart, rightStart) = (left.lowerBound, right.lowerBound)
        for (leftAnchor, rightAnchor) in anchors {
            pending.append((leftStart..<leftAnchor, rightStart..<rightAnchor))
            (leftStart, rightStart) = (leftAnchor + 1, rightAnchor + 1)
        }
        pending.append((leftStart..<left.upperBound, rightStart..<right.upperBound))
    }

    /// The positions of a longest increasing subsequence.
    private static func rising(_ values: [Int]) -> [Int] {
        var ends: [Int] = []
        var previous = [Int](repeating: -1, count: values.count)
        for index in values.indices {
            var (low, high) = (0, ends.count)
            while low < high {
                let middle = (low + high) / 2
                if values[ends[middle]] < values[index] { low = middle + 1 } else { high = middle }
            }
            if low > 0 { previous[index] = ends[low - 1] }
            if low == ends.count { ends.append(index) } else { ends[low] = index }
        }
        var run: [Int] = []
        var index = ends.last ?? -1
        while index >= 0 {
            run.append(index)
            index = previous[index]
        }
        return run.reversed()
    }

    private mutating func collect() {
        var (x, y) = (0, 0)
        while x < a.count || y < b.count {
            let (startX, startY) = (x, y)
            while x < a.count, removed[x] { x += 1 }
            while y < b.count, added[y] { y += 1 }
            if x > startX || y > startY {
                edits.append(LineEdit(old: startX..<x, new: startY..<y))
            } else {
                x += 1
                y += 1
            }
        }
    }
}
