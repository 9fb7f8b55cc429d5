import Support
import SystemPackage

/// A git tree object as a value.
struct GitTree: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var mode: String
        var hash: String
        var isTree: Bool { mode == "40000" }
    }

    /// By the bytes of the name.
    var entries: [[UInt8]: Entry] = [:]

    init() {}

    /// - Returns: nil for bytes that are no tree.
    init?(_ bytes: [UInt8]) {
        var position = 0
        while position < bytes.count {
            guard let blank = bytes[position...].firstIndex(of: 0x20),
                let end = bytes[blank...].firstIndex(of: 0), end + 21 <= bytes.count
            else { return nil }
            let mode = String(decoding: bytes[position..<blank], as: UTF8.self)
            entries[Array(bytes[(blank + 1)..<end])] = Entry(mode: mode, hash: Hex.text(bytes[(end + 1)..<(end + 21)]))
            position = end + 21
        }
    }

    /// The object's bytes: entries in git's order, where a directory's name counts as if it ended with `/`.
    var bytes: [UInt8] {
        let sorted = entries.map { ($0.key, $0.value, $0.value.isTree ? $0.key + [0x2F] : $0.key) }
            .sorted { $0.2.lexicographicallyPrecedes($1.2) }
        var out: [UInt8] = []
        for (name, entry, _) in sorted {
            out += Array(entry.mode.utf8) + [0x20] + name + [0] + (Hex.bytes(entry.hash) ?? [])
        }
        return out
    }
}

/// Changes of a tree by path, as a tree of names.
struct TreeOverlay: Sendable {
    enum Node: Sendable {
        case set(FileVersion)
        case remove
        case folder(TreeOverlay)
    }

    var nodes: [[UInt8]: Node] = [:]
    var isEmpty: Bool { nodes.isEmpty }

    /// A later change of a path replaces an earlier one; a file replaces what was below it.
    mutating func put(_ path: FilePath, _ version: FileVersion?) { put(path.names[...], version) }

    private mutating func put(_ names: ArraySlice<[UInt8]>, _ version: FileVersion?) {
        guard let first = names.first else { return }
        guard names.count > 1 else {
            if version == nil, case .folder = nodes[first] { return }
            nodes[first] = version.map { .set($0) } ?? .remove
            return
        }
        var inner = TreeOverlay()
        if case .folder(let known) = nodes[first] { inner = known }
        // A removal below a name that became a file says nothing new.
        if version == nil, case .set = nodes[first] { return }
        inner.put(names.dropFirst(), version)
        nodes[first] = .folder(inner)
    }

    /// The folders that have to be read, each as its names, parents first.
    func folders(below prefix: [[UInt8]] = []) -> [[[UInt8]]] {
        var all = [prefix]
        for (name, node) in nodes {
            if case .folder(let inner) = node { all += inner.folders(below: prefix + [name]) }
        }
        return all
    }

    /// Writes the tree that `base` becomes. `known` has the trees of `folders()` as they are, by their names.
    /// - Returns: the id of the tree, nil when nothing is left in it.
    func write(
        _ known: [[[UInt8]]: GitTree], at prefix: [[UInt8]] = [], to objects: GitObjects, written: inout [String]
    ) throws(FileError) -> String? {
        var tree = known[prefix] ?? GitTree()
        for (name, node) in nodes {
            switch node {
            case .remove:
                if tree.entries[name]?.isTree != true { tree.entries[name] = nil }
            case .set(let version): tree.entries[name] = GitTree.Entry(mode: version.gitMode, hash: version.hash)
            case .folder(let inner):
                let hash = try inner.write(known, at: prefix + [name], to: objects, written: &written)
                if let hash {
                    tree.entries[name] = GitTree.Entry(mode: "40000", hash: hash)
                } else if tree.entries[name]?.isTree == true {
                    tree.entries[name] = nil
                }
            }
        }
        guard !tree.entries.isEmpty || prefix.isEmpty else { return nil }
        let hash = try objects.write(.tree, tree.bytes)
        written.append(hash)
        return hash
    }
}

extension FilePath {
    /// The names of a relative path.
    var names: [[UInt8]] { bytes.split(separator: 0x2F).map { Array($0) } }
}
