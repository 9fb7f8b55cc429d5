import Configuration
import Permissions
import Support
import Synchronization

/// Leaves out of a search what the read rules do not allow outright; remembers the last path, because hits come by file.
/// Safe from any thread.
final class PathGate: Sendable {
    private struct Last {
        var path: [UInt8] = []
        var shows = false
    }

    private let filter: ReadFilter
    private let last = Mutex(Last())

    init(_ filter: @escaping ReadFilter) { self.filter = filter }

    func shows(_ path: [UInt8]) -> Bool {
        last.withLock { last in
            if last.path == path { return last.shows }
            last = Last(path: path, shows: filter(UTF8Text.lossy(path)) == .allow)
            return last.shows
        }
    }
}
