package import ArgumentParser

/// `codetether completions bash|zsh|fish`
package struct CompletionsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.")

    /// A shell there is a script for.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        let script = RootCommand.completionScript(for: kind)
        try await Launch.current.output.write(script.hasSuffix("\n") ? script : script + "\n")
    }
}
