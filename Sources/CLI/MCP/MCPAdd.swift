import App
package import ArgumentParser
import MCP
import Support
import SystemPackage

extension MCPServerEntry.Scope: ExpressibleByArgument {}

/// How a server is reached, as `add` and `update` take it.
struct MCPEntryOptions: ParsableArguments, Sendable {
    @Option(name: .customLong("env"), help: ArgumentHelp("A variable for the program.", valueName: "K=V"))
    var variables: [String] = []
    @Option(help: "How long to wait for the server, in milliseconds.")
    var timeout: Int?
    @Option(help: ArgumentHelp("The address of a server.", valueName: "url"))
    var url: String?
    @Option(help: "http or sse.")
    var transport: String?
    @Option(help: ArgumentHelp("A header for every request.", valueName: "K: V"))
    var header: [String] = []
    @Option(help: "The id of a registered OAuth client.")
    var clientID: String?
    @Option(help: "The https address of our client id metadata document, for servers that read such documents.")
    var clientMetadataURL: String?
    @Flag(help: "Read the OAuth client's secret from stdin.")
    var clientSecretStdin = false
    @Option(help: "The scopes to ask for.")
    var oauthScope: String?
    @Flag(help: "Never log in at this server.")
    var noOauth = false
    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
    var command: [String] = []

    /// Applies what was given to an entry.
    func apply(to object: inout JSONObject, cwd: String?) throws {
        if url != nil, !command.isEmpty {
            throw CLIError(.usage, "Give either --url or a program after --, not both.")
        }
        if let program = command.first {
            for key in ["type", "url", "headers", "oauth"] { _ = object.removeValue(forKey: key) }
            object["command"] = .string(program)
            object["args"] = .array(command.dropFirst().map { .string($0) })
        }
        if let url {
            for key in ["command", "args", "env", "environment", "cwd"] { _ = object.removeValue(forKey: key) }
            object["type"] = .string("http")
            object["url"] = .string(url)
        }
        if let transport {
            guard ["http", "sse"].contains(transport) else {
                throw CLIError(.usage, "--transport is '\(transport)'; http or sse is wanted.")
            }
            guard object["url"] != nil else { throw CLIError(.usage, "--transport is for servers with --url.") }
            object["type"] = .string(transport)
        }
        if let cwd { object["cwd"] = .string(cwd) }
        if !variables.isEmpty {
            guard object["command"] != nil else { throw CLIError(.usage, "--env is for programs; give one after --.") }
            var all = (object["env"] ?? object["environment"])?.objectValue ?? [:]
            for text in variables {
                guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                    throw CLIError(.usage, "--env '\(text)' has no name; NAME=VALUE is wanted.")
                }
                all[String(text[..<mark])] = .string(String(text[text.index(after: mark)...]))
            }
            _ = object.removeValue(forKey: "environment")
            object["env"] = .object(all)
        }
        if !header.isEmpty {
            guard object["url"] != nil else { throw CLIError(.usage, "--header is for servers with --url.") }
            var all = object["headers"]?.objectValue ?? [:]
            for text in header {
                guard let mark = text.firstIndex(of: ":"), mark != text.startIndex else {
                    throw CLIError(.usage, "--header '\(text)' has no name; 'Name: value' is wanted.")
                }
                let value = text[text.index(after: mark)...].drop { $0 == " " }
                all[String(text[..<mark])] = .string(String(value))
            }
            object["headers"] = .object(all)
        }
        if let timeout { object["timeout"] = .int(Int64(timeout)) }
        try applyLogin(to: &object)
    }

    private func applyLogin(to object: inout JSONObject) throws {
        guard clientID != nil || clientMetadataURL != nil || clientSecretStdin || oauthScope != nil || noOauth else {
            return
        }
        guard object["url"] != nil else { throw CLIError(.usage, "OAuth options are for servers with --url.") }
        if noOauth {
            object["oauth"] = false
            return
        }
        var oauth = object["oauth"]?.objectValue ?? [:]
        if let clientID { oauth["client_id"] = .string(clientID) }
        if let clientMetadataURL { oauth["client_metadata_url"] = .string(clientMetadataURL) }
        if let oauthScope { oauth["scope"] = .string(oauthScope) }
        if clientSecretStdin {
            guard let line = Terminal.readLine(), !line.isEmpty else {
                throw CLIError(.usage, "--client-secret-stdin: no secret came on stdin.")
            }
            oauth["client_secret"] = .string(line)
        }
        object["oauth"] = .object(oauth)
    }
}

/// `codetether mcp add NAME …`
package struct MCPAdd: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a server: a program after --, or an address with --url.")

    @Argument(help: "A name of A-Z a-z 0-9 _ -, at most 32.")
    var name: String
    @Option(help: "user (your mcp.json) or project (.mcp.json of the workspace).")
    var scope: MCPServerEntry.Scope = .user
    @OptionGroup var entry: MCPEntryOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        guard scope != .config else { throw CLIError(.usage, "--scope is user or project.") }
        guard entry.url != nil || !entry.command.isEmpty else {
            throw CLIError(
                .usage,
                "Give a program after --, as in: codetether mcp add \(name) -- npx -y server; or an address with --url."
            )
        }
        // After the command --cwd is the server's; the workspace's stands before it.
        var globals = global.values
        globals.cwd = launch.leading.cwd
        try await launch.withRuntime(globals) { runtime in
            var object: JSONObject = [:]
            try entry.apply(to: &object, cwd: global.cwd)
            let registry = runtime.mcpRegistry
            try registry.add(name, .object(object), to: scope)
            let file = scope == .project ? registry.projectFile : registry.userFile
            let row: JSON = ["name": .string(name), "scope": .string(scope.rawValue), "file": .string(file.string)]
            try await launch.output.render(
                .value(row, text: "Added '\(name)' to \(file). Try it: codetether mcp test \(name)"), as: format.value)
        }
    }
}

/// `codetether mcp update NAME …`
package struct MCPUpdate: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a server; takes the options of add.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var entry: MCPEntryOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        // After the command --cwd is the server's; the workspace's stands before it.
        var globals = global.values
        globals.cwd = launch.leading.cwd
        try await launch.withRuntime(globals) { runtime in
            let registry = runtime.mcpRegistry
            let old = try MCPLookup.entry(name, runtime)
            var object = try registry.definition(old).objectValue ?? [:]
            try entry.apply(to: &object, cwd: global.cwd)
            try registry.update(old, .object(object))
            try await launch.output.render(
                .value(["name": .string(name), "scope": .string(old.scope.rawValue)], text: "Changed '\(name)'."),
                as: format.value)
        }
    }
}
