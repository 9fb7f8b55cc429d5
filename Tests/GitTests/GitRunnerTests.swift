import Git
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Git commands")
struct GitRunnerTests {
    private static let environment = Environment(["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"])

    private func runner(_ directory: FilePath) -> GitRunner {
        GitRunner(directory: directory, runner: ProcessRunner(), environment: Self.environment)
    }

    @Test("Root and branch agree with the state read from files")
    func agrees() async throws {
        try await TempWorkspace.with(files: ["a/b": ""], git: true) { workspace in
            let git = runner(workspace.path.appending("a"))
            let root = try await git.worktreeRoot()
            let branch = try await git.branch()
            #expect(root == workspace.path)
            #expect(branch == "main")
            #expect(GitState.read(workspace.path)?.branch == "main")
        }
    }

    @Test("A missing revision, one like an option and a folder without repository are typed errors")
    func errors() async throws {
        try await TempWorkspace.with(git: true) { workspace in
            for revision in ["nope", "--all", "--help"] {
                await #expect(throws: GitError.self) { try await runner(workspace.path).commit(revision) }
            }
        }
        try await TempWorkspace.with { workspace in
            let error = await #expect(throws: GitError.self) { try await runner(workspace.path).worktreeRoot() }
            #expect(error?.kind == .notARepository)
        }
    }

    @Test(
        "Commands that could start configured programs are refused",
        arguments: ["status", "diff", "commit", "fetch", "log"])
    func refused(command: String) async throws {
        let error = await #expect(throws: GitError.self) { try await runner("/").run(command) }
        #expect(error?.kind == .refused)
        let worktree = await #expect(throws: GitError.self) { try await runner("/").run("worktree", ["add", "x"]) }
        #expect(worktree?.kind == .refused)
    }

    @Test("A repository's fsmonitor, hooks and pager do not run")
    func configuredPrograms() async throws {
        try await TempWorkspace.with(git: true) { workspace in
            let marker = workspace.path.appending("ran")
            let program = "touch \(marker); false"
            try workspace.write(
                "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = \"\(program)\"\n\tpager = \"\(program)\"\n\tsshCommand = \"\(program)\"\n[alias]\n\trev-parse = \"!\(program)\"\n",
                to: ".git/config")
            _ = try await runner(workspace.path).run("ls-files", ["--others", "--exclude-standard"])
            _ = try await runner(workspace.path).worktreeRoot()
            #expect(!workspace.exists("ran"))
        }
    }
}
