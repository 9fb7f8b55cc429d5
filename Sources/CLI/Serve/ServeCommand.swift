import App
package import ArgumentParser
import Server
import Support
import SystemPackage

/// `codetether serve`
package struct ServeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the HTTP API, until a signal ends it.",
        discussion: """
            Clients authenticate with the token in the printed file (Authorization: Bearer), or as user codetether \
            with CODETETHER_PASSWORD. SIGTERM ends it with 143, SIGINT with 130, the end of stdin with --stdio with 0: \
            no new work is taken, what runs is interrupted and stored, and clients get server.stopping.
            """)

    @OptionGroup var options: ServeOptions
    @Flag(help: "Print one JSON line with the URL, and stop when stdin is closed.")
    var stdio = false
    @Flag(help: "Print one JSON line: url, urls, pid, tokenFile.")
    var json = false
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let running = try await RunningServer.start(options, global.values)
        if stdio || json {
            try await launch.output.write(JSON.object(running.document).text() + "\n")
        } else {
            try await launch.output.write(running.urls.map { $0 + "\n" }.joined())
            launch.output.note(
                running.isOpen
                    ? "No credential is needed; only this machine can connect."
                    : "The token is in \(running.files.tokenFile).")
        }
        let status = await running.run(stdio: stdio)
        if status != .done { throw ExitCode(status.rawValue) }
    }
}
