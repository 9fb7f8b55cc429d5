import App
package import ArgumentParser
import MCP
import Support

/// `codetether mcp tools NAME`
package struct MCPTools: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "tools", abstract: "List the tools of a server.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let (tools, dropped) = try await launch.withMCPClient(name, global.values) { client, _ in
            try await client.tools()
        }
        for tool in dropped { launch.output.note("'\(tool)' has a description that cannot be used; it is left out.") }
        let names = MCPToolNames.names(tools.map { (name, $0.name) })
        try await launch.output.render(
            .rows(
                OutputTable(
                    columns: [.init("TOOL"), .init("NAME FOR MODELS"), .init("DESCRIPTION", isFlexible: true)],
                    rows: zip(tools, names).map { tool, offered in
                        var json = tool.json.objectValue ?? [:]
                        json["offeredAs"] = .string(offered)
                        return OutputTable.Row(
                            json: .object(json),
                            cells: [
                                HostileText.escaped(tool.name, multiline: false), offered,
                                HostileText.escaped(String(tool.description.prefix { $0 != "\n" }), multiline: false),
                            ])
                    })), as: format.value)
    }
}

/// `codetether mcp prompts NAME`
package struct MCPPrompts: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "prompts", abstract: "List the prompts of a server.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let prompts = try await launch.withMCPClient(name, global.values) { client, _ in try await client.prompts() }
        try await launch.output.render(
            .rows(
                OutputTable(
                    columns: [.init("PROMPT"), .init("ARGUMENTS"), .init("DESCRIPTION", isFlexible: true)],
                    rows: prompts.map { prompt in
                        OutputTable.Row(
                            json: prompt.json,
                            cells: [
                                HostileText.escaped(prompt.name, multiline: false),
                                HostileText.escaped(
                                    prompt.arguments.map { $0.isRequired ? $0.name : "[\($0.name)]" }.joined(
                                        separator: " "),
                                    multiline: false),
                                HostileText.escaped(prompt.description ?? "", multiline: false),
                            ])
                    })), as: format.value)
    }
}

/// `codetether mcp resources NAME`
package struct MCPResources: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "resources", abstract: "List the resources and resource templates of a server.")

    @Argument(help: "The server.")
    var name: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let resources = try await launch.withMCPClient(name, global.values) { client, _ in try await client.resources()
        }
        try await launch.output.render(
            .rows(
                OutputTable(
                    columns: [.init("URI"), .init("TYPE"), .init("NAME", isFlexible: true)],
                    rows: resources.map { resource in
                        OutputTable.Row(
                            json: resource.json,
                            cells: [
                                HostileText.escaped(resource.uri, multiline: false),
                                HostileText.escaped(
                                    resource.isTemplate ? "template" : resource.mimeType ?? "-", multiline: false),
                                HostileText.escaped(resource.title ?? resource.name, multiline: false),
                            ])
                    })), as: format.value)
    }
}

/// `codetether mcp call NAME TOOL --arguments JSON`
package struct MCPCall: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Call a tool of a server. You are the one who approves it: nothing is asked.")

    @Argument(help: "The server.")
    var name: String
    @Argument(help: "The tool, as the server names it.")
    var tool: String
    @Option(help: ArgumentHelp("The arguments, a JSON object.", valueName: "json"))
    var arguments = "{}"
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let parsed: JSON
        do throws(JSONParseError) { parsed = try JSON(parsing: arguments) } catch {
            throw CLIError(.badData, "--arguments is no JSON: \(error.message)")
        }
        guard parsed.objectValue != nil else {
            throw CLIError(.badData, "--arguments is \(parsed.kindName); an object is wanted.")
        }
        let wanted = tool
        let result = try await launch.withMCPClient(name, global.values) { client, _ in
            let tools = try await client.tools().tools
            let server = client.name
            guard
                let found = tools.first(where: { $0.name == wanted })
                    ?? tools.first(where: { MCPToolNames.name(server: server, tool: $0.name) == wanted })
            else {
                throw MCPError(
                    .notFound,
                    "'\(server)' has no tool '\(HostileText.escaped(String(wanted.prefix(200)), multiline: false))'. codetether mcp tools \(server) lists those it has."
                )
            }
            return try await client.call(found, parsed) { progress in
                let total = progress.total.map { " of \($0)" } ?? ""
                launch.output.note(
                    "\(progress.progress)\(total) \(HostileText.escaped(progress.message ?? "", multiline: false))")
            }
        }
        let text = HostileText.escaped(result.text, multiline: true)
        if result.isError {
            throw MCPError(.tool, "The tool '\(HostileText.escaped(tool, multiline: false))' failed: \(text)")
        }
        for item in result.content {
            guard let type = item["type"]?.stringValue, type == "image" || type == "audio" else { continue }
            launch.output.note(
                "[\(type) \(HostileText.escaped(item["mimeType"]?.stringValue ?? "", multiline: false)); --json has its data]"
            )
        }
        try await launch.output.render(.value(result.json, text: text), as: format.value)
    }
}

/// `codetether mcp prompt NAME PROMPT k=v…`
package struct MCPPromptCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "prompt", abstract: "Print a prompt of a server, filled in.")

    @Argument(help: "The server.")
    var name: String
    @Argument(help: "The prompt.")
    var prompt: String
    @Argument(help: ArgumentHelp("Arguments by name.", valueName: "k=v"))
    var values: [String] = []
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        var arguments: [String: String] = [:]
        for text in values {
            guard let mark = text.firstIndex(of: "="), mark != text.startIndex else {
                throw CLIError(.usage, "'\(text)' has no name; NAME=VALUE is wanted.")
            }
            arguments[String(text[..<mark])] = String(text[text.index(after: mark)...])
        }
        let (wanted, given) = (prompt, arguments)
        let result = try await launch.withMCPClient(name, global.values) { client, _ in
            try await client.prompt(wanted, given)
        }
        let text = (result["messages"]?.arrayValue ?? []).map { message in
            let content =
                message["content"]?["text"]?.stringValue ?? "[\(message["content"]?["type"]?.stringValue ?? "?")]"
            return HostileText.escaped(content, multiline: true)
        }.joined(separator: "\n\n")
        try await launch.output.render(.value(result, text: text), as: format.value)
    }
}

/// `codetether mcp read NAME URI`
package struct MCPRead: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Print a resource of a server.")

    @Argument(help: "The server.")
    var name: String
    @Argument(help: "The resource.")
    var uri: String
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let wanted = uri
        let contents = try await launch.withMCPClient(name, global.values) { client, _ in try await client.read(wanted)
        }
        let text = contents.map { item in
            item["text"]?.stringValue.map { HostileText.escaped($0, multiline: true) }
                ?? "[\(HostileText.escaped(item["mimeType"]?.stringValue ?? "binary", multiline: false)), \(item["blob"]?.stringValue?.utf8.count ?? 0) bytes of base64; --json has them]"
        }.joined(separator: "\n")
        try await launch.output.render(.value(["contents": .array(contents)], text: text), as: format.value)
    }
}
