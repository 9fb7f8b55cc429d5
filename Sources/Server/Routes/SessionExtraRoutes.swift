import Agents
import Configuration
import Schema
import Sessions
import Storage
import Support

/// Less used operations of sessions: statistics, instructions, environment, commands, skills, background.
enum SessionExtraRoutes {
    static let all: [Route] = [
        Route(
            // What the variables reach are commands that people run: who may not run one may not decide its PATH.
            openCode: "Session.environment", .pty,
            body: .json(Shape.object(["variables": Shape.map(Shape.string)], required: ["variables"]))
        ) { context in
            let session = try await context.session()
            var variables: [String: String] = [:]
            for (name, value) in context.body["variables"]?.objectValue ?? JSONObject() {
                guard !name.isEmpty, !name.contains("="), !name.utf8.contains(0), let text = value.stringValue,
                    !text.utf8.contains(0)
                else {
                    throw HTTPFailure.invalid(
                        "\"\(HostileText.escaped(name, multiline: false))\" cannot be an environment variable.",
                        field: "variables")
                }
                variables[name] = text
            }
            await context.services.variables.set(variables, of: session.id)
            return .noContent
        },
        // Nothing here holds up a session until its foreground work is sent to the background.
        Route(openCode: "Session.background", .prompt) { context in
            _ = try await context.session()
            return .noContent
        },
        Route(
            openCode: "Session.skill", .prompt,
            body: .json(
                Shape.object(["id": Shape.name, "resume": Shape.optional(Shape.boolean)], required: ["id"]))
        ) { context in
            let (location, session) = try await context.sessionLocation()
            let name = context.text("id") ?? ""
            guard let skill = location.skills.first(where: { $0.name == name }) else {
                let shown = HostileText.escaped(name, multiline: false)
                throw HTTPFailure(
                    404,
                    .skillNotFound(skill: shown, message: "There is no skill \"\(shown)\"; GET /api/skill lists them."))
            }
            let text = (try? await BlockingWork.run { try skill.body() }) ?? ""
            try await context.append(
                session.id,
                .sessionSkillActivated(.init(sessionID: session.id, id: skill.name, name: skill.name, text: text)))
            if context.flag("resume") ?? true {
                _ = try await Prompts.admit(
                    Admission(
                        sessionID: session.id,
                        item: .synthetic(
                            .init(text: text, description: "The skill \(skill.name)"), delivery: .steer)), context)
            }
            return .noContent
        },
        stats,
    ]

    private static let stats = Route(
        openCode: "Session.stats", .read,
        query: ["from": Shape.string, "to": Shape.string, "tools": Shape.word("none", "summary", "detail")]
    ) { context in
        func bound(_ name: String, _ standard: Double) throws -> Double {
            guard let text = context.request.query[name] else { return standard }
            if text == "Infinity" || text == "-Infinity" || text == "NaN" { return standard }
            guard let value = Double(text), value.isFinite else {
                throw HTTPFailure.invalid("'\(name)' must be a time in Unix milliseconds.", field: name, kind: "Query")
            }
            return value
        }
        let from = try bound("from", 0)
        let to = try bound("to", Double(context.services.time.nowMs()))
        var statistics = SessionStatistics(from: from, to: to)
        var filter = SessionFilter()
        filter.includeArchived = true
        filter.includeChildren = true
        filter.limit = 500
        filter.sinceMs = from > 0 && from < 9e15 ? Int64(from) : nil
        for _ in 0..<20 {
            let page = try await context.services.sessions.list(filter)
            for session in page.sessions {
                if let project = context.request.query["project"], session.projectID != project { continue }
                statistics.add(session, try await context.services.sessions.messages(session.id))
            }
            guard let next = page.next else { break }
            filter.cursor = next
        }
        return .data(statistics.json(tools: context.request.query["tools"] ?? "none"))
    }
}
