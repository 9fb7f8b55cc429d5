import Support

/// Cuts a command that could not be taken apart at everything that can start another one, so that a rule against `rm
/// *` covers `git status; rm -rf x` all the same. It knows no quotes: a separator inside quotes cuts too, which gives
/// pieces that no rule allows, never fewer commands than there are.
enum ShellSegments {
    private static let harmless = ["2>&1", "1>&2", ">&2", "&>/dev/null", "2>/dev/null", ">/dev/null", "</dev/null"]
        .map { Array($0.utf8) }

    /// The pieces in order, each once, trimmed; the whole command when it is a simple one. A redirection is a piece
    /// of its own that starts with `>` or `<`.
    static func of(_ command: String) -> [String] {
        let bytes = Array(command.utf8)
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if let length = harmlessLength(bytes, at: index) {
                index += length
                piece.append(0x20)
                continue
            }
            switch byte {
            case 0x3B, 0x26, 0x7C, 0x0A, 0x0D, 0x28, 0x29, 0x60, 0x7B, 0x7D:
                pieces.append(piece)
                piece = []
            case 0x3C, 0x3E:
                if let last = piece.last, last == 0x3C || last == 0x3E, piece.count <= 2 {
                    piece.append(byte)
                } else {
                    pieces.append(piece)
                    piece = [byte]
                }
            case 0x24 where index + 1 < bytes.count && (bytes[index + 1] == 0x28 || bytes[index + 1] == 0x7B):
                break
            default: piece.append(byte)
            }
            index += 1
        }
        pieces.append(piece)
        var seen = Set<[UInt8]>()
        let kept = pieces.map(trimmed).filter { !$0.isEmpty && seen.insert($0).inserted }
        return kept.isEmpty ? [command] : kept.map { UTF8Text.lossy($0) }
    }

    private static func harmlessLength(_ bytes: [UInt8], at index: Int) -> Int? {
        guard index > 0, bytes[index - 1] <= 0x20 else { return nil }
        for wanted in harmless where bytes.count - index >= wanted.count {
            let end = index + wanted.count
            guard bytes[index..<end].elementsEqual(wanted) else { continue }
            if end == bytes.count || bytes[end] <= 0x20 || [0x3B, 0x7C, 0x29].contains(bytes[end]) {
                return wanted.count
            }
        }
        return nil
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var slice = bytes[...]
        while let last = slice.last, last <= 0x20 { slice.removeLast() }
        while let first = slice.first, first <= 0x20 { slice.removeFirst() }
        return Array(slice)
    }
}
