import Support
import Synchronization

/// The hits of a search by file, newest file first, in bounded memory: at most `limit` hits are shown, so older files
/// are dropped as soon as newer ones have that many. Safe from any thread; hits of a file arrive together.
final class MatchGroups: Sendable {
    /// The hits of one file.
    struct Group: Sendable {
        let path: [UInt8]
        let mtimeNs: Int64
        let order: Int
        var hits: [SearchHit] = []
    }

    private struct State {
        var groups: [Group] = []
        var current: [UInt8]?
        var kept = 0
        var total = 0
        var files = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let mtimeNs: @Sendable ([UInt8]) -> Int64

    /// `mtimeNs` is asked once for each file with hits.
    init(limit: Int, mtimeNs: @escaping @Sendable ([UInt8]) -> Int64) {
        self.limit = max(1, limit)
        self.mtimeNs = mtimeNs
    }

    /// Takes a hit.
    func add(_ hit: SearchHit) {
        state.withLock { state in
            state.total += 1
            if state.current != hit.path {
                if state.kept > limit * 4 { trim(&state) }
                state.current = hit.path
                state.files += 1
                state.groups.append(Group(path: hit.path, mtimeNs: mtimeNs(hit.path), order: state.files))
            }
            guard let last = state.groups.indices.last, state.groups[last].hits.count < limit else { return }
            state.groups[last].hits.append(hit)
            state.kept += 1
        }
    }

    /// The groups to show, newest first, at most `limit` hits together; and how many hits and files there were.
    func result() -> (groups: [Group], hits: Int, files: Int) {
        state.withLock { state in
            trim(&state)
            return (state.groups, state.total, state.files)
        }
    }

    private func trim(_ state: inout State) {
        state.groups.sort { ($1.mtimeNs, $0.order) < ($0.mtimeNs, $1.order) }
        var left = limit
        var result: [Group] = []
        for var group in state.groups where left > 0 {
            if group.hits.count > left { group.hits.removeLast(group.hits.count - left) }
            left -= group.hits.count
            result.append(group)
        }
        state.groups = result
        state.kept = limit - left
    }
}
