import Support
package import SystemPackage

/// Where a repository stands, read from its files without starting git.
package struct GitState: Sendable, Equatable {
    /// The work tree's top directory.
    package var root: FilePath
    /// `.git`, or what a linked work tree's `.git` file names.
    package var gitDirectory: FilePath
    /// The current branch, also when it has no commit yet; `nil` when detached or when the name is not printable.
    package var branch: String?
    /// The commit, 40 or 64 hexadecimal digits; `nil` before the first one or when it cannot be read from files.
    package var head: String?

    package var isDetached: Bool { branch == nil && head != nil }

    private static let maxPackedRefs = 16 << 20

    /// The state of the repository that holds `directory`; `nil` when there is none. Blocking, a few small reads.
    ///
    /// Damaged or unusual repositories (reftable) give a state without branch or head, never an error.
    package static func read(_ directory: FilePath) -> GitState? {
        var current = directory
        for _ in 0..<128 {
            if let git = gitDirectory(in: current) { return state(root: current, git: git) }
            let parent = current.removingLastComponent()
            if parent == current || parent.isEmpty { return nil }
            current = parent
        }
        return nil
    }

    private static func gitDirectory(in folder: FilePath) -> FilePath? {
        let path = folder.appending(".git")
        guard let info = try? FileIO.stat(path) else { return nil }
        if info.isDirectory { return FileIO.exists(path.appending("HEAD")) ? path : nil }
        guard info.isRegular, let text = text(path, limit: 8 << 10), text.hasPrefix("gitdir: ") else { return nil }
        let target = folder.pushing(FilePath(String(text.dropFirst(8))))
        return FileIO.isDirectory(target) ? target : nil
    }

    private static func state(root: FilePath, git: FilePath) -> GitState {
        var state = GitState(root: root, gitDirectory: git, branch: nil, head: nil)
        guard let text = text(git.appending("HEAD"), limit: 8 << 10) else { return state }
        guard text.hasPrefix("ref: ") else {
            if isHash(text) { state.head = text }
            return state
        }
        let name = String(text.dropFirst(5))
        guard isRefName(name) else { return state }
        if name.hasPrefix("refs/heads/"), name != "refs/heads/.invalid" { state.branch = String(name.dropFirst(11)) }
        let common = Self.text(git.appending("commondir"), limit: 8 << 10).map { git.pushing(FilePath($0)) } ?? git
        state.head = resolve(name, in: git) ?? resolve(name, in: common) ?? packed(name, in: common)
        return state
    }

    private static func resolve(_ name: String, in directory: FilePath) -> String? {
        var name = name
        for _ in 0..<5 {
            guard let text = text(directory.appending(name), limit: 8 << 10) else { return nil }
            if isHash(text) { return text }
            guard text.hasPrefix("ref: ") else { return nil }
            name = String(text.dropFirst(5))
            guard isRefName(name) else { return nil }
        }
        return nil
    }

    private static func packed(_ name: String, in directory: FilePath) -> String? {
        guard let bytes = try? FileIO.read(directory.appending("packed-refs"), limit: maxPackedRefs) else { return nil }
        let wanted = Array(name.utf8)
        for line in bytes.split(separator: 0x0A) {
            guard let blank = line.firstIndex(of: 0x20), line[(blank + 1)...].elementsEqual(wanted) else { continue }
            let hash = String(decoding: line[..<blank], as: UTF8.self)
            return isHash(hash) ? hash : nil
        }
        return nil
    }

    /// The text of a small regular file without blanks and line ends at its end.
    private static func text(_ path: FilePath, limit: Int) -> String? {
        guard (try? FileIO.stat(path))?.isRegular == true, let bytes = try? FileIO.read(path, limit: limit) else {
            return nil
        }
        guard let last = bytes.lastIndex(where: { $0 > 0x20 }) else { return nil }
        return String(validating: bytes[...last], as: UTF8.self)
    }

    private static func isHash(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// No way out of the git directory and nothing that could disturb a prompt or terminal.
    private static func isRefName(_ name: String) -> Bool {
        name.hasPrefix("refs/") && name.utf8.count <= 1_024 && !name.contains("..")
            && HostileText.escaped(name, multiline: false) == name
    }
}
