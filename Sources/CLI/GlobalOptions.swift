import ArgumentParser

/// The global options, wherever they stood.
package struct GlobalValues: Sendable, Equatable {
    package var cwd: String?
    package var config: String?
    package var logLevel: String?
    package var printLogs = false
    package var noColor = false

    package static let logLevels = ["trace", "debug", "info", "warning", "error"]

    package init() {}

    /// Takes the global options before the command from the front of a command line and returns the rest. Throws 64 for a
    /// missing value and an unknown level.
    package mutating func takeLeading(_ arguments: [String]) throws -> [String] {
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("--") {
            let parts = first.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts.first ?? first
            switch name {
            case "--print-logs" where parts.count == 1: printLogs = true
            case "--no-color" where parts.count == 1: noColor = true
            case "--cwd", "--config", "--log-level":
                if parts.count == 1 { rest = rest.dropFirst() }
                guard let value = parts.count == 2 ? parts[1] : rest.first, !value.isEmpty else {
                    throw CLIError(.usage, "\(name) needs a value.")
                }
                try set(name, value)
            default: return Array(rest)
            }
            rest = rest.dropFirst()
        }
        return Array(rest)
    }

    private mutating func set(_ name: String, _ value: String) throws {
        switch name {
        case "--cwd": cwd = value
        case "--config": config = value
        default:
            guard Self.logLevels.contains(value) else {
                let known = Self.logLevels.joined(separator: ", ")
                throw CLIError(.usage, "--log-level \(value) is unknown; use one of \(known).")
            }
            logLevel = value
        }
    }
}

/// The global options as every command takes them after its name; those before the command are in `Launch`.
package struct GlobalOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("Work in this directory.", valueName: "dir"))
    var cwd: String?
    @Option(help: ArgumentHelp("Read this configuration file too.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("trace, debug, info, warning or error.", valueName: "level"))
    var logLevel: LogLevel?
    @Flag(help: "Write log lines to stderr too.")
    var printLogs = false
    @Flag(help: "No colour.")
    var noColor = false

    package init() {}

    /// Both places together; an option after the command wins.
    package var values: GlobalValues {
        var values = Launch.current.leading
        values.cwd = cwd ?? values.cwd
        values.config = config ?? values.config
        values.logLevel = logLevel?.rawValue ?? values.logLevel
        values.printLogs = printLogs || values.printLogs
        values.noColor = noColor || values.noColor
        return values
    }
}

/// A level of `--log-level`.
package enum LogLevel: String, ExpressibleByArgument, CaseIterable, Sendable {
    case trace, debug, info, warning, error
}
