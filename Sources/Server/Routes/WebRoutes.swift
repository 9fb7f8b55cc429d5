import HTTPTypes
import Schema
import Support

/// The web page and its files. They hold nothing secret and need no credential; what they show comes from the API.
enum WebRoutes {
    static let all: [Route] = [
        hidden("/", "Web.page", summary: "The web page.") { context in
            try asset("index.html", context)
        },
        hidden("/assets/{name}", "Web.asset", summary: "A file of the web page.") { context in
            try asset(context.parameter("name"), context)
        },
    ]

    private static func hidden(
        _ path: String, _ operation: String, summary: String, _ handler: @escaping Route.Handler
    ) -> Route {
        var route = Route(
            "GET", path, operation, .open, summary: summary, success: .bytes("text/html"), handler: handler)
        route.isDocumented = false
        return route
    }

    private static func asset(_ name: String, _ context: RouteContext) throws -> ServerResponse {
        guard let asset = WebAsset.all[name] else {
            throw HTTPFailure(
                404,
                TaggedError(
                    "NotFoundError", "The page has no file \"\(HostileText.escaped(name, multiline: false))\"."))
        }
        return asset.response(to: context.request)
    }

    /// What a browser shows for a login link that is used up.
    static func usedLink(_ context: RouteContext) -> ServerResponse {
        let page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Login link used · codetether</title><link rel="icon" href="assets/icon.svg">
            <link rel="stylesheet" href="assets/app.css"><script src="assets/theme.js"></script></head>
            <body class="notice"><main><h1>This login link cannot be used</h1>
            <p>It was used already, or is older than ten minutes. Press Enter in the terminal where \
            <code>codetether web</code> runs, or start it again: it prints new links.</p>
            <p><a href="./">Open the page</a> if this browser is signed in.</p></main></body></html>
            """
        var response = ServerResponse(
            status: 401, body: .bytes(Array(page.utf8)), contentType: "text/html; charset=utf-8")
        response.protect()
        return response
    }
}
