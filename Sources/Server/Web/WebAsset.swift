import HTTPTypes
import Support

/// A file of the web page, embedded in the binary.
package struct WebAsset: Sendable {
    /// `app.js`, as in `/assets/app.js`; `index.html` is the page itself.
    package let name: String
    /// The media type.
    package let mediaType: String
    /// The bytes.
    package let bytes: [UInt8]
    /// Changes with the bytes, in quotes.
    package let tag: String

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        mediaType =
            switch name.split(separator: ".").last {
            case "html": "text/html; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            case "js": "text/javascript; charset=utf-8"
            case "svg": "image/svg+xml"
            default: "application/octet-stream"
            }
        tag = "\"\(SHA256Hash.hex(of: bytes).prefix(32))\""
    }

    /// All of them by name.
    package static let all: [String: WebAsset] = {
        let files: [(String, [UInt8])] = [
            ("index.html", PackageResources.index_html), ("app.css", PackageResources.app_css),
            ("icon.svg", PackageResources.icon_svg), ("theme.js", PackageResources.theme_js),
            ("app.js", PackageResources.app_js), ("api.js", PackageResources.api_js),
            ("dom.js", PackageResources.dom_js), ("markdown.js", PackageResources.markdown_js),
            ("transcript.js", PackageResources.transcript_js), ("fold.js", PackageResources.fold_js),
            ("asks.js", PackageResources.asks_js), ("dialogs.js", PackageResources.dialogs_js),
            ("terminal.js", PackageResources.terminal_js), ("screen.js", PackageResources.screen_js),
        ]
        return Dictionary(uniqueKeysWithValues: files.map { ($0.0, WebAsset($0.0, $0.1)) })
    }()

    /// What a browser may do with the page: load its own files and talk to its own server, nothing else. No script or style
    /// runs that is not one of the files.
    static let policy =
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    /// The file, or 304 when the client has it.
    func response(to request: ServerRequest) -> ServerResponse {
        let isKnown = request.headers[values: .ifNoneMatch].contains { field in
            field.split(separator: ",").contains { $0.drop { $0 == " " }.hasSuffix(tag) || $0.trimmingSpaces == "*" }
        }
        var response =
            isKnown
            ? ServerResponse(status: 304) : ServerResponse(status: 200, body: .bytes(bytes), contentType: mediaType)
        response.headers[.eTag] = tag
        // Kept, but asked for each time: a new binary is a new page.
        response.headers[.cacheControl] = "no-cache"
        response.protect()
        return response
    }
}

extension ServerResponse {
    /// Adds what keeps a page to itself.
    mutating func protect() {
        headers[.contentSecurityPolicy] = WebAsset.policy
        for (name, value) in [
            ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
    }
}
