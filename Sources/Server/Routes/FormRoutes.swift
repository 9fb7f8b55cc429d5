import Schema
import Sessions
import Support

/// Forms: the model's questions, and those that clients make.
enum FormRoutes {
    static let all: [Route] = [
        Route(openCode: "Form.list", .read) { context in
            let location = try await context.location()
            let forms = await context.services.forms.list()
            return .json(["location": location.reference, "data": .array(forms.map { .object($0.info) })])
        },
        Route(openCode: "SessionForm.list", .read) { context in
            let session = try await context.session()
            let forms = await context.services.forms.list(sessionID: session.id)
            return .data(.array(forms.map { .object($0.info) }))
        },
        Route(
            openCode: "SessionForm.create", .prompt,
            body: .json(
                Shape.object(
                    [
                        "id": Shape.optional(Shape.id("frm_")), "title": Shape.string, "metadata": Shape.map,
                        "fields": fields,
                    ], required: ["title", "fields"]))
        ) { context in
            let session = try await context.session()
            guard
                let form = await context.services.forms.create(
                    id: context.text("id"), sessionID: session.id, title: context.text("title") ?? "",
                    metadata: context.body["metadata"], fields: context.body["fields"] ?? [])
            else {
                throw HTTPFailure(409, .conflict(message: "There is a form with this id already.", resource: "form"))
            }
            return .data(.object(form.info))
        },
        Route(openCode: "SessionForm.get", .read) { context in .data(try await form(context).entry.detail) },
        Route(
            openCode: "SessionForm.reply", .prompt,
            body: .json(Shape.object(["answer": Shape.map], required: ["answer"]))
        ) { context in
            let (id, entry) = try await form(context)
            guard entry.state == .pending else { throw settled(id) }
            let answer = context.body["answer"] ?? [:]
            if let problem = problem(answer, entry.info["fields"]?.arrayValue ?? []) {
                throw HTTPFailure(400, .formInvalidAnswer(id: id, message: problem))
            }
            await context.services.forms.settle(id, answer)
            return .noContent
        },
        Route(openCode: "SessionForm.cancel", .prompt) { context in
            let (id, entry) = try await form(context)
            guard entry.state == .pending else { throw settled(id) }
            await context.services.forms.settle(id, nil)
            return .noContent
        },
    ]

    private static let fields: JSON = [
        "type": "array", "maxItems": 100,
        "items": [
            "anyOf": .array(
                ["String", "Number", "Integer", "Boolean", "Multiselect", "External"].map {
                    Shape.ref("Form\($0)Field")
                })
        ],
    ]

    private static func form(_ context: RouteContext) async throws -> (id: String, entry: PendingForms.Entry) {
        let session = try await context.session()
        let id = context.parameter("form_id")
        guard let entry = await context.services.forms.form(id, in: session.id) else {
            let shown = HostileText.escaped(id, multiline: false)
            throw HTTPFailure(404, .formNotFound(id: shown, message: "There is no form \"\(shown)\" in this session."))
        }
        return (id, entry)
    }

    private static func settled(_ id: String) -> HTTPFailure {
        HTTPFailure(409, .formAlreadySettled(id: id, message: "The form was answered or cancelled already."))
    }

    /// Why an answer does not fit the fields; nil when it does.
    static func problem(_ answer: JSON, _ fields: [JSON]) -> String? {
        let given = answer.objectValue ?? JSONObject()
        for field in fields {
            let key = field["key"]?.stringValue ?? ""
            guard let value = given[key], !value.isNull else {
                if field["required"]?.boolValue == true { return "'\(key)' is missing." }
                continue
            }
            if let problem = problem(value, field: field) {
                return "'\(HostileText.escaped(key, multiline: false))' \(problem)."
            }
        }
        let known = Set(fields.compactMap { $0["key"]?.stringValue })
        if let extra = given.keys.first(where: { !known.contains($0) }) {
            return "'\(HostileText.escaped(extra, multiline: false))' is no field of this form."
        }
        return nil
    }

    private static func problem(_ value: JSON, field: JSON) -> String? {
        let options = field["options"]?.arrayValue?.compactMap { $0["value"]?.stringValue }
        let isFree = field["custom"]?.boolValue ?? false
        func isKnown(_ text: String) -> Bool { options.map { $0.isEmpty || $0.contains(text) || isFree } ?? true }
        switch field["type"]?.stringValue {
        case "string":
            guard let text = value.stringValue else { return "must be a text" }
            return isKnown(text) ? nil : "must be one of \(options?.joined(separator: ", ") ?? "")"
        case "number": return value.doubleValue == nil ? "must be a number" : nil
        case "integer": return value.intValue == nil ? "must be a whole number" : nil
        case "boolean": return value.boolValue == nil ? "must be true or false" : nil
        case "multiselect":
            guard let items = value.arrayValue, items.allSatisfy({ $0.stringValue != nil }) else {
                return "must be a list of texts"
            }
            let unknown = items.compactMap(\.stringValue).first { !isKnown($0) }
            return unknown == nil ? nil : "must only have \(options?.joined(separator: ", ") ?? "")"
        default: return nil
        }
    }
}
