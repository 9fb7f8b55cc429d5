import Glibc
import Support
package import SystemPackage

/// The Python environments that `scripts/python-env` makes (`scripts/setup test` does).
package enum TestPython {
    /// The interpreter of an environment: `tests`, `openapi`, `mcp1` or `mcp2`.
    /// - Throws: a sentence with the next step when it is missing.
    package static func path(_ name: String = "tests", file: String = #filePath) throws -> FilePath {
        let tests = FilePath(file).removingLastComponent().removingLastComponent()
        let list =
            switch name {
            case "tests": "requirements.txt"
            case "openapi": "requirements-openapi.txt"
            default: "StoryTests/Peers/requirements-\(name).txt"
            }
        let hash = SHA256Hash.hex(of: try TestFiles.read(tests.pushing(FilePath(list)))).prefix(12)
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let cache = variable("XDG_CACHE_HOME") ?? "\(variable("HOME") ?? "/root")/.cache"
        let path = FilePath(cache).appending("codetether-test").appending("\(name)-\(hash)").pushing("bin/python3")
        guard TestFiles.exists(path) else {
            throw TestSupportError("\(path) is missing; run scripts/python-env \(name).")
        }
        return path
    }
}
