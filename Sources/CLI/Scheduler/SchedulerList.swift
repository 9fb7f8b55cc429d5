import App
package import ArgumentParser
import Scheduler
import Support

/// `codetether scheduler list`
package struct SchedulerList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the recurring jobs with their last and next runs.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let jobs = try await runtime.scheduler().list()
            try await launch.output.render(.rows(Self.table(jobs)), as: format.value)
        }
    }

    static func table(_ jobs: [JobStatus]) -> OutputTable {
        OutputTable(
            columns: [
                .init("ID"), .init("SCOPE"), .init("EVERY", isNumber: true), .init("LAST RUN"), .init("STATUS"),
                .init("NEXT RUN"), .init("WHAT", isFlexible: true),
            ],
            rows: jobs.map { job in
                OutputTable.Row(
                    json: job.json,
                    cells: [
                        job.id, job.scope.rawValue, every(job.intervalMs), job.lastRun.map(PointInTime.text) ?? "never",
                        job.lastStatus?.rawValue ?? "-", job.nextRun.map(PointInTime.text) ?? "when asked", job.summary,
                    ])
            })
    }

    private static func every(_ ms: Int64) -> String {
        let minutes = ms / 60_000
        if minutes >= 60, minutes % 60 == 0 { return "\(minutes / 60) h" }
        return minutes > 0 ? "\(minutes) min" : "\(ms / 1_000) s"
    }
}
