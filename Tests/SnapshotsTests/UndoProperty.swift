import Glibc
import Snapshots
import Support
import Synchronization
import SystemPackage

/// Numbers that are the same in every run of a seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// One random interleaving of two agents and a user in one workspace, and an undo of the first agent at its end.
///
/// What must hold is derived from what was seen on disk around each step, not from what the store says: a path that is as
/// the agent left it, each of whose changes took up where its last one ended, goes back to what it was before them, unless
/// something else stays in its place; every other path keeps its bytes, mode, inode and time; the
/// user's `.git` is the same to the byte; a redo brings back what was there before the undo.
struct UndoProperty {
    private enum Actor { case agent, other, user }

    private let fixture: SnapshotFixture
    private var numbers: SeededNumbers
    private var history: [[UInt8]: [(actor: Actor, before: String?, after: String?, isSeen: Bool)]] = [:]
    private let usesGit: Bool
    private let seed: UInt64
    private(set) var problems: [String] = []

    /// 50 names that have broken such programs.
    static let oddNames: [[UInt8]] =
        [
            "a\nb", "tab\there", "\"quoted\"", "it's", "back\\slash", "-rf", "--", " leading", "trailing ",
            "new  line\r",
            "caf\u{e9}", "cafe\u{301}", "日本語.txt", "中文\".txt", "emoji😀", "*", "?", "[x]", "{a,b}", "$HOME", "`id`",
            "$(id)",
            "a;b", "a|b", "a&b", "a>b", "#hash", "!bang", "~tilde", "%s%n", "con", "nul", "git~1", ".gitignore~",
            ".gitx", "a:b",
            "a=b", "@{u}", "HEAD", "index.lock", ".hidden", "..dots", "...", "x.orig", "x.rej",
        ].map { Array($0.utf8) }
        + [
            [0xFF, 0xFE], [0x61, 0x80, 0x62], [0xC3, 0x28], Array(repeating: 0x6C, count: 255),
            [0x01, 0x1B, 0x5B, 0x6D],
        ]

    init(seed: UInt64) throws {
        self.seed = seed
        numbers = SeededNumbers(seed)
        usesGit = seed % 5 != 0
        // Most of them without waiting for a disk.
        fixture = try SnapshotFixture(below: seed % 8 != 7 && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
    }

    /// Runs it; what is wrong is in `problems`.
    mutating func run() async throws {
        try await prepare()
        for _ in 0..<Int.random(in: 4...10, using: &numbers) { try await step() }
        try await check()
    }

    private var names: [FilePath] {
        var names = [
            "a.txt", "b.txt", "src/main.c", "src/deep/er/x", "bin.dat", "crlf.txt", "ignored.log", "new/one", "new/two",
        ]
        .map { FilePath($0) }
        if usesGit { names += ["nested/in.txt", "nested/sub/deep.txt", "module/m.txt"].map { FilePath($0) } }
        names += (0..<3).map { index in
            FilePath(bytes: Self.oddNames[Int((seed &+ UInt64(index) &* 17) % UInt64(Self.oddNames.count))])
        }
        return names
    }

    private mutating func prepare() async throws {
        for name in names.dropLast(2) where Bool.random(using: &numbers) || name == "a.txt" {
            try fixture.put(
                name, content(), mode: [0o644, 0o644, 0o755, 0o600].randomElement(using: &numbers) ?? 0o644)
        }
        try fixture.put("crlf.txt", "one\r\ntwo\r\n")
        try fixture.put("b.txt", "")
        for name in names { backdate(name) }
        guard usesGit else { return }
        _ = try await fixture.git("init", "-q", "--template=")
        try fixture.put(".gitignore", "*.log\n")
        // What must have no effect: hooks, filters, line ends.
        try fixture.put(".gitattributes", "*.txt text eol=lf filter=evil\n*.c ident\n")
        _ = try await fixture.git("config", "filter.evil.clean", "sed s/e/EVIL/g; touch \(fixture.root)/evil")
        _ = try await fixture.git("config", "core.autocrlf", "input")
        for nested in ["nested", "module"] {
            try FileIO.createDirectory(fixture.path(nested), mode: 0o755)
            _ = try await fixture.git("init", "-q", "--template=", at: fixture.path(nested))
        }
        try fixture.put("module/m.txt", "module\n")
        _ = try await fixture.git("add", "m.txt", at: fixture.path("module"))
        _ = try await fixture.git("commit", "-qm", "m", at: fixture.path("module"))
        _ = try await fixture.git("add", "a.txt", "module")
        _ = try await fixture.git("commit", "-qm", "first")
        guard seed % 3 == 0 else { return }
        // A submodule as git makes it: its repository is in that of the workspace.
        try fixture.put(".gitmodules", "[submodule \"module\"]\n\tpath = module\n\turl = ./module\n")
        _ = try await fixture.git("add", ".gitmodules")
        _ = try await fixture.git("submodule", "--quiet", "absorbgitdirs")
    }

    /// Makes a file look old: only its inode and its change time tell that it was written just now.
    private func backdate(_ name: FilePath) {
        let old = [timespec(tv_sec: 1_700_000_000, tv_nsec: 0), timespec(tv_sec: 1_700_000_000, tv_nsec: 0)]
        _ = fixture.workspace.pushing(name).withPlatformString { utimensat(AT_FDCWD, $0, old, AT_SYMLINK_NOFOLLOW) }
    }

    private mutating func content() -> [UInt8] {
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0:
            return (0..<Int.random(in: 1...400, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers)
            }
        case 1: return Array("line\r\nmixed\nline \(numbers.next())\r\n".utf8)
        case 2: return Array("\(numbers.next())".utf8)
        case 3: return Array("no newline \(numbers.next())".utf8)
        default: return Array("text \(numbers.next())\nmore $Id$\n".utf8)
        }
    }

    private mutating func step() async throws {
        let before = try state()
        let name = names.randomElement(using: &numbers) ?? "a.txt"
        let actor: Actor = [.agent, .agent, .agent, .other, .user, .user].randomElement(using: &numbers) ?? .agent
        let owner = actor == .agent ? "ses_a" : "ses_b"
        var isCommand = false
        var isNoticed = true
        switch (actor, Int.random(in: 0..<3, using: &numbers)) {
        case (.user, _): try await change(name)
        case (_, 0):
            isCommand = true
            let changes = Int.random(in: 1...3, using: &numbers)
            var copy = self
            let command = try await fixture.command(owner: owner) {
                for _ in 0..<changes {
                    try await copy.change(copy.names.randomElement(using: &copy.numbers) ?? "a.txt")
                }
            }
            numbers = copy.numbers
            // On a machine that stands still for two seconds its effects are not known, which is said.
            isNoticed = command.notice == nil
        case (_, let kind):
            let info = try? FileIO.stat(fixture.workspace.pushing(name), followSymlink: false)
            // What a file tool refuses.
            guard hasRealFolders(name), info?.isRegular ?? true else { return }
            try fixture.toolWrite(name, kind == 1 && info != nil ? nil : content(), owner: owner)
        }
        let after = try state()
        for path in Set(before.keys).union(after.keys) where before[path] != after[path] {
            // Commands are not seen to change ignored files, nor permission bits that git does not know.
            let isIgnored = usesGit && path.split(separator: 0x2F).contains { $0.suffix(4).elementsEqual(".log".utf8) }
            history[path, default: []].append(
                (actor, before[path], after[path], isNoticed && !(isCommand && isIgnored)))
        }
    }

    /// What a person or a command does to a file.
    private mutating func change(_ name: FilePath) async throws {
        let path = fixture.workspace.pushing(name)
        let info = try? FileIO.stat(path, followSymlink: false)
        switch Int.random(in: 0..<9, using: &numbers) {
        case 0 where info != nil: SnapshotFixture.remove(path)
        case 1 where info?.isRegular == true:
            let mode: UInt16 = info?.mode == 0o755 ? 0o644 : 0o755
            _ = path.withPlatformString { chmod($0, mode_t(mode)) }
        case 2 where info != nil:
            let target = fixture.path("moved-\(numbers.next() % 5)")
            SnapshotFixture.remove(target)
            try FileIO.rename(path, to: target)
        case 3:
            try makeWay(to: name)
            guard path.withPlatformString({ symlink("target-\(numbers.next() % 3)", $0) }) == 0 else { return }
        case 4 where usesGit && info?.isRegular == true && name == "a.txt":
            _ = try await fixture.git("add", "a.txt")
        case 5 where info?.isRegular == true:
            // A directory in the place of a file.
            try makeWay(to: name)
            try fixture.put(name.appending("inner"), content())
        case 6 where name.components.first == "src" || name.components.first == "new":
            // A file or a link in the place of a directory.
            let folder = FilePath(root: nil, [name.components[name.components.startIndex]])
            SnapshotFixture.remove(fixture.workspace.pushing(folder))
            if Bool.random(using: &numbers) {
                try fixture.put(folder, content())
            } else {
                _ = fixture.workspace.pushing(folder).withPlatformString { symlink("nested", $0) }
            }
        default:
            if info?.isRegular != true { try makeWay(to: name) }
            try fixture.put(name, content(), mode: info?.isRegular == true ? info?.mode ?? 0o644 : 0o644)
            if Bool.random(using: &numbers) { backdate(name) }
        }
    }

    /// Removes what is at a path, and what is in the place of its directories.
    private func makeWay(to name: FilePath) throws {
        for folder in name.parents.reversed() where !isRealFolder(folder) {
            SnapshotFixture.remove(fixture.workspace.pushing(folder))
        }
        SnapshotFixture.remove(fixture.workspace.pushing(name))
        try FileIO.createDirectory(fixture.workspace.pushing(name).removingLastComponent(), mode: 0o755)
    }

    private func isRealFolder(_ folder: FilePath) -> Bool {
        let info = try? FileIO.stat(fixture.workspace.pushing(folder), followSymlink: false)
        return info?.isDirectory ?? true
    }

    private func hasRealFolders(_ name: FilePath) -> Bool { name.parents.allSatisfy(isRealFolder) }

    private func state() throws -> [[UInt8]: String] {
        try fixture.tree().filter { path, _ in !Self.isGit(path) }
    }

    private static func isGit(_ path: [UInt8]) -> Bool {
        path.split(separator: 0x2F).contains { $0.elementsEqual(".git".utf8) }
    }

    // MARK: The check

    private mutating func check() async throws {
        let full = try fixture.tree(identity: true)
        let before = try state()
        let folders = Set(try fixture.folders())
        if Bool.random(using: &numbers) { try await failOnce(full) }
        if seed % 8 == 3 { _ = try await fixture.store.collect { ["ses_a", "ses_b"] } }
        let result: RestoreResult
        do {
            result = try await fixture.undo()
        } catch {
            if history.values.contains(where: { $0.contains { $0.actor == .agent } }) {
                let plan = try fixture.store.journal.read().entries(of: "ses_a").flatMap(\.files)
                problems.append("seed \(seed): undo: \(error) \(plan) \(history)")
            }
            return
        }
        let after = try state()
        let afterFull = try fixture.tree(identity: true)
        let expectations = expectations(before, folders)
        for path in Set(before.keys).union(after.keys).union(history.keys) {
            let expected = expectations[path]
            if after[path] != expected {
                let outcome = result.files.first { $0.path.bytes == path }
                problems.append(
                    "\(UTF8Text.lossy(path)): is \(after[path] ?? "nothing"), not \(expected ?? "nothing"); was \(before[path] ?? "nothing"); \(history[path]?.map { "\($0.actor)" } ?? []) \(String(describing: outcome))"
                )
            }
            if expected == before[path], full[path] != afterFull[path] {
                problems.append(
                    "\(UTF8Text.lossy(path)) was touched without need: \(full[path] ?? "") -> \(afterFull[path] ?? "")")
            }
        }
        for (path, was) in full where Self.isGit(path) && afterFull[path] != was {
            problems.append("\(UTF8Text.lossy(path)) of the user's repository changed")
        }
        if FileIO.exists(fixture.root.appending("evil")) { problems.append("a filter of the repository ran") }
        if afterFull.keys.contains(where: { UTF8Text.lossy($0).contains(AtomicFile.temporaryPrefix) }) {
            problems.append("a temporary file stayed")
        }
        if result.files.contains(where: { $0.outcome == .restored }) {
            if seed % 16 == 3 { _ = try await fixture.store.collect { ["ses_a", "ses_b"] } }
            _ = try await fixture.redo()
            let again = try state()
            if again != before { problems.append("redo did not bring back what was there") }
        }
        if seed % 16 == 0 { problems += try await fixture.store.verify() }
        problems = problems.map { "seed \(seed): \($0)" }
    }

    /// What each path must be after the undo.
    private func expectations(_ now: [[UInt8]: String], _ folders: Set<[UInt8]>) -> [[UInt8]: String] {
        var expected: [[UInt8]: String] = [:]
        for path in Set(now.keys).union(history.keys) { expected[path] = expectation(path, now[path]) }
        let wanted = expected
        // A file does not come back where something stays that is not the agent's: below a file, or in the place of a directory.
        for (path, version) in expected where version != now[path] {
            let inside = folders.filter { $0 == path || $0.starts(with: path + [0x2F]) }
            let staysFolder = inside.contains { folder in
                let content = now.keys.filter { $0.starts(with: folder + [0x2F]) }
                return content.isEmpty || content.contains { wanted[$0] != nil }
            }
            if staysFolder { expected[path] = now[path] }
        }
        let settled = expected
        for (path, version) in settled where version != now[path] {
            if Self.parents(path).contains(where: { settled[$0] != nil }) { expected[path] = now[path] }
        }
        return expected
    }

    private static func parents(_ path: [UInt8]) -> [[UInt8]] {
        path.indices.filter { path[$0] == 0x2F }.map { Array(path[..<$0]) }
    }

    private func expectation(_ path: [UInt8], _ now: String?) -> String? {
        let all = history[path] ?? []
        guard let first = all.firstIndex(where: { $0.actor == .agent && $0.isSeen }) else { return now }
        if all[first...].contains(where: { $0.actor == .other && $0.isSeen }) { return now }
        // A change that nobody saw is like the user's. What the user took back himself is no obstacle.
        let steps = all[first...].filter { $0.actor == .agent && $0.isSeen }
        let isAsLeft = steps.last?.after == now
        let isUnbroken = zip(steps, steps.dropFirst()).allSatisfy { Self.isSame($0.after, $1.before) }
        return isAsLeft && isUnbroken ? steps.first?.before : now
    }

    /// The same kind, content and executable bit.
    private static func isSame(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        let (left, right) = (one.split(separator: " "), other.split(separator: " "))
        func isExecutable(_ mode: Substring?) -> Bool { (mode.flatMap { Int($0, radix: 8) } ?? 0) & 0o100 != 0 }
        return left[0] == right[0] && left[1] == right[1] && isExecutable(left.last) == isExecutable(right.last)
    }

    /// A failure in the middle leaves every file as it was.
    private mutating func failOnce(_ full: [[UInt8]: String]) async throws {
        let view = try fixture.store.journal.read()
        let plan = try await fixture.store.plan(undoing: view.entries(of: "ses_a"), in: view)
        let count = plan.filter { $0.outcome == .restored }.count
        guard count > 0 else { return }
        let failing = Int.random(in: 0..<count, using: &numbers)
        let seen = Counter()
        do {
            _ = try await fixture.store.apply(plan, RestoreRequest(kind: .undo, owner: "ses_a")) { _ in
                seen.next() == failing ? SnapshotError(.failed, "No space (injected).") : nil
            }
            problems.append("an injected failure was not reported")
        } catch {
            let now = try fixture.tree()
            let was = full.mapValues { String($0.split(separator: "/")[0]) }
            if now != was {
                problems.append("a failed undo changed the tree")
            }
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(-1)
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
