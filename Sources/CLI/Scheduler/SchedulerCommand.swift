package import ArgumentParser

/// `codetether scheduler …`
package struct SchedulerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "scheduler", abstract: "Look after recurring jobs, which a running server starts by itself.",
        subcommands: [SchedulerList.self, SchedulerRun.self])

    package init() {}
}
