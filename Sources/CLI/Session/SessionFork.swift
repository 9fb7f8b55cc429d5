import App
package import ArgumentParser
import Configuration
import Git
import Schema
import Sessions
import Support
import SystemPackage

/// `codetether session fork ID`
package struct SessionFork: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fork", abstract: "Make a new session from an old one, up to a message.",
        discussion: """
            Copies what stands before the message given with --at; that message and what follows are left out. Without \
            --at the whole conversation is copied. The old session stays as it is. The new id goes to stdout; continue \
            with `codetether run -s ID`.
            """)

    @Argument(help: "The session's id.")
    var id: String
    @Option(help: ArgumentHelp("The first message that is not copied.", valueName: "message"))
    var at: String?
    @Option(help: "The title of the new session.")
    var title: String?
    @Flag(help: "Work in a git worktree of its own, on a new branch at the current commit.")
    var worktree = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try SessionCommand.checkID(id)
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let sessions = try await runtime.sessions()
            let fork =
                worktree
                ? try await forkIntoWorktree(runtime, sessions, launch)
                : try await sessions.fork(id, before: at, title: title)
            try await launch.output.render(.value(try SessionCommand.json(fork), text: fork.id), as: format.value)
        }
    }

    /// The worktree is `worktrees/<project>-<id>` in the data directory; its branch is `codetether/<id>`. What is not committed in
    /// the session's directory stays there.
    private func forkIntoWorktree(
        _ runtime: Runtime, _ sessions: SessionService, _ launch: Launch
    ) async throws -> SessionInfo {
        let directory = FilePath(try await sessions.get(id).location.directory)
        guard let root = GitState.read(directory)?.root else {
            throw CLIError(
                .failed,
                "\(HostileText.escaped(directory.string, multiline: false)) is in no git repository; fork without --worktree."
            )
        }
        let git = GitRunner(directory: root, runner: ProcessRunner(), environment: runtime.environment)
        let name = String(runtime.ids.next(.session).dropFirst(IDPrefix.session.rawValue.count))
        let folder = runtime.paths.data.appending("worktrees")
        try FileIO.createDirectory(folder)
        let path = folder.appending("\(root.lastComponent?.string ?? "project")-\(name)")
        let branch = "codetether/\(name)"
        let commit: String
        do throws(GitError) {
            commit = try await git.commit("HEAD")
        } catch {
            guard error.status == 1 else { throw error }
            throw CLIError(
                .failed,
                "\(HostileText.escaped(root.string, multiline: false)) has no commit that a worktree could start from. Commit first, or fork without --worktree."
            )
        }
        try await git.addWorktree(at: path, branch: branch, commit: commit)
        do {
            var place = try FileIO.realPath(path)
            var below = directory
            if below.removePrefix(root) { place.append(below.components) }
            // What is not committed is not in the worktree.
            try FileIO.createDirectory(place, mode: 0o755)
            let fork = try await sessions.fork(id, before: at, directory: place.string, title: title)
            launch.output.note("Worktree \(place) on branch \(branch).")
            return fork
        } catch {
            try? await git.removeWorktree(at: path, branch: branch, commit: commit)
            throw error
        }
    }
}
