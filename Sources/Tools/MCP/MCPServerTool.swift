import MCP
import Permissions
import Schema
import Support

/// A tool of an MCP server, called by its name for models (`<server>__<tool>`).
///
/// Every call asks unless a rule or an approval says otherwise. "Always" approves the tool as it is described now: another
/// description or schema asks again. What the server says is data for the model, never an instruction to us.
struct MCPServerTool: Tool {
    let offered: MCPOfferedTool
    let servers: MCPServers
    let definition: ToolDefinition

    init(_ offered: MCPOfferedTool, _ servers: MCPServers) {
        self.offered = offered
        self.servers = servers
        definition = ToolDefinition(
            name: offered.name, description: String(offered.tool.description.prefix(1024)),
            inputSchema: offered.tool.inputSchema)
    }

    var name: String { offered.name }
    var isReadOnly: Bool { false }

    func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let version = "v:\(offered.tool.fingerprint.prefix(12))"
        var demand = PermissionDemand.tool(
            name, input: input.json, title: "Call \(offered.tool.name) of \(offered.server) \(input.json.text())")
        demand.patterns = [version]
        demand.always = [version]
        return [demand]
    }

    func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let progress = context.progress
        let result: MCPToolResult
        do throws(MCPError) {
            let client = try await servers.client(offered.server)
            let call = servers.activity.begin(offered.server, caller(context))
            defer { servers.activity.end(offered.server, call) }
            result = try await client.call(offered.tool, input.json) { step in
                var json: JSONObject = ["progress": .double(step.progress)]
                json["total"] = step.total.map { .double($0) }
                json["message"] = step.message.map { .string($0) }
                progress(.object(json))
            }
        } catch {
            switch error.kind {
            case .cancelled: throw ToolError(.cancelled, error.message)
            case .timeout: throw ToolError(.timeout, error.message)
            case .authRequired where error.metadata["stepUp"] != "refused":
                throw ToolError(
                    .failed, "\(error.message) The user can log in: codetether mcp auth \(offered.server)",
                    underlying: error)
            default: throw ToolError(.failed, error.message, underlying: error)
            }
        }
        if result.isError {
            throw ToolError(.failed, result.text.isEmpty ? "The tool failed and gave no reason." : result.text)
        }
        return Self.output(result, title: offered.tool.name)
    }

    private func caller(_ context: ToolContext) -> MCPCaller {
        guard let lender = context.lender else { return MCPCaller(session: context.sessionID) }
        let sampling = MCPSampling(server: offered.server, lender: lender)
        return MCPCaller(session: context.sessionID) { (params) async throws(MCPError) -> JSON in
            try await sampling.answer(params)
        }
    }

    static func output(_ result: MCPToolResult, title: String) -> ToolOutput {
        let attachments = result.content.compactMap { item -> ToolContent? in
            let source = item["type"]?.stringValue == "resource" ? item["resource"] : item
            guard let data = source?["data"]?.stringValue ?? source?["blob"]?.stringValue else { return nil }
            let mime = source?["mimeType"]?.stringValue ?? "application/octet-stream"
            return .file(uri: "data:\(mime);base64,\(data)", mime: mime, name: nil)
        }
        var metadata: JSONObject = [:]
        metadata["structuredContent"] = result.structuredContent
        let text = result.text
        return ToolOutput(
            text: text.isEmpty && attachments.isEmpty ? "(no output)" : text, content: attachments,
            metadata: .object(metadata), title: title)
    }
}
