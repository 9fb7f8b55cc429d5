import Glibc
import Support
import SystemPackage

/// What a path holds: content by its git blob id, and mode.
package struct FileVersion: Sendable, Hashable {
    /// The git blob id of the content, or of a link's target: 40 hexadecimal digits.
    package var hash: String
    /// Permission bits; 0777 for a link.
    package var mode: UInt16
    /// True for a symbolic link.
    package var isSymlink: Bool

    /// The value with these members; nothing is checked.
    package init(hash: String, mode: UInt16, isSymlink: Bool = false) {
        self.hash = hash
        self.mode = mode
        self.isSymlink = isSymlink
    }

    /// The mode as git's trees have it.
    var gitMode: String { isSymlink ? "120000" : mode & 0o100 == 0 ? "100644" : "100755" }

    /// A version of a git tree entry; nil for a directory or a link to a commit.
    init?(gitMode: some StringProtocol, hash: String) {
        switch gitMode {
        case "100644", "100664": self.init(hash: hash, mode: 0o644)
        case "100755": self.init(hash: hash, mode: 0o755)
        case "120000": self.init(hash: hash, mode: 0o777, isSymlink: true)
        default: return nil
        }
    }

    /// The same content and kind.
    package func hasContent(of other: FileVersion) -> Bool { hash == other.hash && isSymlink == other.isSymlink }

    var json: JSON {
        var object: JSONObject = ["h": .string(hash), "m": .int(Int64(mode))]
        if isSymlink { object["l"] = true }
        return .object(object)
    }

    init?(_ json: JSON?) {
        guard let json, let hash = json["h"]?.stringValue, GitObjects.isHash(hash), let mode = json["m"]?.intValue,
            (0...0o7777).contains(mode)
        else { return nil }
        self.init(hash: hash, mode: UInt16(mode), isSymlink: json["l"]?.boolValue ?? false)
    }
}
