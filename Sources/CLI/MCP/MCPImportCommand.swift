import App
package import ArgumentParser
import Configuration
import MCP
import Support
import SystemPackage

/// `codetether mcp import [FILE|claude|cursor|vscode|opencode]`
package struct MCPImportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Take over servers from Claude, Cursor, VS Code or OpenCode, or from a file of theirs. Starts nothing.",
        discussion: """
            Without an argument your own files of all four are read. What a program's file in this workspace says is taken over \
            disabled: look at it, then enable it. A name that is taken stays as it is.
            """)

    @Argument(help: "A file, or claude, cursor, vscode or opencode.")
    var source: String?
    @Option(help: "user (your mcp.json) or project (.mcp.json of the workspace).")
    var scope: MCPServerEntry.Scope = .user
    @Flag(help: "Only show what would be taken over.")
    var dryRun = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    /// One row of the answer.
    private struct Row {
        var candidate: MCPImport.Candidate
        var file: FilePath
        /// `imported`, `exists` or `invalid`.
        var status: String
        var reason: String?
    }

    package func run() async throws {
        let launch = Launch.current
        guard scope != .config else { throw CLIError(.usage, "--scope is user or project.") }
        try await launch.withRuntime(global.values) { runtime in
            let places = try places(runtime, launch)
            var rows: [Row] = []
            var taken = try taken(runtime.mcpRegistry)
            for place in places {
                let bytes: [UInt8]
                do throws(FileError) { bytes = try FileIO.read(place.file, limit: 16 << 20) } catch {
                    throw CLIError(error.kind == .notFound ? .notFound : .failed, error.message)
                }
                let candidates: [MCPImport.Candidate]
                do throws(MCPError) {
                    candidates = try MCPImport.candidates(
                        bytes, file: place.file, workspace: runtime.config.workspace)
                } catch {
                    throw CLIError(.badData, error.message, metadata: error.metadata)
                }
                for candidate in candidates { rows.append(try take(candidate, place, &taken, runtime.mcpRegistry)) }
            }
            try await show(rows, runtime.mcpRegistry, launch)
        }
    }

    /// The files that exist.
    /// - Throws: 66 when there is none.
    private func places(_ runtime: Runtime, _ launch: Launch) throws -> [MCPImport.Place] {
        let configHome =
            launch.environment["XDG_CONFIG_HOME"].map { FilePath($0) }.flatMap { $0.isAbsolute ? $0 : nil }
            ?? runtime.paths.home.appending(".config")
        func all(_ program: MCPImport.Program) -> [MCPImport.Place] {
            MCPImport.places(
                program, home: runtime.paths.home, configHome: configHome, workspace: runtime.config.workspace)
        }
        let wanted: [MCPImport.Place]
        if let source, let program = MCPImport.Program(rawValue: source) {
            wanted = all(program)
        } else if let source {
            return [.init(file: launch.directory.pushing(FilePath(source)).lexicallyNormalized(), isWorkspace: false)]
        } else {
            // What a repository brings along is taken only when it is asked for by name.
            wanted = MCPImport.Program.allCases.flatMap(all).filter { !$0.isWorkspace }
        }
        let found = wanted.filter { FileIO.exists($0.file) }
        guard !found.isEmpty else {
            throw CLIError(
                .notFound,
                "There is nothing to import: none of \(wanted.map(\.file.string).joined(separator: ", ")) exists. Name a file: codetether mcp import FILE."
            )
        }
        return found
    }

    /// The names in the file that is written to, with their definitions.
    private func taken(_ registry: MCPRegistry) throws -> [String: JSON] {
        let contents = try registry.load()
        var taken: [String: JSON] = [:]
        for entry in contents.entries where entry.scope == scope { taken[entry.name] = try registry.definition(entry) }
        for fault in contents.faults where fault.scope == scope { taken[fault.name] = .null }
        return taken
    }

    private func take(
        _ candidate: MCPImport.Candidate, _ place: MCPImport.Place, _ taken: inout [String: JSON],
        _ registry: MCPRegistry
    ) throws -> Row {
        var candidate = candidate
        if let problem = candidate.problem {
            return Row(candidate: candidate, file: place.file, status: "invalid", reason: problem)
        }
        if place.isWorkspace {
            candidate.definition["disabled"] = true
            candidate.notes.append(
                "It comes from this workspace and is disabled. Look at it (codetether mcp get \(candidate.name)), then: codetether mcp enable \(candidate.name)"
            )
        }
        if scope == .project, candidate.hasPlainValues {
            candidate.notes.append(
                "Values of its variables or headers stand in .mcp.json as they are. If they are secret, write ${NAME} instead: codetether mcp update \(candidate.name)"
            )
        }
        let definition = JSON.object(candidate.definition)
        if let known = taken[candidate.name] {
            let isSame = known == definition
            return Row(
                candidate: candidate, file: place.file, status: "exists",
                reason: isSame
                    ? "It is there already."
                    : "Another server has this name and stays as it is. Remove or change it first: codetether mcp update \(candidate.name)"
            )
        }
        if !dryRun { try registry.add(candidate.name, definition, to: scope) }
        taken[candidate.name] = definition
        return Row(candidate: candidate, file: place.file, status: "imported", reason: nil)
    }

    private func show(_ rows: [Row], _ registry: MCPRegistry, _ launch: Launch) async throws {
        let target = scope == .project ? registry.projectFile : registry.userFile
        func shown(_ text: String) -> String { HostileText.escaped(text, multiline: false) }
        if format.value == .table {
            for row in rows {
                for note in row.candidate.notes where row.status == "imported" {
                    launch.output.note("\(row.candidate.name): \(note)")
                }
            }
        }
        let table = OutputTable(
            columns: [
                .init("NAME"), .init("STATUS"), .init("FROM"), .init("COMMAND, ADDRESS OR REASON", isFlexible: true),
            ],
            rows: rows.map { row in
                let definition = MCPRedaction.definition(.object(row.candidate.definition))
                var json: JSONObject = [
                    "name": .string(row.candidate.name), "original": .string(row.candidate.original),
                    "status": .string(row.status), "source": .string(row.file.string), "file": .string(target.string),
                    "scope": .string(scope.rawValue), "definition": definition,
                ]
                json["reason"] = row.reason.map { .string($0) }
                if !row.candidate.notes.isEmpty { json["notes"] = .array(row.candidate.notes.map { .string($0) }) }
                let words =
                    [definition["command"]].compactMap { $0?.stringValue }
                    + (definition["args"]?.arrayValue ?? []).compactMap(\.stringValue)
                return OutputTable.Row(
                    json: .object(json),
                    cells: [
                        row.candidate.name, row.status == "imported" && dryRun ? "would import" : row.status,
                        shown(row.file.string),
                        shown(row.reason ?? definition["url"]?.stringValue ?? words.joined(separator: " ")),
                    ])
            })
        try await launch.output.render(.rows(table), as: format.value)
        let imported = rows.count { $0.status == "imported" }
        if imported > 0, !dryRun {
            launch.output.note("Took over \(imported) into \(target). Try them: codetether mcp list")
        }
        if imported == 0, rows.contains(where: { $0.status == "invalid" }) {
            throw ExitCode(ExitStatus.badData.rawValue)
        }
    }
}
