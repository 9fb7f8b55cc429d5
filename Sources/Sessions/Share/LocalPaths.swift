import Support

/// Finds absolute paths of this machine in text. What lies in the workspace becomes relative (`./a/b`), all else `[path]`.
///
/// Known directories are found wherever they stand; other paths when they start at one of the places where people keep their
/// files. Linear in the text times the number of known directories (a handful).
struct LocalPaths: Sendable {
    /// What stands in a path's place.
    static let replacement = "[path]"
    private static let roots = [
        "/home", "/Users", "/root", "/tmp", "/var", "/private", "/mnt", "/media", "/srv", "/opt", "/Volumes",
        "/run/user",
    ].map { Array($0.utf8) }

    /// Longest first.
    private let known: [(bytes: [UInt8], isWorkspace: Bool)]

    /// - Parameters:
    ///   - workspaces: absolute; `/` is ignored.
    ///   - hidden: absolute; `/` is ignored.
    init(workspaces: [String], hidden: [String]) {
        func usable(_ paths: [String]) -> [[UInt8]] {
            Set(paths).map { path in
                var bytes = Array(path.utf8)
                while bytes.count > 1, bytes.last == 0x2F { bytes.removeLast() }
                return bytes
            }.filter { $0.count > 1 && $0.first == 0x2F }
        }
        let inside = usable(workspaces)
        let outside = usable(hidden).filter { !inside.contains($0) }
        known = (inside.map { ($0, true) } + outside.map { ($0, false) }).sorted { $0.0.count > $1.0.count }
    }

    /// A text that is one absolute path.
    /// - Returns: what is shown, and whether the path lies in the workspace.
    func whole(_ text: String) -> (String, isInside: Bool) {
        let bytes = Array(text.utf8)
        for entry in known where entry.isWorkspace && bytes.starts(with: entry.bytes) {
            let rest = bytes[entry.bytes.count...]
            if rest.isEmpty { return (".", true) }
            if rest.first == 0x2F { return ("." + String(decoding: rest, as: UTF8.self), true) }
        }
        return (Self.replacement, false)
    }

    /// The text without local paths.
    func redact(_ text: String, _ count: inout Int) -> String {
        guard text.utf8.contains(0x2F) else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var copied = 0
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x2F, let found = match(bytes, at: index) else {
                index += 1
                continue
            }
            output += bytes[copied..<index]
            output += found.shown.utf8
            copied = found.end
            index = max(found.end, index + 1)
            count += 1
        }
        return copied == 0 ? text : String(decoding: output + bytes[copied...], as: UTF8.self)
    }

    private func match(_ bytes: [UInt8], at index: Int) -> (shown: String, end: Int)? {
        let rest = bytes[index...]
        let isFree = Self.isStart(bytes, at: index)
        for entry in known where rest.starts(with: entry.bytes) {
            let end = index + entry.bytes.count
            // A short name such as /work may be a part of another path.
            guard Self.isEnd(bytes, at: end), isFree || entry.bytes.count >= 8 else { continue }
            return entry.isWorkspace ? (".", end) : (Self.replacement, Self.pathEnd(bytes, from: end))
        }
        guard isFree else { return nil }
        for root in Self.roots where rest.starts(with: root) {
            let end = index + root.count
            guard Self.isEnd(bytes, at: end) else { continue }
            // The place alone tells nothing.
            guard end < bytes.count, bytes[end] == 0x2F else { return nil }
            return (Self.replacement, Self.pathEnd(bytes, from: end))
        }
        return nil
    }

    /// Whether a path may start here: not in the middle of another path, of a relative one or of a URL.
    private static func isStart(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = bytes[index - 1]
        let second = index > 1 ? bytes[index - 2] : 0
        // An escape in a text that is itself JSON or a shell string: "\n/home".
        if second == UInt8(ascii: "\\"), "ntr".utf8.contains(before) { return true }
        if before == 0x2F { return second == 0x2F }
        return !isName(before) && before != UInt8(ascii: "~")
    }

    private static func isEnd(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index < bytes.count, bytes[index] != 0x2F else { return true }
        if bytes[index] == UInt8(ascii: ".") { return index + 1 == bytes.count || !isName(bytes[index + 1]) }
        return !isName(bytes[index])
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x2E, 0x80...0xFF: true
        default: false
        }
    }

    /// The end of the path that has come to `start`: at white space, a quote, a bracket or another sign that ends words.
    private static func pathEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] > 0x20, !"\"'`<>|;,()[]{}\\*?:&".utf8.contains(bytes[end]) { end += 1 }
        // A full stop belongs to the sentence.
        while end > start, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return end
    }
}
