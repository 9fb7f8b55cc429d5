import Support

/// Splits ripgrep's output (`path NUL line:text LF`) into hits while it arrives. Holds at most one line, cut at
/// `lineLimitBytes`; what does not have this form is passed over.
struct SearchOutputParser: Sendable {
    /// Most bytes of a line that are kept.
    static let lineLimitBytes = 16 * 1024

    /// Bytes of the folder ripgrep ran in, with a trailing `/`, relative to the root; empty for the root.
    private let prefix: [UInt8]
    private var line: [UInt8] = []
    /// The path of the last hit, so that the hits of a file share it.
    private var lastPath: [UInt8] = []

    init(prefix: [UInt8]) { self.prefix = prefix }

    /// Takes bytes and hands on each complete hit.
    mutating func push(_ bytes: [UInt8], _ body: (SearchHit) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            line += rest[..<end].prefix(Self.lineLimitBytes - line.count)
            if let hit = hit() { body(hit) }
            line.removeAll(keepingCapacity: true)
            rest = rest[(end + 1)...]
        }
        line += rest.prefix(Self.lineLimitBytes - line.count)
    }

    private mutating func hit() -> SearchHit? {
        guard let end = line.firstIndex(of: 0) else { return nil }
        var path = line[..<end]
        if path.starts(with: "./".utf8) { path = path.dropFirst(2) }
        let rest = line[(end + 1)...]
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
            let number = Int(String(decoding: rest[..<colon], as: UTF8.self))
        else { return nil }
        let isSame = lastPath.count == prefix.count + path.count && lastPath[prefix.count...].elementsEqual(path)
        if !isSame { lastPath = prefix + path }
        return SearchHit(path: lastPath, line: number, text: Array(rest[(colon + 1)...]))
    }

    /// A line for the model: no CR, at most 2,000 characters, control characters visible.
    static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        var slice = bytes
        if slice.last == 0x0D { slice = slice.dropLast() }
        var scalars = 0
        var end = slice.startIndex
        while end < slice.endIndex {
            if slice[end] & 0xC0 != 0x80 {
                if scalars >= LineWindow.lineLimit { break }
                scalars += 1
            }
            end += 1
        }
        let text = String(decoding: slice[..<end], as: UTF8.self)
        return HostileText.escaped(text, multiline: true) + (end < slice.endIndex ? "..." : "")
    }
}
