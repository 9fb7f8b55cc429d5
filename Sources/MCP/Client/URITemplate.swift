import Support

/// Whether an address can come from a URI template (RFC 6570); names and values of the variables do not matter.
enum URITemplate {
    /// True when it can. A simple variable (`{id}`) stands for at least one character and no slash, one with an operator (`{+path}`,
    /// `{?q}`) for anything. A template with more than 32 variables is taken to match.
    static func matches(_ template: String, _ uri: String) -> Bool {
        var pattern: [Piece] = []
        var rest = Substring(template)
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            pattern.append(.text(Array(rest[..<start].utf8)))
            let first = rest[rest.index(after: start)..<end].utf8.first
            let isSimple = first.map { !"+#./;?&".utf8.contains($0) } ?? true
            pattern.append(isSimple ? .segment : .anything)
            rest = rest[rest.index(after: end)...]
        }
        pattern.append(.text(Array(rest.utf8)))
        guard pattern.count <= 65 else { return true }
        return reaches(pattern, Array(uri.utf8.prefix(4096)))
    }

    private enum Piece {
        case text([UInt8]), segment, anything
    }

    /// The positions that each piece can end at, piece by piece: no backtracking.
    private static func reaches(_ pattern: [Piece], _ bytes: [UInt8]) -> Bool {
        var open: Set<Int> = [0]
        for piece in pattern {
            var next: Set<Int> = []
            switch piece {
            case .text(let text):
                for start in open where bytes[start...].starts(with: text) { next.insert(start + text.count) }
            case .anything: if let first = open.min() { next = Set(first...bytes.count) }
            case .segment:
                for start in open.sorted() {
                    var end = start
                    while end < bytes.count, bytes[end] != UInt8(ascii: "/"), !next.contains(end + 1) {
                        end += 1
                        next.insert(end)
                    }
                }
            }
            open = next
            if open.isEmpty { return false }
        }
        return open.contains(bytes.count)
    }
}
