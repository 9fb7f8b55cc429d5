package import SystemPackage

/// The Python with the packages of `Tests/requirements.txt`, which `scripts/setup test` has made.
package enum TestPython {
    /// The interpreter.
    /// - Throws: a sentence with the next step when it is missing.
    package static func path(file: String = #filePath) throws -> FilePath {
        let root = FilePath(file).removingLastComponent().removingLastComponent().removingLastComponent()
        let path = root.appending(".build/test-venv/bin/python")
        guard TestFiles.exists(path) else { throw TestSupportError("\(path) is missing; run scripts/setup test.") }
        return path
    }
}
