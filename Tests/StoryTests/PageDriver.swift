import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

/// The web page in a real browser: `Fixtures/web_page.py` with one scenario, which stops where the test has something to do.
struct PageDriver: Sendable {
    let process: ChildProcess

    static let script = SourceTree.root.appending("Tests/StoryTests/Fixtures/web_page.py")

    /// Runs a scenario to its end; `body` does what is between its steps.
    static func run(
        _ scenario: String, _ url: String, _ values: [String] = [], at location: SourceLocation = #_sourceLocation,
        _ body: (PageDriver) async throws -> Void = { _ in }
    ) async throws {
        var options = ChildOptions(
            try TestPython.path(), [script.string, scenario, url] + values, directory: "/",
            environment: environment)
        options.input = .open
        options.timeout = .seconds(300)
        try await ChildProcess.with(options) { process in
            try await body(PageDriver(process: process))
            let result = try await process.finish()
            #expect(result.code == 0, "\(result.story)", sourceLocation: location)
            #expect(result.out.contains("\"passed\""), "\(result.story)", sourceLocation: location)
        }
    }

    /// Waits for a step, does `body`, and lets the scenario go on.
    func step(
        _ name: String, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void = {}
    ) async throws {
        guard await process.waitForOutput("{\"step\": \"\(name)\"", atMost: .seconds(240)) else {
            let result = try await process.finish()
            throw TestSupportError("The page did not come to “\(name)”: \(result.story)")
        }
        try await body()
        await process.write(Array("go\n".utf8))
    }

    private static var environment: [String: String] {
        var values = ["LANG": "C.UTF-8"]
        for name in ["PATH", "HOME", "TMPDIR"] { values[name] = getenv(name).map { String(cString: $0) } }
        return values
    }
}
