import HTTPTypes
import Schema
import Support

#if canImport(Glibc)
    import Glibc
#endif

/// Health, versions, login, the web page.
enum SystemRoutes {
    static let all: [Route] = WebRoutes.all + system

    private static let system: [Route] = [
        Route(
            "GET", "/health", "Server.health", .open, summary: "Whether the server answers.",
            success: .json(Shape.object(["status": Shape.string, "version": Shape.string], required: ["status"]))
        ) { context in
            .json(["status": "ok", "version": .string(context.services.version)])
        },
        Route(
            "GET", "/api/version", "Server.version", .read, summary: "The version.",
            success: .json(Shape.object(["version": Shape.string, "name": Shape.string], required: ["version"]))
        ) { context in
            .json(["version": .string(context.services.version), "name": "codetether"])
        },
        Route(openCode: "Server.info", .read) { context in
            let services = context.services
            return .json([
                "version": .string(services.version), "pid": .int(Int64(getpid())),
                "urls": .array(services.address.urls.map { .string($0) }),
                "paths": ["tmp": .string(services.environment["TMPDIR"] ?? "/tmp")],
                "capabilities": ["persistentPty": false],
            ])
        },
        login,
        Route(
            "POST", "/api/token", "Server.token", .admin, summary: "Make a token that may less, until a time.",
            body: .json(
                Shape.object(
                    [
                        "scopes": [
                            "type": "array", "minItems": 1, "items": Shape.word("read", "prompt", "pty", "admin"),
                        ],
                        "expiresInMs": Shape.integer(1...31_536_000_000),
                    ], required: ["scopes"])),
            success: .json(
                Shape.object(
                    [
                        "data": Shape.object(
                            ["token": Shape.string, "scopes": Shape.list(Shape.string), "expires": Shape.integer],
                            required: ["token", "scopes", "expires"])
                    ], required: ["data"]), status: 201)
        ) { context in
            let names = (context.body["scopes"]?.arrayValue ?? []).compactMap(\.stringValue)
            let lifetime = context.body["expiresInMs"]?.intValue ?? 86_400_000
            let scopes = Set(names.compactMap(Scope.init(rawValue:)))
            return .data(
                [
                    "token": .string(context.services.authenticator.scopedToken(scopes, lifetimeMs: lifetime)),
                    "scopes": .array(names.map { .string($0) }),
                    "expires": .int(context.services.time.nowMs() + lifetime),
                ], status: 201)
        },
        Route(
            "POST", "/api/login", "Server.loginCode", .admin, summary: "Make a one-time login URL for a browser.",
            success: .json(
                Shape.object(
                    ["data": Shape.object(["url": Shape.string], required: ["url"])], required: ["data"]), status: 201)
        ) { context in
            let code = context.services.authenticator.makeLoginCode()
            return .data(["url": .string("\(context.services.address.url)/login?code=\(code)")], status: 201)
        },
    ]

    /// Exchanges the one-time code for the cookie, and leaves nothing of it in the address bar.
    private static let login = Route(
        "GET", "/login", "Server.login", .open, summary: "Exchange a one-time code for the login cookie.",
        query: [.required("code", Shape.name)], success: .redirect, failures: [(401, "UnauthorizedError")]
    ) { context in
        guard let code = context.request.query["code"], context.services.authenticator.redeem(code) else {
            if context.request.accepts("text/html") { return WebRoutes.usedLink(context) }
            throw HTTPFailure(
                401, .unauthorized(message: "This login link was used already or is too old; make a new one."))
        }
        var response = ServerResponse(status: 303)
        response.headers[.location] = "./"
        response.headers[.setCookie] =
            "\(Authenticator.cookie)=\(context.services.authenticator.cookieValue()); HttpOnly; SameSite=Strict; Path=/; Max-Age=\(Authenticator.cookieLifetime)"
            + (context.request.isSecure ? "; Secure" : "")
        return response
    }
}
