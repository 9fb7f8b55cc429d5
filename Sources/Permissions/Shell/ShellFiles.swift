/// The file system as the analysis sees it; every call may block for a few system calls. Paths are absolute and as
/// written: with `.`, `..` and links.
package protocol ShellFiles: Sendable {
    /// Where a path leads when all symbolic links are followed. It need not exist.
    func place(_ path: String) -> ShellPlace
    /// The names in a directory; `nil` when there are too many or it cannot be read.
    func names(in directory: String) -> [String]?
    /// True when something is there.
    func exists(_ path: String) -> Bool
}

/// Paths as text.
package enum ShellPath {
    /// Without `.`, `..` and double slashes, by the text alone.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// True when `..` is one of its components.
    static func goesUp(_ path: String) -> Bool { path.split(separator: "/").contains("..") }
}

/// Where a path leads.
package enum ShellPlace: Sendable, Hashable {
    /// In the workspace; what rules are compared with: the real path and, when it differs, the written one.
    case inside([String])
    /// The real absolute path.
    case outside(String)
    /// The real absolute path of something of ours outside the workspace that may be read.
    case readable(String)
    /// A device that needs no permission.
    case free
    /// It cannot be said where it leads.
    case unknown
}

/// A path outside the workspace that a command uses.
package struct ShellExternalUse: Sendable, Hashable {
    /// The real absolute path.
    package var path: String
    package var reads: Bool
    package var writes: Bool
}
