package import Permissions
import Sandbox
import Support
import SystemPackage

/// `bash`: runs a command with `bash -c` (or `sh -c` where there is no bash).
///
/// 120 s by default, 600 s at most; then the whole tree gets TERM and, after 3 s, KILL. Whatever the command leaves
/// running is killed when it ends. No input, no terminal, an environment of `ShellEnvironment`, contained by `ShellSandbox`.
package struct BashTool: Tool {
    /// Milliseconds when the call gives none.
    package static let defaultTimeoutMs = 120_000
    /// Most milliseconds; a longer `timeout` counts as this.
    package static let maximumTimeoutMs = 600_000
    /// Longest command, bytes: what Linux takes as one argument.
    package static let commandLimit = 131_000

    package init() {}

    package let name = "bash"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.bash,
            inputSchema: [
                "type": "object",
                "properties": [
                    "command": ["type": "string"], "timeout": ["type": "integer"], "workdir": ["type": "string"],
                    "description": ["type": "string", "description": "5-10 words for the user"],
                ],
                "required": ["command"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let request = try Self.request(input)
        let directory = try Self.directory(request.workdir, context)
        return ShellDemands.of(
            request.command, directory: directory, workspace: context.workspace.path,
            home: context.environment.values["HOME"], readable: OutsideDemand.readable(context))
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let request = try Self.request(input)
        let directory = try Self.directory(request.workdir, context)
        let output = ShellOutput(
            file: ToolOutputFile.path(context.ids.next(.call), in: context.dataDirectory))
        let progress = ShellProgress(time: context.time, description: request.description, report: context.progress)
        let shell: FilePath = FileIO.exists("/bin/bash") ? "/bin/bash" : "/bin/sh"
        var command = Command(
            executable: shell, arguments: ["-c", request.command], directory: directory,
            environment: ShellEnvironment.values(context.environment))
        command.timeout = .milliseconds(request.timeoutMs)
        command.mergeStreams = true
        command.headBytes = 0
        command.tailBytes = 0
        let contained = try await ShellSandbox.contain(command, try demands(input, context), context)
        let result: ProcessResult
        do {
            result = try await context.runner.run(contained.command) { chunk in
                output.append(chunk.bytes)
                progress.append(chunk.bytes)
            }
        } catch {
            _ = output.finish()
            throw ToolError(.failed, "The command could not be started: \(error.message)", underlying: error)
        }
        return try Self.output(request, contained, result, output.finish())
    }

    struct Request {
        var command: String
        var timeoutMs: Int
        var workdir: String?
        var description: String
    }

    private static func request(_ input: ToolInput) throws(ToolError) -> Request {
        let command = try input.string("command")
        guard command.utf8.contains(where: { $0 > 0x20 }) else {
            throw ToolError(.invalidArguments, "The command is empty. Give a command for bash.")
        }
        guard !command.utf8.contains(0) else {
            throw ToolError(.invalidArguments, "The command holds a NUL byte. Remove it.")
        }
        guard command.utf8.count <= commandLimit else {
            throw ToolError(
                .invalidArguments,
                "The command has \(command.utf8.count) bytes, more than \(commandLimit). Write a script and run it."
            )
        }
        let timeout = try input.optionalInt("timeout") ?? defaultTimeoutMs
        guard timeout > 0 else {
            throw ToolError(
                .invalidArguments, "timeout must be 1 to \(maximumTimeoutMs) milliseconds, but is \(timeout).")
        }
        return Request(
            command: command, timeoutMs: min(timeout, maximumTimeoutMs), workdir: try input.optionalString("workdir"),
            description: ShortText.cut(try input.optionalString("description") ?? "", bytes: 200))
    }

    private static func directory(_ workdir: String?, _ context: ToolContext) throws(ToolError) -> FilePath {
        guard let workdir, !workdir.isEmpty else { return context.directory }
        let path = try WorkspacePaths(context).resolve(workdir)
        let real = path.relative.isEmpty ? context.workspace.path : context.workspace.path.pushing(path.relative)
        guard FileIO.isDirectory(real) else {
            throw ToolError(
                .notFound,
                "workdir '\(HostileText.escaped(workdir, multiline: false))' is no directory of the workspace. "
                    + "Give one that exists.")
        }
        return real
    }

    private static func output(
        _ request: Request, _ contained: ShellSandbox.Contained, _ result: ProcessResult, _ shown: ShellOutput.Shown
    ) throws(ToolError) -> ToolOutput {
        var metadata: JSONObject = [
            "description": .string(request.description), "bytes": .int(Int64(shown.totalBytes)),
            "durationMs": .int(Int64(result.durationMs)), "sandbox": .string(contained.mode.rawValue),
            "network": .bool(contained.network),
        ]
        var notes: [String] = []
        switch result.status {
        case .exited(let code):
            metadata["exit"] = .int(Int64(code))
            if code != 0 { notes.append("Exit code: \(code)") }
        case .signaled(let signal):
            metadata["exit"] = .int(Int64(128 + signal))
            metadata["signal"] = .int(Int64(signal))
            notes.append("The command was ended by signal \(signal).")
        case .timedOut:
            metadata["exit"] = .null
            metadata["timedOut"] = true
            notes.append(
                "The command was stopped after \(request.timeoutMs) ms. If it needs longer, give a larger timeout "
                    + "(at most \(maximumTimeoutMs)); it gets no input.")
        case .cancelled:
            throw ToolError(.cancelled, "The command was interrupted. Its output until then:\n\(shown.text)")
        }
        var text = shown.text
        if let file = shown.file {
            text += ToolOutputFile.note(file)
        } else if shown.isCut {
            text += "\n(The output was cut, and the whole of it could not be stored.)"
        }
        if shown.totalBytes == 0, notes.isEmpty { notes.append("(no output)") }
        if !notes.isEmpty {
            if !text.isEmpty, text.utf8.last != 0x0A { text += "\n" }
            text += notes.joined(separator: "\n")
        }
        if shown.isFileCut { metadata["outputFileCut"] = true }
        return ToolOutput(
            text: text, metadata: .object(metadata),
            title: request.description.isEmpty ? ShortText.cut(request.command, bytes: 200) : request.description,
            truncatedFile: shown.file)
    }
}
