import App
package import ArgumentParser
import Scheduler
import Support

/// `codetether scheduler run ID`
package struct SchedulerRun: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run one job now. A job that runs elsewhere is skipped.")

    @Argument(help: "The job's id, as `codetether scheduler list` shows it.")
    var id: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let outcome = try await runtime.scheduler().run(id)
            try await launch.output.render(try document(outcome), as: format.value)
        }
    }

    private func document(_ outcome: JobOutcome) throws -> OutputDocument {
        var json: JSONObject = ["id": .string(id)]
        switch outcome {
        case .finished(let facts, let durationMs):
            json["status"] = "finished"
            json["durationMs"] = .int(durationMs)
            for (key, value) in facts { json[key] = value }
            let words = facts.map { "\($0.key) \($0.value.text())" }.joined(separator: ", ")
            return .value(.object(json), text: "\(id) finished in \(durationMs) ms\(words.isEmpty ? "" : ": ")\(words)")
        case .skipped(let holder):
            json["status"] = "skipped"
            json["holder"] = .string(holder)
            return .value(.object(json), text: "\(id) was skipped: \(holder) runs it.")
        case .failed(let error, _): throw error
        case .stopped: throw CancellationError()
        }
    }
}
