import Git
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Git state read from files")
struct GitStateTests {
    private static let first = String(repeating: "a1", count: 20)
    private static let second = String(repeating: "b2", count: 32)

    @Test("A branch with a loose ref is found from a folder below the root")
    func loose() async throws {
        try await TempWorkspace.with(files: [
            ".git/HEAD": "ref: refs/heads/feat/x\n", ".git/refs/heads/feat/x": "\(Self.first)\n", "a/b/c": "",
        ]) { workspace in
            let state = try #require(GitState.read(workspace.path.pushing("a/b")))
            #expect(state.root == workspace.path)
            #expect(state.branch == "feat/x" && state.head == Self.first && !state.isDetached)
        }
    }

    @Test("Packed refs, also with peeled tags and comments")
    func packed() async throws {
        try await TempWorkspace.with(files: [
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/packed-refs":
                "# pack-refs with: peeled fully-peeled sorted\n\(Self.first) refs/heads/main2\n^\(Self.first)\n\(Self.second) refs/heads/main\n",
        ]) { workspace in
            #expect(GitState.read(workspace.path)?.head == Self.second)
        }
    }

    @Test("Detached, without commits, and without a repository")
    func edges() async throws {
        try await TempWorkspace.with(files: [".git/HEAD": "\(Self.first)\n"]) { workspace in
            let state = try #require(GitState.read(workspace.path))
            #expect(state.isDetached && state.branch == nil && state.head == Self.first)
        }
        try await TempWorkspace.with(git: true) { workspace in
            let state = try #require(GitState.read(workspace.path))
            #expect(state.branch == "main" && state.head == nil)
        }
        try await TempWorkspace.with(files: [".git/config": ""]) { workspace in
            #expect(GitState.read(workspace.path) == nil)
        }
    }

    @Test("A linked work tree takes HEAD from its own folder and refs from the common one")
    func linked() async throws {
        try await TempWorkspace.with(files: [
            "main/.git/HEAD": "ref: refs/heads/main\n", "main/.git/refs/heads/wt": "\(Self.first)\n",
            "main/.git/worktrees/wt/HEAD": "ref: refs/heads/wt\n", "main/.git/worktrees/wt/commondir": "../..\n",
            "wt/.git": "gitdir: ../main/.git/worktrees/wt\n",
        ]) { workspace in
            let state = try #require(GitState.read(workspace.path.appending("wt")))
            #expect(state.branch == "wt" && state.head == Self.first && state.root == workspace.path.appending("wt"))
        }
    }

    @Test(
        "Hostile HEADs give neither branch nor head and never leave the git directory",
        arguments: [
            "ref: refs/heads/../../../secret", "ref: ../../secret", "ref: refs/heads/a\u{1B}[2J", "ref: /etc/passwd",
            "nonsense", "",
            "ref: refs/heads/\u{202E}x",
        ])
    func hostile(head: String) async throws {
        try await TempWorkspace.with(files: [".git/HEAD": head + "\n", "secret": Self.first + "\n"]) { workspace in
            let state = try #require(GitState.read(workspace.path))
            #expect(state.branch == nil && state.head == nil)
        }
    }
}
