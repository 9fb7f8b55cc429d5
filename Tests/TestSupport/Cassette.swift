package import Support
import SystemPackage

/// Real traffic kept in a file beside the test, in `Cassettes/`: requests and the replies a real server gave.
///
/// The file is JSON: `[{"request":{"path","body"},"response":{"status","headers":{},"body"}}]`, bodies as text.
/// Keys and cookies are removed before a cassette is stored; `problems` finds ones that were not.
package struct Cassette: Sendable {
    /// One exchange.
    package struct Exchange: Sendable {
        package let path: String
        package let requestBody: JSON?
        package let status: Int
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]
    }

    package let exchanges: [Exchange]

    /// Loads `Cassettes/<name>` beside the calling test file; throws a sentence when it is missing or malformed.
    package init(_ name: String, file: String = #filePath) throws {
        let path = FilePath(file).removingLastComponent().appending("Cassettes").pushing(FilePath(name))
        try self.init(parsing: try TestFiles.read(path), name: path.string)
    }

    /// Parses a cassette.
    package init(parsing bytes: [UInt8], name: String) throws {
        let json = try JSON(parsing: bytes)
        guard let entries = json.arrayValue else { throw TestSupportError("\(name) is not an array of exchanges.") }
        exchanges = try entries.enumerated().map { index, entry in
            guard let path = entry["request"]?["path"]?.stringValue, let response = entry["response"],
                let status = response["status"]?.intValue, let body = response["body"]?.stringValue
            else { throw TestSupportError("Exchange \(index) of \(name) lacks request.path, response.status or body.") }
            let headers = (response["headers"]?.objectValue ?? JSONObject()).compactMap { key, value in
                value.stringValue.map { (name: key, value: $0) }
            }
            return Exchange(
                path: path, requestBody: entry["request"]?["body"], status: Int(status), headers: headers,
                body: Array(body.utf8))
        }
    }

    /// The exchanges as turns of the scripted server: it answers with exactly these bytes, in this order.
    package var turns: [Turn] {
        exchanges.map { .raw(status: $0.status, headers: $0.headers, body: $0.body) }
    }

    /// Sentences about what must not be in a stored cassette: credentials in headers or bodies.
    package var problems: [String] {
        exchanges.enumerated().flatMap { index, exchange -> [String] in
            let names = exchange.headers.map { $0.name.lowercased() }
            let forbidden = ["authorization", "x-api-key", "x-goog-api-key", "set-cookie", "cookie"]
            var found = forbidden.filter(names.contains).map { "Exchange \(index) keeps the header \($0)." }
            let text = exchange.body + (exchange.requestBody?.bytes() ?? [])
            for shape in ["sk-ant-", "sk-proj-", "AKIA", "ghp_"] where text.holds(Array(shape.utf8)) {
                found.append("Exchange \(index) holds something like a key (\(shape)…).")
            }
            return found
        }
    }
}
