import Git
import Support
import SystemPackage

/// What git said of names that the index does not have. It holds until a file that says what is ignored changes.
private struct IgnoreVerdicts: Sendable {
    /// SHA-256 of all such files.
    var rules: String
    /// By path, with a slash at the end of a directory's: true for what is ignored.
    var isIgnored: [[UInt8]: Bool]

    init(rules: String, isIgnored: [[UInt8]: Bool]) {
        self.rules = rules
        self.isIgnored = isIgnored
    }

    /// A line with the rules and the SHA-256 of what follows: each path with `-` before what is ignored and `+` before the
    /// rest, and a NUL after it.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
        let words = bytes[..<end].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
        let entries = bytes[(end + 1)...]
        guard words.count == 2, SHA256Hash.hex(of: entries) == words[1] else { return nil }
        rules = words[0]
        isIgnored = [:]
        for entry in entries.split(separator: 0) { isIgnored[Array(entry.dropFirst())] = entry.first == 0x2D }
    }

    var bytes: [UInt8] {
        var entries: [UInt8] = []
        for (path, isIgnored) in isIgnored { entries += [isIgnored ? 0x2D : 0x2B] + path + [0] }
        return Array("\(rules) \(SHA256Hash.hex(of: entries))\n".utf8) + entries
    }
}

/// The way through names that the index does not have.
private struct NewFiles: Sendable {
    /// Directories in directories beyond this are left to git, and so are more names in all than `WorkspaceScan.maximumUnknown`.
    static let maximumDepth = 64

    let root: FilePath
    /// The blobs of the ignore files that were met.
    private var rules: [[UInt8]: String] = [:]
    /// The names of this round.
    private(set) var level: [[UInt8]] = []
    private(set) var seen: Set<[UInt8]> = []
    /// Those that are not ignored.
    private(set) var files: [[UInt8]] = []

    /// Blocking.
    /// - Returns: nil when git has to do it.
    init?(_ root: FilePath, _ scan: WorkspaceScan) {
        self.root = root
        for (path, hash) in scan.rules {
            if let hash { rules[path] = hash } else if !addRule(path) { return nil }
        }
        guard meet(scan.unknown) else { return nil }
    }

    /// Git reads what a file says, not what is behind a link.
    /// - Returns: false when it cannot be read.
    private mutating func addRule(_ path: [UInt8]) -> Bool {
        let file = root.pushing(FilePath(bytes: path))
        guard let info = try? FileIO.stat(file, followSymlink: false), info.isRegular else { return true }
        guard let opened = try? FileIO.open(file, .readOnly, options: [.noFollow, .nonBlocking]) else { return false }
        defer { try? opened.close() }
        guard let bytes = try? FileIO.read(opened, path: file, limit: 1 << 20) else { return false }
        rules[path] = GitObjects.hash(.blob, bytes)
        return true
    }

    private mutating func meet(_ names: [[UInt8]]) -> Bool {
        level = names
        seen.formUnion(names)
        guard seen.count <= WorkspaceScan.maximumUnknown else { return false }
        for name in names where name == WorkspaceScan.ruleName || name.ends(with: [0x2F] + WorkspaceScan.ruleName) {
            guard addRule(name) else { return false }
        }
        return true
    }

    /// Keeps the files of this round that are not ignored, and goes into the directories that are not. Blocking.
    /// - Returns: false when git has to do it: for another repository, for what cannot be read, and for too much.
    mutating func advance(_ isIgnored: [[UInt8]: Bool]) -> Bool {
        var next: [[UInt8]] = []
        for name in level where isIgnored[name] == false {
            guard name.last == 0x2F else {
                files.append(name)
                continue
            }
            do throws(FileError) {
                guard let names = try children(name) else { return false }
                next += names
            } catch {
                guard error.kind == .notFound || error.kind == .notADirectory else { return false }
            }
            guard next.count <= WorkspaceScan.maximumUnknown else { return false }
        }
        return meet(next)
    }

    /// What is in a directory; nil for another repository.
    private func children(_ folder: [UInt8]) throws(FileError) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        let path = root.pushing(FilePath(bytes: folder))
        for entry in try FileIO.list(path, limit: WorkspaceScan.maximumUnknown) {
            if entry.name.string == ".git" { return nil }
            var kind = entry.kind
            if kind == .unknown, let info = try? FileIO.stat(path.appending(entry.name), followSymlink: false) {
                kind = info.isDirectory ? .directory : info.isRegular || info.isSymlink ? .file : .other
            }
            let name = folder + FilePath(root: nil, [entry.name]).bytes
            switch kind {
            case .directory: names.append(name + [0x2F])
            case .file, .symlink: names.append(name)
            case .other, .unknown: break
            }
        }
        return names
    }

    /// A sum of all that says what is ignored.
    func fingerprint(_ exclude: [UInt8]) -> String {
        var text = exclude
        for (path, hash) in rules.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            text += [0] + path + [0] + Array(hash.utf8)
        }
        return SHA256Hash.hex(of: text)
    }
}

extension StoreLayout {
    /// Git's ignore rules that are not in the workspace, as `writeExclude` put them there.
    private var exclude: FilePath { root.pushing("info/exclude") }
    private var verdicts: FilePath { root.appending("ignored") }

    /// Puts the user's own ignore files and ours together, where our git looks for them. Later ones win.
    /// - Returns: what is there now.
    func writeExclude(_ files: [FilePath]) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            guard var rules = try? FileIO.read(file, limit: 16 << 20) else { continue }
            if rules.starts(with: [0xEF, 0xBB, 0xBF]) { rules.removeFirst(3) }
            bytes += rules + [0x0A]
        }
        if (try? FileIO.read(exclude, limit: 64 << 20)) != bytes { try AtomicFile.write(bytes, to: exclude) }
        return bytes
    }

    fileprivate func readVerdicts() -> IgnoreVerdicts? {
        (try? FileIO.read(verdicts, limit: 64 << 20)).flatMap { IgnoreVerdicts($0) }
    }

    /// Not durable: one that is cut says less, or nothing.
    fileprivate func setVerdicts(_ new: IgnoreVerdicts) throws(FileError) { try replace(verdicts, new.bytes) }
}

extension SnapshotStore {
    private enum Judgement: Sendable {
        case files([FilePath])
        /// What is ignored has changed since it was said.
        case outdated
        case leftToGit
    }

    /// The files that a scan found to be new and that are not ignored. Git is asked about names only that were not there the last
    /// time, or when what is ignored has changed.
    /// - Parameter exclude: what `StoreLayout.writeExclude` returned before the scan.
    /// - Returns: nil when git has to look for them.
    func newFiles(
        _ scan: WorkspaceScan, _ exclude: [UInt8], _ budget: CaptureBudget
    ) async throws(SnapshotError) -> [FilePath]? {
        guard scan.isComplete else { return nil }
        guard !scan.unknown.isEmpty else { return [] }
        let layout = layout
        let known = try await blocking { () throws(FileError) in layout.readVerdicts() }
        var judgement = try await judge(scan, exclude, known, budget)
        if case .outdated = judgement { judgement = try await judge(scan, exclude, nil, budget) }
        if case .files(let files) = judgement { return files }
        return nil
    }

    private func judge(
        _ scan: WorkspaceScan, _ exclude: [UInt8], _ known: IgnoreVerdicts?, _ budget: CaptureBudget
    ) async throws(SnapshotError) -> Judgement {
        let root = workspace.path
        var isIgnored = known?.isIgnored ?? [:]
        var isNew = false
        guard var names = try await blocking({ () throws(FileError) in NewFiles(root, scan) }) else {
            return .leftToGit
        }
        var depth = 0
        while !names.level.isEmpty {
            depth += 1
            guard depth <= NewFiles.maximumDepth else { return .leftToGit }
            let open = names.level.filter { isIgnored[$0] == nil }
            if !open.isEmpty {
                let paths = open.map { $0.last == 0x2F ? Array($0.dropLast()) : $0 }
                do throws(GitError) {
                    let ignored = try await git.ignored(paths, timeout: budget.rest)
                    for (name, path) in zip(open, paths) { isIgnored[name] = ignored.contains(path) }
                } catch {
                    throw Self.failed(error)
                }
                isNew = true
            }
            let next = try await blocking { [names, isIgnored] () throws(FileError) -> NewFiles? in
                var names = names
                return names.advance(isIgnored) ? names : nil
            }
            guard let next else { return .leftToGit }
            names = next
        }
        let rules = names.fingerprint(exclude)
        if let known, known.rules != rules { return .outdated }
        if isNew {
            let verdicts = IgnoreVerdicts(rules: rules, isIgnored: isIgnored.filter { names.seen.contains($0.key) })
            try await blocking { [layout] () throws(FileError) in try layout.setVerdicts(verdicts) }
        }
        return .files(names.files.map { FilePath(bytes: $0) })
    }
}

extension [UInt8] {
    fileprivate func ends(with other: [UInt8]) -> Bool { suffix(other.count).elementsEqual(other) }
}
