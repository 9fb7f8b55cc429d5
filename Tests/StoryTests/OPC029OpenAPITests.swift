import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-029 The OpenAPI document in the hands of others")
struct OPC029OpenAPITests {
    private static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
        "HOME": getenv("HOME").map { String(cString: $0) } ?? "/root",
    ]

    private static func run(_ executable: FilePath, _ arguments: [String]) async throws -> ChildResult {
        var options = ChildOptions(executable, arguments, directory: SourceTree.root, environment: environment)
        options.timeout = .seconds(300)
        return try await ChildProcess.run(options)
    }

    /// The folder of the Python tools.
    private static func tools() async throws -> FilePath {
        let result = try await run(SourceTree.root.appending("scripts/python-env"), ["openapi"])
        return FilePath(String(result.out.prefix { $0 != "\n" })).appending("bin")
    }

    @Test("OPC-029.2 openapi-spec-validator finds the document valid")
    func isValid() async throws {
        let tools = try await Self.tools()
        let result = try await Self.run(tools.appending("openapi-spec-validator"), ["schema/openapi.json"])
        #expect(result.code == 0, "\(result.story)")
    }

    @Test("OPC-029.3 schemathesis gets no 5xx and no undocumented status, media type or shape from any operation")
    func schemathesis() async throws {
        let result = try await Self.run(
            SourceTree.root.appending("Benchmarks/schemathesis"),
            [try CLIProcess.binary().string, "--examples", "1", "--seed", "29", "--phases", "fuzzing"])
        #expect(result.code == 0, "\(result.out.suffix(6_000))\(result.err)")
    }
}
