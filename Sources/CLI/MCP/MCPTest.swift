import App
package import ArgumentParser
import MCP
import Support
import Synchronization

/// `codetether mcp test NAME`
package struct MCPTest: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Connect to a server and say what it is; the exit code says what is wrong.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let (facts, transport, count) = try await launch.withMCPClient(name, global.values) { client, _ in
            (client.facts, client.transportName, try await client.tools().tools.count)
        }
        guard let facts else { return }
        let server = HostileText.escaped("\(facts.name) \(facts.version)", multiline: false)
        try await launch.output.render(
            .value(
                [
                    "name": .string(name), "status": "connected", "transport": .string(transport ?? ""),
                    "protocol": .string(facts.era.version), "server": .string(server), "tools": .int(Int64(count)),
                    "capabilities": facts.capabilities,
                ],
                text: "'\(name)' works: \(server), MCP \(facts.era.version) over \(transport ?? "?"), \(count) tools."),
            as: format.value)
    }
}

/// `codetether mcp debug NAME`
package struct MCPDebug: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "Connect step by step and print what happens, without secrets.")

    @Argument(help: "The server.")
    var name: String
    @Flag(help: "Say when each thing happened; without it two transcripts can be compared.")
    var timings = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let (steps, wire, failure) = try await launch.withRuntime(global.values) { runtime in
            try await transcript(launch, runtime)
        }
        let lines = wire.lines(timed: timings).map { $0.count > Self.maxLine ? "\($0.prefix(Self.maxLine))…" : $0 }
        let text = (steps.map { "\($0.step): \($0.text)" } + lines).joined(separator: "\n")
        try await launch.output.render(
            .value(
                [
                    "name": .string(name),
                    "steps": .array(steps.map { ["step": .string($0.step), "result": .string($0.text)] }),
                    "wire": wire.json(timed: timings),
                    "error": failure.map { ["name": .string($0.code), "message": .string($0.message)] } ?? .null,
                ], text: text), as: format.value)
        if let failure { throw ExitCode(ExitStatus(failure).rawValue) }
    }

    /// The longest line of text, in characters; JSON has the whole.
    private static let maxLine = 4_000

    private func transcript(_ launch: Launch, _ runtime: Runtime) async throws -> (
        [(step: String, text: String)], MCPTranscript, MCPError?
    ) {
        var steps: [(step: String, text: String)] = []
        let entry = try MCPLookup.usable(name, runtime)
        let definition = MCPRedaction.definition(try runtime.mcpRegistry.definition(entry))
        steps.append(("definition", "\(entry.file) \(HostileText.escaped(definition.text(), multiline: false))"))
        if let url = entry.url {
            let login = runtime.mcpLogins.login(url)
            steps.append(
                (
                    "login",
                    login.map {
                        "stored, issuer \(HostileText.escaped($0.issuer, multiline: false)), \($0.tokens?.refreshToken == nil ? "no refresh token" : "refresh token")"
                    } ?? "none stored"
                ))
        }
        let connector = runtime.mcpConnector(host: RefusingHost())
        let wire = MCPTranscript(hiding: connector.secrets(of: entry), time: runtime.time)
        let client = try connector.client(entry, onWire: { wire.note($0) })
        do throws(MCPError) {
            let facts = try await client.connect()
            steps.append(("transport", client.transportName ?? "?"))
            steps.append(
                (
                    "handshake",
                    "MCP \(facts.era.version), \(HostileText.escaped("\(facts.name) \(facts.version)", multiline: false))"
                ))
            steps.append(("capabilities", HostileText.escaped(facts.capabilities.text(), multiline: false)))
            let (tools, dropped) = try await client.tools()
            steps.append(("tools", "\(tools.count) usable, \(dropped.count) not"))
            steps.append(("prompts", "\(try await client.prompts().count)"))
            steps.append(("resources", "\(try await client.resources().count)"))
            addStderr(client, &steps)
            await client.close()
            steps.append(("close", "ended"))
            return (steps, wire, nil)
        } catch {
            addStderr(client, &steps)
            await client.close()
            let named = (MCPLookup.named(error, entry) as? MCPError) ?? error
            steps.append(("failed", "\(named.code): \(named.message)"))
            for (key, value) in named.metadata.sorted(by: { $0.key < $1.key }) where key != "stderr" {
                steps.append((key, HostileText.escaped(value, multiline: false)))
            }
            return (steps, wire, named)
        }
    }

    private func addStderr(_ client: MCPClient, _ steps: inout [(step: String, text: String)]) {
        let stderr = HostileText.escaped(client.stderrTail, multiline: true)
        if !stderr.isEmpty { steps.append(("stderr", stderr)) }
    }
}
