import App
package import ArgumentParser
import Glibc
import Server
import Support
import SystemPackage

/// `codetether web`
package struct WebCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "web", abstract: "Serve the web page, and open it in a browser.",
        discussion: """
            Prints a login link for this machine and one for every other address that it listens on. A link works once, \
            within ten minutes; in a terminal, Enter prints new ones. The browser is $BROWSER, else the desktop's; without \
            a display nothing is opened. Everything else is as with `codetether serve`.
            """)

    @OptionGroup var options: ServeOptions
    @Flag(inversion: .prefixedNo, help: "Open the page in a browser, if there is one.")
    var open = true
    @Flag(help: "Print one JSON line: url, urls, pid, tokenFile, loginUrls.")
    var json = false
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let running = try await RunningServer.start(options, global.values)
        do {
            try await announce(running, launch)
        } catch {
            _ = await running.stop(.done)
            throw error
        }
        let status = await running.run(stdio: false)
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func announce(_ running: RunningServer, _ launch: Launch) async throws {
        let links = LoginLinks.make(running)
        if json {
            var line = running.document
            line["loginUrls"] = .array(links.urls.map { .string($0) })
            try await launch.output.write(JSON.object(line).text() + "\n")
        } else {
            try await launch.output.write(links.urls.map { $0 + "\n" }.joined())
        }
        let isTerminal = isatty(0) == 1 && isatty(2) == 1
        if running.isOpen {
            launch.output.note("No credential is needed; only this machine can connect.")
        } else {
            launch.output.note(
                "Each link works once, within ten minutes."
                    + (isTerminal
                        ? " Press Enter for new ones, Ctrl-C to stop."
                        : " POST /api/login with the token in \(running.files.tokenFile) makes new ones."))
        }
        if !Exposure.isLoopback(running.host) {
            launch.output.note(
                "Other machines can reach this server; what they send and get is "
                    + (options.tlsCert == nil ? "not encrypted without --tls-cert and --tls-key." : "encrypted."))
        }
        // A link of its own: the printed ones stay good.
        if open, let url = LoginLinks.make(running).urls.first {
            if await Browser.open(url, launch.environment) {
                launch.output.note("Opening the browser.")
            } else {
                launch.output.note("There is no browser to open here; open a link by hand.")
            }
        }
        if isTerminal, !json { EnterKey.listen { printLinks(running, launch) } }
    }

    private func printLinks(_ running: RunningServer, _ launch: Launch) {
        _ = Output.writeNow(LoginLinks.make(running).urls.map { $0 + "\n" }.joined())
    }
}
