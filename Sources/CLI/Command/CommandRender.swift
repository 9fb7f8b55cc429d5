import App
package import ArgumentParser
import Schema
import Support
import Templates

/// `codetether command render NAME ARGS…`
package struct CommandRender: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Print the message that a command makes; no model is asked.")

    @Argument(help: "The command.")
    var name: String
    @Argument(help: "Its arguments, by position or as NAME=VALUE; each word is one.")
    var words: [String] = []
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let message = try await runtime.commands().message(name, .words(words))
            let files = try message.files.map { try JSON(encoding: $0) }
            var lines = [HostileText.escaped(message.text, multiline: true)]
            lines += message.files.map { file in
                HostileText.escaped("[attached: \(file.name ?? "file") (\(file.mime))]", multiline: false)
            }
            try await launch.output.render(
                .value(
                    ["text": .string(message.text), "files": .array(files)],
                    text: lines.filter { !$0.isEmpty }.joined(separator: "\n\n")), as: format.value)
        }
    }
}

/// `codetether command run NAME ARGS…`: `run --command NAME ARGS…`.
package struct CommandRun: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command: the same as run --command NAME, with the options of run.")

    @Argument(help: "The command.")
    var name: String
    @OptionGroup var options: RunCommand

    package init() {}

    package func validate() throws {
        if options.command != nil { throw ValidationError("The command is \(name); leave --command out.") }
    }

    package func run() async throws {
        var run = options
        run.command = name
        try await run.run()
    }
}
