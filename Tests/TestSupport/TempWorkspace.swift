import Glibc
package import SystemPackage

/// A folder of its own for one test, with files and, when asked, a git repository with one commit.
///
/// `with` removes it at the end, also after an error. The folder is below `TMPDIR` and has a name nobody else uses.
package struct TempWorkspace: Sendable {
    /// Real path, without links.
    package let path: FilePath

    /// Makes the folder; `remove()` is the caller's. Prefer `with`.
    package init(files: [String: String] = [:], git: Bool = false) throws {
        path = try TestFiles.makeTemporaryDirectory("codetether-ws")
        for (name, text) in files { try TestFiles.write(text.utf8, to: path.pushing(FilePath(name))) }
        if git { try initialiseGit() }
    }

    /// Makes a workspace, hands it to `body` and removes it.
    package static func with<Result: Sendable>(
        files: [String: String] = [:], git: Bool = false, _ body: (TempWorkspace) async throws -> Result
    ) async throws -> Result {
        let workspace = try TempWorkspace(files: files, git: git)
        defer { workspace.remove() }
        return try await body(workspace)
    }

    /// The text of a file; throws when it is missing.
    package func text(_ name: String) throws -> String { try TestFiles.text(path.pushing(FilePath(name))) }

    /// The bytes of a file.
    package func bytes(_ name: String) throws -> [UInt8] { try TestFiles.read(path.pushing(FilePath(name))) }

    /// Whether a file is there.
    package func exists(_ name: String) -> Bool { TestFiles.exists(path.pushing(FilePath(name))) }

    /// Writes a file, making its folders.
    package func write(_ text: String, to name: String) throws {
        try TestFiles.write(text.utf8, to: path.pushing(FilePath(name)))
    }

    /// Every file, relative to the workspace, without `.git`, sorted.
    package var files: [String] {
        TestFiles.tree(path).compactMap { file in
            var relative = file
            guard relative.removePrefix(path) else { return nil }
            return relative.components.first?.string == ".git" ? nil : relative.string
        }
    }

    /// Removes the folder with everything in it.
    package func remove() { TestFiles.remove(path) }

    /// A `.git` as `git init` and one empty commit would leave it, written as files: no process, no user settings.
    private func initialiseGit() throws {
        let git = path.appending(".git")
        for name in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
            try TestFiles.makeDirectory(git.pushing(FilePath(name)))
        }
        let config = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
        try TestFiles.write(config.utf8, to: git.appending("config"))
        try TestFiles.write("ref: refs/heads/main\n".utf8, to: git.appending("HEAD"))
    }
}
