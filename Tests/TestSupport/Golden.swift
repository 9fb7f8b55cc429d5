import Glibc
import SystemPackage
package import Testing

/// Expected output kept in a file beside the test, in `Golden/`.
///
/// With `CODETETHER_UPDATE_GOLDEN=1` (`make golden`) the file is written instead of compared. A missing file fails.
package enum Golden {
    /// Compares `text` with `Golden/<name>` beside the calling test file and records an issue that shows the first
    /// line that differs.
    package static func expect(
        _ text: String, matches name: String, file: String = #filePath, at location: SourceLocation = #_sourceLocation
    ) throws {
        let path = FilePath(file).removingLastComponent().appending("Golden").pushing(FilePath(name))
        if let update = getenv("CODETETHER_UPDATE_GOLDEN"), String(cString: update) == "1" {
            try TestFiles.write(text.utf8, to: path)
            return
        }
        guard TestFiles.exists(path) else {
            Issue.record("\(path) is missing. Run `make golden` and look at what it wrote.", sourceLocation: location)
            return
        }
        if let difference = firstDifference(expected: try TestFiles.text(path), actual: text) {
            Issue.record(
                "\(name) differs: \(difference) If that is right, run `make golden`.", sourceLocation: location)
        }
    }

    /// A sentence about the first differing line; nil when both are equal byte for byte.
    package static func firstDifference(expected: String, actual: String) -> String? {
        if expected.utf8.elementsEqual(actual.utf8) { return nil }
        let old = expected.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        let new = actual.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        for index in 0..<max(old.count, new.count) {
            let (left, right) = (line(old, index), line(new, index))
            if left != right { return "line \(index + 1) is \(right), expected \(left)." }
        }
        return "only the encoding of characters differs."
    }

    private static func line(_ lines: [Substring.UTF8View], _ index: Int) -> String {
        index < lines.count ? "“\(Substring(lines[index]))”" : "not there"
    }
}
