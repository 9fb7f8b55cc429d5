import Support
import SystemPackage
import TestSupport
import Testing

/// The MCP server of these tests (`Peers/mcp_peer.py`), and the command line to use it from.
enum MCPWorld {
    /// The script beside this file.
    static let script = FilePath(#filePath).removingLastComponent().appending("Peers/mcp_peer.py").string
    static let python = "/usr/bin/python3"

    /// An HTTP peer on a free port; ends with `body`.
    static func http<Result: Sendable>(
        _ flags: [String] = [], environment: [String: String] = [:], _ body: (String) async throws -> Result
    ) async throws -> Result {
        var options = ChildOptions(
            FilePath(python), [script, "http", "0"] + flags, directory: "/",
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 })
        options.timeout = .seconds(120)
        return try await ChildProcess.with(options) { child in
            #expect(await child.waitForError("\n"))
            let port = try #require(
                Int(
                    child.state.state.stderr.split(separator: 0x0A).first.map { String(decoding: $0, as: UTF8.self) }
                        ?? ""))
            return try await body("http://127.0.0.1:\(port)/mcp")
        }
    }

    /// What the peer logged.
    static func log(_ file: FilePath) throws -> [JSON] {
        try FileIO.read(file).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    }
}
