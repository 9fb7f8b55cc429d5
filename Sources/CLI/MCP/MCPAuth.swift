import App
package import ArgumentParser
import MCP
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// `codetether mcp auth [NAME]`, `mcp auth list`
package struct MCPAuth: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "Log in at a server by browser; `mcp auth list` shows the logins.")

    @Argument(help: "The server, or list.")
    var name: String?
    @Flag(help: "Only print the address; the answer comes to a port of this machine, or is pasted.")
    var noBrowser = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            if name == "list" { return try await list(launch, runtime) }
            let entry = try pick(runtime)
            let flow = try OAuthFlow(
                entry: entry, store: runtime.mcpLogins, transport: runtime.transport, time: runtime.time)
            let started = try await flow.start()
            launch.output.note("Log in at '\(entry.name)' with your browser:")
            launch.output.note(started.authorizationURL)
            if !noBrowser, await !Browser.open(started.authorizationURL, launch.environment) {
                launch.output.note("No browser could be opened; open the address yourself.")
            }
            let isTTY = Terminal.isTTY(.standardInput)
            if isTTY { launch.output.note("Or paste here the address that the browser ended at:") }
            let reader = Task {
                let lines = StandardInputLines()
                while !Task.isCancelled, let line = await lines.next() {
                    if flow.paste(line, to: started) { return }
                }
            }
            defer { reader.cancel() }
            try await flow.finish(started)
            try await launch.output.render(
                .value(["name": .string(entry.name), "status": "connected"], text: "Logged in at '\(entry.name)'."),
                as: format.value)
        }
    }

    private func pick(_ runtime: Runtime) throws -> MCPServerEntry {
        if let name { return try MCPLookup.usable(name, runtime) }
        let remote = try runtime.mcpRegistry.load().entries.filter { $0.url != nil && $0.isApproved && !$0.isDisabled }
        guard remote.count == 1, let only = remote.first else {
            throw CLIError(
                .usage,
                remote.isEmpty
                    ? "There is no server with an address to log in at."
                    : "Which one? codetether mcp auth NAME, of: \(remote.map(\.name).joined(separator: ", ")).")
        }
        return only
    }

    private func list(_ launch: Launch, _ runtime: Runtime) async throws {
        let entries = try runtime.mcpRegistry.load().entries.filter { $0.url != nil }
        let store = runtime.mcpLogins
        let now = runtime.time.nowMs()
        let rows = entries.map { entry -> OutputTable.Row in
            let login = entry.url.flatMap { store.login($0) }
            let isOver = login?.tokens?.expiresAtMs.map { $0 <= now } ?? false
            let status =
                login?.tokens == nil
                ? "needs_auth"
                : (login?.isRefused == true || isOver && login?.tokens?.refreshToken == nil)
                    ? "expired" : "authenticated"
            var json: JSONObject = [
                "name": .string(entry.name), "url": .string(MCPRedaction.url(entry.url ?? "")),
                "status": .string(status),
            ]
            json["issuer"] = login.map { .string($0.issuer) }
            json["expiresAt"] = login?.tokens?.expiresAtMs.map { .int($0) }
            json["scope"] = login?.tokens?.scope.map { .string($0) }
            if status != "authenticated" { json["hint"] = .string("codetether mcp auth \(entry.name)") }
            return OutputTable.Row(
                json: .object(json),
                cells: [
                    entry.name, status, HostileText.escaped(login?.issuer ?? "-", multiline: false),
                    status == "authenticated" ? "" : "codetether mcp auth \(entry.name)",
                ])
        }
        try await launch.output.render(
            .rows(
                OutputTable(
                    columns: [.init("NAME"), .init("STATUS"), .init("ISSUER", isFlexible: true), .init("NEXT")],
                    rows: rows)),
            as: format.value)
    }
}

/// `codetether mcp logout NAME`
package struct MCPLogout: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Remove the login at a server, and revoke it there where possible.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let entry = try MCPLookup.entry(name, runtime)
            let flow = try OAuthFlow(
                entry: entry, store: runtime.mcpLogins, transport: runtime.transport, time: runtime.time)
            guard try await flow.logout() else {
                throw CLIError(.notFound, "There is no login at '\(name)'. codetether mcp auth list shows the logins.")
            }
            try await launch.output.render(
                .value(["name": .string(name), "status": "needs_auth"], text: "Logged out of '\(name)'."),
                as: format.value)
        }
    }
}

/// Lines of stdin without holding up the end of the program: what waits is a thread that the end of the process takes along.
private struct StandardInputLines {
    func next() async -> String? {
        while !Task.isCancelled {
            var polled = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            let ready = poll(&polled, 1, 0)
            if ready > 0 { return (try? await BlockingWork.run { Terminal.readLine() }) ?? nil }
            if ready < 0 { return nil }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }
}
