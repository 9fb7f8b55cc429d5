import HTTPTypes
import Schema
import Sessions
import Support

/// The share service (`share.serve`): what other homes publish here. Reading needs the id and nothing else; writing and removing
/// need the share's own secret; making one needs a credential, except from this machine itself.
enum ShareServiceRoutes {
    /// Of one request; clients send half a megabyte at a time.
    private static let maximumBody = 2 << 20
    private static let maximumItems = 1_000

    /// Not in the document of the API: most servers are no share service (docs/share.md describes it).
    static let all: [Route] = [create, sync, remove, read].map { route in
        var route = route
        route.isDocumented = false
        return route
    }

    private static let create: Route = {
        var route = Route(
            "POST", "/v1/share", "ShareService.create", .open, summary: "Make an empty share, or find it again.",
            body: .json(
                Shape.object(
                    ["id": hex(32), "secretHash": hex(64)], required: ["id", "secretHash"])),
            success: .json(
                Shape.object(
                    ["data": Shape.object(["id": Shape.string, "url": Shape.string], required: ["id", "url"])],
                    required: ["data"]), status: 201),
            failures: [
                (401, "UnauthorizedError"), (404, "NotFoundError"), (409, "ConflictError"),
                (503, "ServiceUnavailableError"),
            ]
        ) { context in
            let hub = try hub(context)
            guard context.caller.scopes.contains(.prompt) || isLocal(context.request) else { throw unauthorized }
            let id = context.text("id") ?? ""
            try await answering { try await hub.create(id: id, secretHash: context.text("secretHash") ?? "") }
            let url = "\(context.services.address.url)/v1/share/\(id)"
            return .data(["id": .string(id), "url": .string(url)], status: 201)
        }
        route.maximumBody = 4_096
        return route
    }()

    private static let sync: Route = {
        var route = Route(
            "POST", "/v1/share/{share_id}/sync", "ShareService.sync", .open,
            summary: "Put items into a share; of two with one key the one with the larger seq stays.",
            body: .json(
                Shape.object(
                    [
                        "seq": Shape.integer(0...Int64.max),
                        "items": ["type": "array", "maxItems": .int(Int64(maximumItems)), "items": Shape.map],
                    ], required: ["seq", "items"])),
            success: .json(
                Shape.object(
                    ["data": Shape.object(["seq": Shape.integer], required: ["seq"])], required: ["data"])),
            failures: writing + [(413, "PayloadTooLargeError")]
        ) { context in
            let hub = try hub(context)
            let secret = try secret(context)
            let items = context.body["items"]?.arrayValue ?? []
            guard items.count <= maximumItems else {
                throw HTTPFailure.invalid("'items' must have at most \(maximumItems) elements.", field: "items")
            }
            let seq = try await answering {
                try await hub.sync(
                    id: context.parameter("share_id"), secret: secret, seq: context.body["seq"]?.intValue ?? 0,
                    items: items)
            }
            return .data(["seq": .int(seq)])
        }
        route.maximumBody = maximumBody
        return route
    }()

    private static let remove = Route(
        "DELETE", "/v1/share/{share_id}", "ShareService.remove", .open,
        summary: "Remove a share with everything in it.",
        success: .json(
            Shape.object(
                ["data": Shape.object(["removed": Shape.boolean], required: ["removed"])], required: ["data"])),
        failures: writing
    ) { context in
        let hub = try hub(context)
        let secret = try secret(context)
        try await answering { try await hub.remove(id: context.parameter("share_id"), secret: secret) }
        return .data(["removed": true])
    }

    private static let read = Route(
        "GET", "/v1/share/{share_id}", "ShareService.read", .open,
        summary: "A shared session, as a page or as JSON (SessionTransferData), by Accept.",
        success: .json(
            [
                "type": "object", "required": ["info", "messages"],
                "properties": ["info": Shape.map, "messages": Shape.list(Shape.map)],
            ]), failures: [(404, "ShareNotFoundError")]
    ) { context in
        let id = context.parameter("share_id")
        guard let hub = context.services.shareHub, let document = try await answering({ try await hub.document(id) })
        else { throw missing(id) }
        var response: ServerResponse
        if wantsPage(context.request) {
            response = ServerResponse(
                status: 200, body: .bytes(Array(SharePage.html(document).utf8)),
                contentType: "text/html; charset=utf-8")
            set("content-security-policy", SharePage.policy, &response)
        } else {
            response = .json(document)
            set("content-security-policy", "default-src 'none'; frame-ancestors 'none'", &response)
        }
        set("referrer-policy", "no-referrer", &response)
        set("x-robots-tag", "noindex", &response)
        return response
    }

    // MARK: Parts

    private static let writing = [
        (401, "UnauthorizedError"), (404, "ShareNotFoundError"), (503, "ServiceUnavailableError"),
    ]

    private static func hex(_ count: Int64) -> JSON {
        ["type": "string", "minLength": .int(count), "maxLength": .int(count)]
    }

    private static func set(_ name: String, _ value: String, _ response: inout ServerResponse) {
        if let name = HTTPField.Name(name) { response.headers[name] = value }
    }

    /// A page for browsers, JSON for everybody who does not ask for a page first.
    private static func wantsPage(_ request: ServerRequest) -> Bool {
        for field in request.headers[values: .accept] {
            for type in field.lowercased().split(separator: ",") {
                if type.contains("text/html") { return true }
                if type.contains("json") { return false }
            }
        }
        return false
    }

    /// - Throws: 401 for nobody we know, else 404: nothing tells strangers what this server is.
    private static func hub(_ context: RouteContext) throws -> ShareHub {
        if let hub = context.services.shareHub { return hub }
        guard context.caller.kind != "open" else { throw unauthorized }
        throw HTTPFailure(
            404, TaggedError("NotFoundError", "This server is no share service; set share.serve to make it one."))
    }

    private static func secret(_ context: RouteContext) throws -> String {
        guard let header = context.request.headers[.authorization] else { throw unauthorized }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw unauthorized }
        return String(parts[1])
    }

    /// From this machine, and not through a proxy on it.
    private static func isLocal(_ request: ServerRequest) -> Bool {
        guard request.header("x-forwarded-for") == nil, request.header("forwarded") == nil else { return false }
        return request.remote == "::1" || request.remote.hasPrefix("127.") || request.remote.hasPrefix("::ffff:127.")
    }

    private static var unauthorized: HTTPFailure {
        var headers = HTTPFields()
        headers[.wwwAuthenticate] = "Bearer realm=\"codetether\""
        return HTTPFailure(
            401, .unauthorized(message: "A valid credential is needed: the share's secret as Authorization: Bearer."),
            headers: headers)
    }

    private static func missing(_ id: String) -> HTTPFailure {
        HTTPFailure(
            404,
            TaggedError(
                "ShareNotFoundError",
                "There is no share \"\(HostileText.escaped(id, multiline: false))\" here, or not any more."))
    }

    @discardableResult
    private static func answering<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let refusal as ShareHub.Refusal {
            switch refusal {
            case .notFound: throw missing("")
            case .wrongSecret: throw unauthorized
            case .taken:
                throw HTTPFailure(409, .conflict(message: "This id is taken; use another one.", resource: "id"))
            case .invalid(let field): throw HTTPFailure.invalid("'\(field)' is not right.", field: field)
            case .full(let message): throw HTTPFailure(503, .serviceUnavailable(message: message, service: "share"))
            }
        }
    }
}
