/// The last bytes of an output, addressed by how many came before them. Grows to its capacity as needed.
struct PTYRing: Sendable {
    let capacity: Int
    private var bytes: [UInt8] = []
    /// Bytes ever appended.
    private(set) var end: Int64 = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// The oldest byte that is still there.
    var start: Int64 { end - Int64(bytes.count) }

    /// Byte n stands at index n % capacity.
    mutating func append(_ new: UnsafeRawBufferPointer) {
        var rest = new[...]
        while !rest.isEmpty {
            let room = capacity - bytes.count
            let piece: Slice<UnsafeRawBufferPointer>
            if room > 0 {
                piece = rest.prefix(room)
                bytes.append(contentsOf: piece)
            } else {
                let index = Int(end % Int64(capacity))
                piece = rest.prefix(capacity - index)
                bytes.withUnsafeMutableBytes { target in
                    UnsafeMutableRawBufferPointer(rebasing: target[index...]).copyBytes(from: piece)
                }
            }
            end += Int64(piece.count)
            rest = rest.dropFirst(piece.count)
        }
    }

    /// At most `limit` bytes from `position` on, which must not be before `start`.
    func read(from position: Int64, limit: Int) -> [UInt8] {
        guard position >= start, position < end else { return [] }
        let count = min(Int(end - position), limit)
        let first = Int(position % Int64(capacity))
        let head = min(count, bytes.count - first)
        guard bytes.count == capacity, head < count else { return Array(bytes[first..<(first + min(head, count))]) }
        return Array(bytes[first...]) + bytes[..<(count - head)]
    }
}
