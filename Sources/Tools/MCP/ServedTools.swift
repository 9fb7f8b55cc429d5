package import MCP
package import Permissions
import Schema
package import Support

/// Our tools for MCP clients (`mcp serve`, `/mcp`): the same registry, rules and limits as for a model.
///
/// Only tools that need no session of ours are offered. What the rules would ask about is denied, because nobody is there to be
/// asked: the result names the rule.
package struct ServedTools: MCPToolProvider {
    /// What is offered, when there is such a tool and the rules do not deny it altogether.
    package static let names = [
        "read", "write", "edit", "multiedit", "apply_patch", "glob", "grep", "list", "codesearch", "bash", "webfetch",
        "websearch",
    ]

    private let registry: ToolRegistry
    private let environment: ToolEnvironment
    private let permissions: any PermissionGate
    private let agent: String
    private let denied: Set<String>
    private let sessionID: String
    private let files = FileLedger()

    /// - Parameters:
    ///   - agent: whose rules count.
    ///   - denied: permissions that the agent is denied whatever the pattern.
    package init(
        registry: ToolRegistry, environment: ToolEnvironment, permissions: any PermissionGate, agent: String,
        denied: Set<String>
    ) {
        self.registry = registry
        self.environment = environment
        self.permissions = permissions
        self.agent = agent
        self.denied = denied
        sessionID = environment.ids.next(.session)
    }

    private var offered: [ToolDefinition] {
        registry.definitions(
            for: ToolModel(providerID: "", modelID: "", tools: true, context: 0),
            agent: ToolFilter(agent: agent, tools: [:], deniedPermissions: denied)
        ).filter { Self.names.contains($0.name) }
    }

    package func tools() async -> [MCPServedTool] {
        offered.map { tool in
            MCPServedTool(
                name: tool.name, description: tool.description, inputSchema: tool.inputSchema,
                isReadOnly: registry.isReadOnly(tool.name))
        }
    }

    package func call(_ name: String, _ arguments: JSON, progress: @escaping @Sendable (String) -> Void) async
        -> MCPToolResult?
    {
        let names = offered.map(\.name)
        guard names.contains(name) else { return nil }
        let context = environment.context(
            sessionID: sessionID, messageID: environment.ids.next(.message), callID: environment.ids.next(.part),
            agent: agent, permissions: permissions, files: files, model: ModelRef(id: "mcp", providerID: "mcp"),
            onAsk: .deny, progress: { progress($0["message"]?.stringValue ?? $0["output"]?.stringValue ?? "running") })
        do throws(ToolError) {
            return Self.result(try await registry.execute(name, input: arguments, context: context, offered: names))
        } catch {
            return MCPToolResult(["content": [["type": "text", "text": .string(error.message)]], "isError": true])
        }
    }

    static func result(_ output: ToolOutput) -> MCPToolResult {
        var content: [JSON] = [["type": "text", "text": .string(output.text)]]
        for attachment in output.attachments {
            guard case .file(let uri, let mime, let name) = attachment else { continue }
            guard uri.hasPrefix("data:"), let mark = uri.firstRange(of: ";base64,") else { continue }
            let data = JSON.string(String(uri[mark.upperBound...]))
            content.append(
                mime.hasPrefix("image/")
                    ? ["type": "image", "data": data, "mimeType": .string(mime)]
                    : [
                        "type": "resource",
                        "resource": [
                            "uri": .string("file:///\(name ?? "attachment")"), "blob": data, "mimeType": .string(mime),
                        ],
                    ])
        }
        return MCPToolResult(["content": .array(content), "isError": false])
    }
}
