import Permissions
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Search tools")
struct FilesSearchToolTests {
    private static let tree = [
        "src/a.swift": "func needle() {}\nlet x = needle()\n", "src/b.txt": "no\nneedle here\n",
        ".hidden/c.swift": "needle\n", ".gitignore": "ignored/\n*.log\n", "ignored/d.swift": "needle\n",
        "e.log": "needle\n", ".git/config": "needle\n", ".env": "needle=secret\n", "prod.env": "needle=secret\n",
        "tests/t.swift": "needle()\n",
    ]

    private func age(_ fixture: FileToolFixture, _ name: String, seconds: Int) {
        var times = [
            timespec(tv_sec: 1_700_000_000 - seconds, tv_nsec: 0),
            timespec(tv_sec: 1_700_000_000 - seconds, tv_nsec: 0),
        ]
        utimensat(AT_FDCWD, fixture.workspace.path.pushing(FilePath(name)).string, &times, 0)
    }

    @Test(
        "grep finds the same lines with ripgrep and without, newest file first, and leaks no secret file",
        arguments: [true, false])
    func grep(builtIn: Bool) async throws {
        try await FileToolFixture.with(Self.tree) { fixture in
            for (index, name) in ["src/b.txt", ".hidden/c.swift", "src/a.swift", "tests/t.swift"].enumerated() {
                age(fixture, name, seconds: index)
            }
            let tool = GrepTool(ripgrep: builtIn ? .never : .whenFound)
            let output = try await fixture.call(tool, ["pattern": "needle"])
            #expect(
                output.text == """
                    Found 5 matches in 4 files
                    src/b.txt:
                      2: needle here
                    .hidden/c.swift:
                      1: needle
                    src/a.swift:
                      1: func needle() {}
                      2: let x = needle()
                    tests/t.swift:
                      1: needle()

                    """)
            let swift = try await fixture.call(tool, ["pattern": "^let \\w+", "include": "*.swift", "path": "src"])
            #expect(swift.text == "Found 1 match in 1 file\nsrc/a.swift:\n  2: let x = needle()\n")
            let named = try await fixture.call(tool, ["pattern": "secret", "path": ".env"])
            #expect(named.text.contains("needle=secret"))
            let none = try await fixture.call(tool, ["pattern": "nothing at all"])
            #expect(none.text == "No matches for nothing at all in .\n")
        }
    }

    @Test("a named file also asks for read")
    func demands() async throws {
        try await FileToolFixture.with(Self.tree) { fixture in
            let named = try GrepTool().demands(ToolInput(["pattern": "x", "path": ".env"]), fixture.context)
            #expect(named.map(\.permission) == ["grep", "read"])
            #expect(named.last?.patterns == [".env"])
        }
    }

    @Test("a wrong pattern is explained", arguments: [true, false])
    func wrongPattern(builtIn: Bool) async throws {
        try await FileToolFixture.with(Self.tree) { fixture in
            let error = await fixture.failure(GrepTool(ripgrep: builtIn ? .never : .whenFound), ["pattern": "a(b"])
            #expect(error?.kind == .invalidArguments)
            #expect(error?.message.contains("a(b") == true)
        }
    }

    @Test("at most 100 lines come back and the rest is counted", arguments: [true, false])
    func limit(builtIn: Bool) async throws {
        var files: [String: String] = [:]
        for number in 0..<30 { files["f\(number)"] = String(repeating: "hit\n", count: 20) }
        try await FileToolFixture.with(files) { fixture in
            let output = try await fixture.call(GrepTool(ripgrep: builtIn ? .never : .whenFound), ["pattern": "hit"])
            #expect(output.text.hasPrefix("Found 600 matches in 30 files\n"))
            #expect(output.text.contains("(Only 100 are shown"))
            #expect(output.text.split(separator: "\n").count { $0.hasSuffix(": hit") } == 100)
        }
    }

    @Test("links that lead out are not searched", arguments: [true, false])
    func links(builtIn: Bool) async throws {
        try await FileToolFixture.with(["a.txt": "root:\n"]) { fixture in
            symlink("/etc", fixture.workspace.path.appending("etc").string)
            symlink("/etc/passwd", fixture.workspace.path.appending("passwd").string)
            let tool = GrepTool(ripgrep: builtIn ? .never : .whenFound)
            let output = try await fixture.call(tool, ["pattern": "root:"])
            #expect(output.text == "Found 1 match in 1 file\na.txt:\n  1: root:\n")
            #expect(await fixture.failure(tool, ["pattern": "root:", "path": "passwd"]) != nil)
            #expect(await fixture.failure(tool, ["pattern": "root:", "path": "etc"]) != nil)
        }
    }

    @Test("a program of the repository is never taken for ripgrep")
    func ripgrepOfTheRepository() async throws {
        try await FileToolFixture.with(["bin/rg": "#!/bin/sh\ntouch ran\n"]) { fixture in
            let bin = fixture.workspace.path.appending("bin")
            chmod(bin.appending("rg").string, 0o755)
            let environment = Environment(["PATH": "\(bin.string):bin:."])
            #expect(Ripgrep.find(environment, outside: fixture.root.path) == nil)
        }
    }

    @Test("glob answers with the newest files that match, without ignored ones")
    func glob() async throws {
        try await FileToolFixture.with(Self.tree) { fixture in
            age(fixture, "src/a.swift", seconds: 5)
            age(fixture, "tests/t.swift", seconds: 1)
            age(fixture, ".hidden/c.swift", seconds: 9)
            let all = try await fixture.call(GlobTool(), ["pattern": "*.swift"])
            #expect(all.text == "tests/t.swift\nsrc/a.swift\n.hidden/c.swift")
            #expect(try await fixture.call(GlobTool(), ["pattern": "src/*"]).text.contains("src/b.txt"))
            #expect(try await fixture.call(GlobTool(), ["pattern": "**/*.txt"]).text == "src/b.txt")
            #expect(
                try await fixture.call(GlobTool(), ["pattern": "*.swift", "path": "tests"]).text == "tests/t.swift")
            #expect(try await fixture.call(GlobTool(), ["pattern": "*.none"]).text.hasPrefix("No files match"))
        }
    }

    @Test("glob shows 100 files and says how many there are")
    func globLimit() async throws {
        var files: [String: String] = [:]
        for number in 0..<130 { files["f\(number).c"] = "" }
        try await FileToolFixture.with(files) { fixture in
            let output = try await fixture.call(GlobTool(), ["pattern": "*.c"])
            #expect(output.text.split(separator: "\n").count == 101)
            #expect(output.text.contains("(130 files match"))
        }
    }

    @Test("codesearch puts the definition first", arguments: [true, false])
    func codeSearch(builtIn: Bool) async throws {
        try await FileToolFixture.with(Self.tree) { fixture in
            let output = try await fixture.call(
                CodeSearchTool(ripgrep: builtIn ? .never : .whenFound), ["query": "needle"])
            #expect(
                output.text.hasPrefix(
                    "Definitions:\n  src/a.swift:1: func needle() {}\nOther places:\n  .hidden/c.swift:1: needle\n"))
            #expect(!output.text.contains("secret"))
        }
    }

    @Test("a search whose time is over says that something may be missing")
    func timeLimit() async throws {
        try await FileToolFixture.with(Self.tree) { fixture in
            let budget = SearchBudget(time: SystemTime(), duration: .zero)
            let end = try WorkspaceWalker(files: fixture.files, budget: budget).walk(from: "") { _ in .next }
            #expect(end == .limited)
        }
    }
}
