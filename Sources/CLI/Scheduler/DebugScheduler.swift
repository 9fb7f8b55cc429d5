import App
package import ArgumentParser
import Scheduler
import Support

/// `codetether debug scheduler`: the jobs with what is remembered of their runs. Read-only.
package struct DebugScheduler: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "scheduler", abstract: "Print the recurring jobs and their runs as JSON.")

    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let jobs = try await runtime.jobStatuses()
            try await launch.output.render(.rows(SchedulerList.table(jobs)), as: .json)
        }
    }
}
