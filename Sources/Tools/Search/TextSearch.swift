import Glibc
import Support
import Synchronization
import SystemPackage

/// Searches lines of the workspace: with ripgrep when it is there, else with the built-in search. Both leave out the
/// same files and answer with the same hits, grouped by file.
struct TextSearch: Sendable {
    /// How a search ended.
    enum End: Sendable, Equatable {
        case complete
        /// The time was over.
        case timedOut
    }

    let context: ToolContext
    let duration: Duration
    /// Nil for the built-in search.
    let ripgrep: Ripgrep?

    init(_ context: ToolContext, duration: Duration) {
        self.context = context
        self.duration = duration
        ripgrep = Ripgrep.find(context.environment, outside: context.workspace.path)
    }

    init(_ context: ToolContext, duration: Duration, ripgrep: Ripgrep?) {
        self.context = context
        self.duration = duration
        self.ripgrep = ripgrep
    }

    /// Hands every hit below `start`, a file or directory, to `receive`, which may be called on any thread, one at a
    /// time. Cancelling the task ends the search.
    func run(
        _ query: SearchQuery, below start: WorkspacePath, _ receive: @escaping @Sendable (SearchHit) -> Void
    ) async throws(ToolError) -> End {
        let files = WorkspaceFiles(root: context.workspace)
        let place = try await fileWork { () throws(ToolError) in try SearchScope.isDirectory(start, context) }
        if let ripgrep {
            return try await runRipgrep(ripgrep, query, below: start, isDirectory: place, receive)
        }
        let budget = SearchBudget(time: context.time, duration: duration)
        return try await searchWork(budget) { () throws(ToolError) in
            try BuiltInSearch(files: files, budget: budget)
                .run(query, below: start, isDirectory: place, receive)
        }
    }

    private func runRipgrep(
        _ ripgrep: Ripgrep, _ query: SearchQuery, below start: WorkspacePath, isDirectory: Bool,
        _ receive: @escaping @Sendable (SearchHit) -> Void
    ) async throws(ToolError) -> End {
        let folder = isDirectory ? start.relative : start.relative.removingLastComponent()
        let target = isDirectory ? "./" : "./" + (start.relative.lastComponent?.string ?? "")
        let prefix = folder.isEmpty ? [] : Array(folder.string.utf8) + [UInt8(ascii: "/")]
        // The directory is opened beneath the root and reached by its descriptor: a link that is put there meanwhile
        // leads nowhere.
        let opened = try await fileWork { () throws(ToolError) in
            do throws(FileError) {
                return try WorkspaceFiles(root: context.workspace)
                    .open(folder, flags: O_RDONLY | O_DIRECTORY)
            } catch {
                throw ToolError.file(error, path: start.display)
            }
        }
        defer { try? opened.close() }
        let sink = SearchSink(parser: SearchOutputParser(prefix: prefix), receive: receive)
        var command = Command(
            executable: ripgrep.executable, arguments: Ripgrep.arguments(query, target: target),
            directory: FilePath("/proc/\(getpid())/fd/\(opened.rawValue)"), environment: ripgrepEnvironment,
            timeout: duration, headBytes: 1_024, tailBytes: 1_024)
        command.leavesNothing = true
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await context.runner.run(command) { chunk in
                if chunk.stream == .stdout { sink.push(chunk.bytes) }
            }
        } catch {
            throw .file(.failed, "ripgrep could not be started: \(error).")
        }
        switch result.status {
        case .exited(0), .exited(1): return .complete
        case .timedOut: return .timedOut
        case .cancelled: throw ToolError(.cancelled, "The search was cancelled.")
        default:
            // Unreadable files also give 2; what was found counts then.
            if sink.count > 0 { return .complete }
            let message = result.stderr.text
            guard !message.isEmpty else { return .complete }
            throw .file(.invalid, "The pattern '\(query.pattern)' cannot be searched: \(message)")
        }
    }

    private var ripgrepEnvironment: [String: String] {
        context.environment.values.filter { ["PATH", "HOME", "XDG_CONFIG_HOME", "LANG", "LC_ALL"].contains($0.key) }
    }
}

/// Parses ripgrep's output on whatever thread it arrives.
private final class SearchSink: Sendable {
    private struct State {
        var parser: SearchOutputParser
        var count = 0
    }

    private let state: Mutex<State>
    private let receive: @Sendable (SearchHit) -> Void

    init(parser: SearchOutputParser, receive: @escaping @Sendable (SearchHit) -> Void) {
        state = Mutex(State(parser: parser))
        self.receive = receive
    }

    var count: Int { state.withLock { $0.count } }

    func push(_ bytes: [UInt8]) {
        state.withLock { state in
            var found = 0
            state.parser.push(bytes) { hit in
                found += 1
                receive(hit)
            }
            state.count += found
        }
    }
}
