import App
package import ArgumentParser
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether session tree [ID]`
package struct SessionTree: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tree", abstract: "Show which sessions came from which: forks, and what agents started.",
        discussion: """
            With an id the whole tree that it stands in, without one the trees of this directory, latest first.
            """)

    /// A tree is shown to this depth.
    static let maximumDepth = 32
    /// At most this many sessions are shown.
    static let maximumNodes = 10_000

    @Argument(help: "The session's id.")
    var id: String?
    @Option(name: [.customShort("n"), .long], help: "At most this many trees.")
    var maxCount = 50
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard (1...1_000).contains(maxCount) else {
            throw ValidationError("--max-count \(maxCount) is not possible; give 1 to 1000.")
        }
    }

    package func run() async throws {
        if let id { try SessionCommand.checkID(id) }
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            var forest = SessionForest(try await runtime.sessions())
            if let id {
                try await forest.add(tree: id)
            } else {
                let directory = try FileIO.realPath(runtime.directory).string
                try await forest.add(directory: directory, limit: maxCount)
            }
            if forest.isCut {
                launch.output.note("warning: More than \(Self.maximumNodes) sessions; the rest is not shown.")
            }
            let rows = try forest.roots.map { root in
                OutputTable.Row(json: try root.json(), cells: [root.lines(marked: id).joined(separator: "\n")])
            }
            switch format.value {
            case .table:
                let text = forest.roots.flatMap { $0.lines(marked: id) }.map { $0 + "\n" }.joined()
                try await launch.output.render(.value(.null, text: text), as: .table)
            case .json, .jsonl:
                try await launch.output.render(.rows(OutputTable(columns: [], rows: rows)), as: format.value)
            }
        }
    }
}

/// A session with those that came from it.
struct SessionNode {
    enum Relation: String { case root, child, fork }

    var info: SessionInfo
    var relation: Relation
    var below: [SessionNode] = []

    /// The info, with `relation` and `children`.
    func json() throws -> JSON {
        var object = try SessionCommand.json(info).objectValue ?? JSONObject()
        object["relation"] = .string(relation.rawValue)
        object["children"] = .array(try below.map { try $0.json() })
        return .object(object)
    }

    /// A line a session.
    func lines(marked: String?) -> [String] {
        let title = HostileText.escaped(info.title ?? "", multiline: false)
        var text = relation == .root ? "" : "\(relation.rawValue) "
        text += "\(info.id)  \(PointInTime.text(info.time.updated))  \(title)"
        if let at = info.forkedFrom?.messageID, relation == .fork {
            text += "  (at \(HostileText.escaped(at, multiline: false)))"
        }
        if info.id == marked { text += "  *" }
        var lines = [text]
        for (index, node) in below.enumerated() {
            let isLast = index == below.count - 1
            for (number, line) in node.lines(marked: marked).enumerated() {
                lines.append((number == 0 ? (isLast ? "└─ " : "├─ ") : (isLast ? "   " : "│  ")) + line)
            }
        }
        return lines
    }
}

/// Reads trees, bounded in depth and size; a session stands in it once.
struct SessionForest {
    private let sessions: SessionService
    private(set) var roots: [SessionNode] = []
    private(set) var isCut = false
    private var seen = Set<String>()

    init(_ sessions: SessionService) { self.sessions = sessions }

    /// The tree that a session stands in.
    mutating func add(tree id: String) async throws {
        var top = try await sessions.get(id)
        var above: Set<String> = [id]
        while let next = try await origin(of: top), above.insert(next.id).inserted,
            above.count < SessionTree.maximumDepth
        {
            top = next
        }
        try await add(root: top)
    }

    /// The trees of a directory's sessions.
    mutating func add(directory: String, limit: Int) async throws {
        var filter = SessionFilter(directory: directory)
        filter.includeArchived = true
        while roots.count < limit {
            filter.limit = 100
            let page = try await sessions.list(filter)
            for info in page.sessions where roots.count < limit && !seen.contains(info.id) {
                // A fork stands below its source, unless that is gone.
                if try await origin(of: info) == nil { try await add(root: info) }
            }
            guard let next = page.next else { return }
            filter.cursor = next
        }
    }

    private mutating func add(root: SessionInfo) async throws {
        if let node = try await node(root, .root, depth: 0) { roots.append(node) }
    }

    private func origin(of info: SessionInfo) async throws -> SessionInfo? {
        guard let id = info.parentID ?? info.forkedFrom?.sessionID else { return nil }
        return try await found(id)
    }

    private func found(_ id: String) async throws -> SessionInfo? {
        do throws(SessionError) {
            return try await sessions.get(id)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    private mutating func node(
        _ info: SessionInfo, _ relation: SessionNode.Relation, depth: Int
    ) async throws -> SessionNode? {
        guard depth < SessionTree.maximumDepth, seen.count < SessionTree.maximumNodes else {
            isCut = true
            return nil
        }
        guard seen.insert(info.id).inserted else { return nil }
        var node = SessionNode(info: info, relation: relation)
        for id in try await sessions.childIDs(of: info.id) {
            guard let child = try await found(id), let below = try await self.node(child, .child, depth: depth + 1)
            else { continue }
            node.below.append(below)
        }
        for id in try await sessions.forkIDs(of: info.id) {
            guard let fork = try await found(id), let below = try await self.node(fork, .fork, depth: depth + 1)
            else { continue }
            node.below.append(below)
        }
        return node
    }
}
