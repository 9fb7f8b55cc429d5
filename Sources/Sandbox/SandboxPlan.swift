package import SystemPackage

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
        var covers: [FilePath: Cover] = [:]
        func add(_ path: FilePath, _ cover: Cover) {
            guard path.isAbsolute, path != "/", covers[path].map({ $0 < cover }) ?? true else { return }
            covers[path] = cover
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
        let hidesRun = covers["/run"] != nil
        for path in policy.readable + (hidesRun ? ProtectedPaths.neededOfRun : []) where facts.kind(path) != .missing {
            add(path, .readable)
        }
        for path in policy.writable where facts.kind(path) != .missing { add(path, .writable) }
        add(policy.workspace, policy.changesWorkspace ? .writable : .readable)
        let sorted = covers.map { Place($0.key, $0.value) }.sorted {
            let (left, right) = ($0.path.components.count, $1.path.components.count)
            return left == right ? $0.path.string < $1.path.string : left < right
        }
        places = []
        for place in sorted where !Self.isNeedless(place, after: places) { places.append(place) }
    }

    /// What is hidden in something that is hidden already, or readable in what is readable.
    private static func isNeedless(_ place: Place, after places: [Place]) -> Bool {
        let around = places.last { $0.path.contains(place.path) }?.cover ?? .readable
        switch place.cover {
        case .hiddenDirectory, .hiddenFile: return around < .readable
        case .readable: return around == .readable
        case .writable: return around == .writable
        case .temporary: return false
        }
    }
}
