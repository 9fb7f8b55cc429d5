import MCP
import Permissions
import Support

/// Finds tools of MCP servers by words, when there are too many to offer them all.
struct MCPSearchTool: Tool {
    let tools: [MCPOfferedTool]
    private static let mostFound = 10

    var name: String { "mcp_search" }
    var isReadOnly: Bool { true }
    var definition: ToolDefinition {
        ToolDefinition(
            name: name,
            description:
                "Find tools of the connected MCP servers by words of their name or description. Returns names, descriptions and argument schemas for mcp_call. Servers: \(Set(tools.map(\.server)).sorted().joined(separator: ", ")).",
            inputSchema: [
                "type": "object", "properties": ["query": ["type": "string", "description": "Words to look for."]],
                "required": ["query"],
            ])
    }

    func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] { [] }

    func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let words = (input.json["query"]?.stringValue ?? "").lowercased().split { !$0.isLetter && !$0.isNumber }
        let ranked = tools.map { tool -> (score: Int, tool: MCPOfferedTool) in
            let name = tool.name.lowercased()
            let text = tool.tool.description.lowercased()
            return (words.reduce(0) { $0 + (name.contains($1) ? 3 : 0) + (text.contains($1) ? 1 : 0) }, tool)
        }.filter { $0.score > 0 || words.isEmpty }
            .sorted { ($1.score, $0.tool.name) < ($0.score, $1.tool.name) }
        guard !ranked.isEmpty else {
            return ToolOutput(text: "No tool matches. There are \(tools.count); try other words.", title: "no match")
        }
        let lines = ranked.prefix(Self.mostFound).map { found in
            JSON.object([
                "name": .string(found.tool.name), "description": .string(found.tool.tool.description),
                "arguments": found.tool.tool.inputSchema,
            ]).text()
        }
        return ToolOutput(text: lines.joined(separator: "\n"), title: "\(lines.count) tools")
    }
}

/// Calls a tool that `mcp_search` found; it needs the same permission as the tool itself.
struct MCPCallTool: Tool {
    let tools: [String: MCPServerTool]

    var name: String { "mcp_call" }
    var isReadOnly: Bool { false }
    var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: "Call a tool that mcp_search found.",
            inputSchema: [
                "type": "object",
                "properties": [
                    "tool": ["type": "string", "description": "Its name."],
                    "arguments": ["type": "object", "description": "As its schema says."],
                ], "required": ["tool", "arguments"],
            ])
    }

    func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let (tool, arguments) = try target(input)
        return try tool.demands(arguments, context)
    }

    func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let (tool, arguments) = try target(input)
        return try await tool.run(arguments, context)
    }

    private func target(_ input: ToolInput) throws(ToolError) -> (MCPServerTool, ToolInput) {
        let wanted = input.json["tool"]?.stringValue ?? ""
        guard let tool = tools[wanted] else {
            throw ToolError(
                .notFound,
                "There is no tool '\(HostileText.escaped(String(wanted.prefix(100)), multiline: false))'. Find one with mcp_search."
            )
        }
        do throws(ArgumentValidator.Mismatch) {
            return (
                tool,
                ToolInput(
                    try ArgumentValidator.validate(
                        input.json["arguments"] ?? .object([:]), schema: tool.definition.inputSchema))
            )
        } catch {
            throw ToolError(
                .invalidArguments,
                "\(wanted): \(error.path.isEmpty ? "the arguments" : "'\(error.path)'") \(error.message). Correct it and call the tool again."
            )
        }
    }
}

/// Lists and reads the resources of MCP servers.
struct MCPResourceTool: Tool {
    let servers: MCPServers
    let names: [String]

    var name: String { "mcp_resource" }
    var isReadOnly: Bool { true }
    var definition: ToolDefinition {
        ToolDefinition(
            name: name,
            description:
                "Read a resource of an MCP server by its URI, or list the server's resources when no URI is given. Servers: \(names.joined(separator: ", ")).",
            inputSchema: [
                "type": "object",
                "properties": ["server": ["type": "string"], "uri": ["type": "string"]], "required": ["server"],
            ])
    }

    func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let server = input.json["server"]?.stringValue ?? ""
        let resource = "\(server) \(input.json["uri"]?.stringValue ?? "*")"
        return [
            PermissionDemand(
                permission: "mcp", patterns: [resource], always: PermissionDemand.literal([resource]),
                title: "Read \(input.json["uri"]?.stringValue ?? "the list of resources") of \(server)")
        ]
    }

    func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let server = input.json["server"]?.stringValue ?? ""
        do throws(MCPError) {
            let client = try await servers.client(server)
            guard let uri = input.json["uri"]?.stringValue else {
                let all = try await client.resources()
                return ToolOutput(text: all.map { $0.json.text() }.joined(separator: "\n"), title: server)
            }
            let contents = try await client.read(uri)
            let result = JSON.object([
                "content": .array(contents.map { ["type": "resource", "resource": $0] })
            ])
            return MCPServerTool.output(MCPToolResult(result), title: uri)
        } catch {
            throw ToolError(
                error.kind == .serverNotFound || error.kind == .notFound ? .notFound : .failed, error.message)
        }
    }
}
