package import Permissions
import Support
import SystemPackage

/// `webfetch`: a public page as text, markdown or html.
package struct WebFetchTool: Tool {
    /// Most bytes of a page.
    package static let limitBytes = 5 << 20
    /// Seconds when the call gives none.
    package static let defaultSeconds = 30
    /// Most seconds.
    package static let maximumSeconds = 120

    package init() {}

    package let name = "webfetch"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.webfetch,
            inputSchema: [
                "type": "object",
                "properties": [
                    "url": ["type": "string"], "format": ["enum": ["text", "markdown", "html"]],
                    "timeout": ["type": "number"],
                ],
                "required": ["url"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let url = try Self.url(input)
        return [
            PermissionDemand(
                permission: "webfetch", patterns: [url.text],
                always: ["\(url.isSecure ? "https" : "http")://\(url.hostText)\(Self.port(url))/*"],
                metadata: ["url": .string(url.text)], title: "Fetch \(url.text)")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let url = try Self.url(input)
        let format = try input.optionalString("format") ?? "markdown"
        let seconds = min(max(1, try Self.seconds(input)), Self.maximumSeconds)
        let accept =
            format == "html"
            ? "text/html;q=1.0, */*;q=0.1" : "text/markdown;q=1.0, text/html;q=0.9, text/*;q=0.8, */*;q=0.1"
        let response = try await context.http.fetch(
            WebRequest(
                url: url, headers: [("accept", accept), ("accept-language", "en-US,en;q=0.9")],
                timeout: .seconds(seconds), maximumBytes: Self.limitBytes))
        guard (200..<300).contains(response.status) else {
            throw ToolError(
                .failed,
                "\(response.url.text) answered with status \(response.status). Check the address or use another source."
            )
        }
        guard Self.isText(response) else {
            throw ToolError(
                .failed,
                "\(response.url.text) is \(response.mime.isEmpty ? "binary" : ShortText.shown(response.mime, bytes: 80)),"
                    + " not text. Fetch it with bash (curl -o FILE) if it is needed.")
        }
        let isHTML = response.mime.contains("html") || (response.mime.isEmpty && response.body.first == 0x3C)
        let text: String
        switch format {
        case "markdown" where isHTML: text = HTMLConverter.markdown(response.body)
        case "text" where isHTML: text = HTMLConverter.text(response.body)
        default: text = UTF8Text.lossy(response.body)
        }
        return ToolOutput(
            text: HostileText.escaped(text, multiline: true),
            metadata: [
                "url": .string(response.url.text), "status": .int(Int64(response.status)),
                "mime": .string(response.mime),
                "bytes": .int(Int64(response.body.count)),
            ], title: response.url.text)
    }

    private static func url(_ input: ToolInput) throws(ToolError) -> WebURL {
        let text = try input.string("url")
        do throws(WebURL.Refusal) {
            return try WebURL(text)
        } catch {
            throw ToolError(
                .invalidArguments,
                "The address '\(ShortText.shown(text, bytes: 200))' \(error.reason). "
                    + "Give a public http or https address.")
        }
    }

    private static func seconds(_ input: ToolInput) throws(ToolError) -> Int {
        guard let number = input.json["timeout"]?.doubleValue, number.isFinite else { return defaultSeconds }
        guard number > 0 else {
            throw ToolError(.invalidArguments, "timeout must be 1 to \(maximumSeconds) seconds, but is \(number).")
        }
        return Int(min(number, Double(maximumSeconds)))
    }

    private static func port(_ url: WebURL) -> String { url.port == (url.isSecure ? 443 : 80) ? "" : ":\(url.port)" }

    private static func isText(_ response: WebResponse) -> Bool {
        let mime = response.mime
        if mime.isEmpty { return !response.body.prefix(4_096).contains(0) }
        return mime.utf8.starts(with: "text/".utf8)
            || ["json", "xml", "javascript", "yaml", "toml", "html", "x-sh", "sql", "csv"].contains {
                mime.contains($0)
            }
    }
}
