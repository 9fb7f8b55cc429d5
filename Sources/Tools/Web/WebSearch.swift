package import Permissions
import Support

/// `websearch`: asks the user's search endpoint with `POST {"query","numResults"}`. Understands a JSON answer with a
/// list of results (`results`, `data`, `items`, `web.results`) that have `title`, `url` or `link`, and `text`,
/// `content`, `snippet` or `description`; any other text is passed on as it is.
package struct WebSearchTool: Tool {
    /// Results when the call gives no number.
    package static let defaultResults = 8
    /// Bytes of an excerpt.
    package static let excerptBytes = 2_000

    package init() {}

    package let name = "websearch"
    package var isReadOnly: Bool { true }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.websearch,
            inputSchema: [
                "type": "object",
                "properties": [
                    "query": ["type": "string", "minLength": 1, "maxLength": 2000],
                    "numResults": ["type": "integer", "minimum": 1, "maximum": 20],
                ],
                "required": ["query"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        let query = try input.string("query")
        return [
            PermissionDemand(
                permission: "websearch", patterns: [query], always: ["*"], metadata: ["query": .string(query)],
                title: "Search the web for \(HostileText.escaped(query, multiline: false))")
        ]
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let query = try input.string("query")
        let count = min(max(1, try input.optionalInt("numResults") ?? Self.defaultResults), 20)
        guard let endpoint = context.webSearch else {
            throw ToolError(
                .failed, "No search endpoint is set, so the web cannot be searched. Ask the user to configure one.")
        }
        let url: WebURL
        do throws(WebURL.Refusal) {
            url = try WebURL(endpoint.url)
        } catch {
            throw ToolError(.failed, "The configured search endpoint \(error.reason). Ask the user to correct it.")
        }
        var headers = [(name: "content-type", value: "application/json"), (name: "accept", value: "application/json")]
        if let key = endpoint.key { headers.append((name: "authorization", value: "Bearer \(key)")) }
        let body: JSON = ["query": .string(query), "numResults": .int(Int64(count))]
        let response = try await context.http.fetch(
            WebRequest(
                url: url, method: "POST", headers: headers, body: body.bytes(), timeout: .seconds(25),
                maximumBytes: 2 << 20, allowsPrivateAddresses: true))
        guard (200..<300).contains(response.status) else {
            throw ToolError(
                .failed,
                "The search endpoint answered with status \(response.status). Try again later, or work without it.")
        }
        let results = Self.results(response.body)
        let text: String
        if let results {
            text =
                results.isEmpty
                ? "No results." : results.prefix(count).map { Self.text($0) }.joined(separator: "\n\n")
        } else {
            text = UTF8Text.lossy(response.body)
        }
        return ToolOutput(
            text: HostileText.escaped(text, multiline: true),
            metadata: ["query": .string(query), "count": .int(Int64(min(count, results?.count ?? 0)))], title: query)
    }

    private static func results(_ body: [UInt8]) -> [JSON]? {
        guard let json = try? JSON(parsing: body) else { return nil }
        if let list = json.arrayValue { return list }
        for list in [json["results"], json["data"], json["items"], json["web"]?["results"]] {
            if let list = list?.arrayValue { return list }
        }
        return nil
    }

    private static func text(_ result: JSON) -> String {
        func first(_ names: [String]) -> String? {
            names.lazy.compactMap { result[$0]?.stringValue }.first { !$0.isEmpty }
        }
        let title = first(["title", "name"]) ?? "(no title)"
        let lines = [
            title, first(["url", "link", "href"]),
            first(["text", "content", "snippet", "description"]).map { ShortText.cut($0, bytes: excerptBytes) },
        ]
        return lines.compactMap(\.self).joined(separator: "\n")
    }
}
