import Agents
import MCP
import Permissions
import Schema
import Support
import Templates

/// Running a command in a session.
enum CommandRoutes {
    static let all: [Route] = [
        Route(
            openCode: "Session.command", .prompt,
            body: .json(
                Shape.object(
                    [
                        "name": Shape.name, "text": Shape.string, "files": Prompts.files,
                        "agents": Prompts.agents, "skills": Prompts.skills, "delivery": Prompts.delivery,
                    ], required: ["name", "text"])),
            also: [(409, "McpAuthRequiredError")]
        ) { context in
            let (location, session) = try await context.sessionLocation()
            let name = context.text("name") ?? ""
            let files = try await Prompts.files(context, in: session)
            let message: CommandMessage
            do {
                message = try await context.request.whileConnected {
                    try await location.commands.message(name, .text(context.text("text") ?? ""))
                }
            } catch {
                throw failure(error, name)
            }
            let all = message.files + (files ?? [])
            var payload = InboxUserPayload(
                text: message.text, files: all.isEmpty ? nil : all, agents: try context.decode("agents"), skills: nil,
                metadata: ["command": ["name": .string(name), "text": .string(context.text("text") ?? "")]])
            payload.skills = try await PromptRoutes.skills(context, session)
            _ = try await Prompts.admit(
                Admission(sessionID: session.id, item: .user(payload, delivery: Prompts.delivery(context))), context)
            return .noContent
        }
    ]

    /// 2.1 knows two failures of commands; a login or an approval that is missing stays what it is.
    private static func failure(_ error: any Error, _ name: String) -> any Error {
        let shown = HostileText.escaped(String(name.prefix(256)), multiline: false)
        func execution(_ message: String) -> HTTPFailure {
            HTTPFailure(500, .commandExecution(command: shown, message: message))
        }
        switch error {
        case let error as CommandError:
            switch error.kind {
            case .notFound: return HTTPFailure(404, .commandNotFound(command: shown, message: error.message))
            case .usage: return HTTPFailure.invalid(error.message, field: "text")
            case .failed: return execution(error.message)
            }
        case let error as MCPError:
            switch error.kind {
            case .authRequired, .cancelled: return error
            default: return execution(error.message)
            }
        default: return error
        }
    }
}
