import App
package import ArgumentParser
import Configuration
import Permissions
import Support
import SystemPackage

/// `codetether permission test FILE`
package struct PermissionTest: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Check rules against a file of expectations; exits 1 when one does not hold.",
        discussion: """
            FILE is a JSONC list: [{"tool":"bash","input":"git status","agent":"build","expect":"allow"}]. `agent` may be \
            left out. Saved approvals count. Nothing is run.
            """)

    @Argument(help: "The file.")
    var file: String
    @Flag(help: ArgumentHelp("Say on stderr how long a decision takes.", visibility: .hidden))
    var timing = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let path = launch.directory.pushing(FilePath(file))
        let cases = try Self.cases(path, name: file)
        try await launch.withRuntime(global.values) { runtime in
            let probe = try await PermissionProbe(runtime)
            var rows: [OutputTable.Row] = []
            var durations: [UInt64] = []
            for test in cases {
                let agent = try PermissionAgent.name(test.agent, runtime)
                let start = runtime.time.uptimeNs()
                let decision = await probe.decide(test.tool, test.input, agent: agent)
                if timing { durations.append(runtime.time.uptimeNs() - start) }
                guard decision.action != test.expect else { continue }
                var json = decision.json.objectValue ?? JSONObject()
                json["tool"] = .string(test.tool)
                json["input"] = .string(test.input)
                json["agent"] = .string(agent)
                json["expect"] = .string(test.expect.rawValue)
                json["line"] = .int(Int64(test.line))
                let line =
                    "\(file):\(test.line): \(test.tool) \(test.input): expected \(test.expect.rawValue), "
                    + "is \(decision.action.rawValue) by \(decision.ruleText) (\(decision.source))"
                rows.append(OutputTable.Row(json: .object(json), cells: [line]))
            }
            try await launch.output.render(.rows(OutputTable(columns: [], rows: rows)), as: format.value)
            launch.output.note(
                rows.isEmpty ? "\(cases.count) expectations hold." : "\(rows.count) of \(cases.count) do not hold.")
            if timing, !durations.isEmpty {
                durations.sort()
                let (middle, high) = (durations[durations.count / 2], durations[durations.count * 99 / 100])
                launch.output.note("decision: p50 \(middle / 1_000) us, p99 \(high / 1_000) us")
            }
            if !rows.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
        }
    }

    private struct Case {
        var tool: String
        var input: String
        var agent: String?
        var expect: PermissionAction
        var line: Int
    }

    /// - Throws: 66 for a missing file, 65 for one that is not what it should be.
    private static func cases(_ path: FilePath, name: String) throws -> [Case] {
        guard let bytes = try ConfigFileReader.read(path, limit: JSONCDocument.maxBytes) else {
            throw CLIError(.notFound, "There is no file \(HostileText.escaped(name, multiline: false)).")
        }
        let document: JSONCDocument
        do {
            document = try JSONCDocument(bytes)
        } catch {
            let place = error.position.map { ":\($0.line):\($0.column)" } ?? ""
            throw CLIError(.badData, "\(name)\(place): \(error.detail)")
        }
        guard let list = document.json.arrayValue else {
            throw CLIError(.badData, "\(name): a list of {tool, input, expect} is expected.")
        }
        return try list.enumerated().map { index, json in
            let line = document.position(of: ConfigKey([String(index)])).line
            let known: Set = ["tool", "input", "agent", "expect"]
            guard let tool = json["tool"]?.stringValue, let input = json["input"], let expect = json["expect"],
                let object = json.objectValue, object.allSatisfy({ known.contains($0.key) })
            else { throw CLIError(.badData, "\(name):\(line): an entry has tool, input, expect and perhaps agent.") }
            guard let action = expect.stringValue.flatMap(PermissionAction.init(rawValue:)) else {
                throw CLIError(.badData, "\(name):\(line): expect must be allow, ask or deny, not \(expect.text()).")
            }
            return Case(
                tool: tool, input: input.stringValue ?? input.text(), agent: json["agent"]?.stringValue,
                expect: action, line: line)
        }
    }
}
