package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// How a policy is put into practice on a machine: an ordered list of what covers what, the most specific last. A pure value.
///
/// - Everything is read-only unless it says otherwise; a deeper path wins over a shallower one, at the same path "may be
///   changed" over "may be read" over "is hidden".
/// - Paths that do not exist are left out: a mount point that had to be created would be a trace.
package struct SandboxPlan: Sendable, Equatable {
    /// What becomes of a path.
    package enum Cover: Int, Sendable, Comparable {
        case hiddenDirectory
        case hiddenFile
        /// The scope's own temporary directory stands here.
        case temporary
        case readable
        case writable

        package static func < (left: Cover, right: Cover) -> Bool { left.rawValue < right.rawValue }
    }

    /// A path and what becomes of it.
    package struct Place: Sendable, Equatable {
        package var path: FilePath
        package var cover: Cover

        package init(_ path: FilePath, _ cover: Cover) {
            self.path = path
            self.cover = cover
        }
    }

    /// In the order in which they are mounted.
    package private(set) var places: [Place]
    package let policy: SandboxPolicy

    /// - Parameter facts: asked for each named path.
    package init(_ policy: SandboxPolicy, facts: SandboxFacts) {
        self.policy = policy
        var covers: [[UInt8]: Covered] = [:]
        func add(_ path: FilePath, _ cover: Cover) {
            guard path.isAbsolute else { return }
            let bytes = Self.bytes(path)
            guard bytes.count > 1, covers[bytes].map({ $0.cover < cover }) ?? true else { return }
            covers[bytes] = Covered(path: path, bytes: bytes, cover: cover)
        }
        for path in policy.hidden {
            switch facts.kind(path) {
            case .directory: add(path, .hiddenDirectory)
            case .file: add(path, .hiddenFile)
            // A link is judged by where it leads; the caller gives real paths.
            case .link, .missing: break
            }
        }
        add("/tmp", .temporary)
        let hidesRun = covers[Array("/run".utf8)] != nil
        for path in policy.readable + (hidesRun ? ProtectedPaths.neededOfRun : []) where facts.kind(path) != .missing {
            add(path, .readable)
        }
        for path in policy.writable where facts.kind(path) != .missing { add(path, .writable) }
        add(policy.workspace, policy.changesWorkspace ? .writable : .readable)
        let sorted = covers.values.sorted {
            $0.depth == $1.depth ? $0.bytes.lexicographicallyPrecedes($1.bytes) : $0.depth < $1.depth
        }
        var kept: [Covered] = []
        for place in sorted where !place.isNeedless(after: kept) { kept.append(place) }
        places = kept.map { Place($0.path, $0.cover) }
    }

    private static func bytes(_ path: FilePath) -> [UInt8] {
        path.withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }

    /// A place by its bytes: comparing the components of paths took most of the time of a plan.
    private struct Covered {
        let path: FilePath
        let bytes: [UInt8]
        let cover: Cover
        let depth: Int

        init(path: FilePath, bytes: [UInt8], cover: Cover) {
            self.path = path
            self.bytes = bytes
            self.cover = cover
            depth = bytes.count { $0 == UInt8(ascii: "/") }
        }

        /// What is hidden in something that is hidden already, or readable in what is readable.
        func isNeedless(after places: [Covered]) -> Bool {
            let around = places.last { $0.contains(bytes) }?.cover ?? .readable
            switch cover {
            case .hiddenDirectory, .hiddenFile: return around < .readable
            case .readable: return around == .readable
            case .writable: return around == .writable
            case .temporary: return false
            }
        }

        private func contains(_ other: [UInt8]) -> Bool {
            other.starts(with: bytes) && (other.count == bytes.count || other[bytes.count] == UInt8(ascii: "/"))
        }
    }
}
