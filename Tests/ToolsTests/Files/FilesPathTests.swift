import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Paths of the workspace")
struct FilesPathTests {
    @Test(
        "spellings of one file are one path",
        arguments: ["a/b.txt", "./a/b.txt", "a//b.txt", "a/../a/b.txt", "a/c/../b.txt", "link/b.txt", "a/self/b.txt"])
    func spellings(path: String) async throws {
        try await FileToolFixture.with(["a/b.txt": "x"]) { fixture in
            symlink("a", fixture.workspace.path.appending("link").string)
            symlink(".", fixture.workspace.path.appending("a").appending("self").string)
            let resolved = try fixture.paths.resolve(path)
            #expect(resolved.relative == "a/b.txt")
            #expect(resolved.exists)
            #expect(try fixture.paths.resolve(fixture.workspace.path.string + "/" + path).relative == "a/b.txt")
        }
    }

    @Test(
        "what is outside is refused and the path is named",
        arguments: [
            "/etc/passwd", "../x", "a/../../x", "~/x", "out/passwd", "out", "chain/passwd", "dangling", "dangling/x",
            "proc/self/root/etc/passwd", "", "a\u{0}b",
        ])
    func outside(path: String) async throws {
        try await FileToolFixture.with(["a/b.txt": "x"]) { fixture in
            symlink("/etc", fixture.workspace.path.appending("out").string)
            symlink("out", fixture.workspace.path.appending("chain").string)
            symlink("/nowhere-at-all", fixture.workspace.path.appending("dangling").string)
            symlink("/proc", fixture.workspace.path.appending("proc").string)
            for tool: any Tool in [ReadTool(), WriteTool(), EditTool(), ListTool()] {
                let error = await fixture.failure(
                    tool,
                    [
                        "filePath": .string(path), "path": .string(path), "content": "x", "oldString": "",
                        "newString": "x",
                    ])
                if path.isEmpty || path.utf8.contains(0) {
                    #expect(error?.kind == .invalidArguments)
                } else {
                    #expect(error?.message.contains(path) == true, "\(tool.name)")
                }
            }
            #expect(!FileIO.exists(FilePath("/nowhere-at-all")))
            let left = try fixture.snapshot()
            #expect(left == ["a/b.txt": Array("x".utf8)])
        }
    }

    @Test("a sibling whose name starts like the workspace is outside")
    func sibling() async throws {
        try await FileToolFixture.with { fixture in
            #expect(throws: ToolError.self) { try fixture.paths.resolve(fixture.workspace.path.string + "-other/x") }
        }
    }

    @Test("rules see the real path of a linked file as well as the written one")
    func patterns() async throws {
        try await FileToolFixture.with(["secret.env": "x"]) { fixture in
            symlink("secret.env", fixture.workspace.path.appending("harmless").string)
            let linked = try fixture.paths.resolve("harmless")
            let plain = try fixture.paths.resolve("secret.env")
            #expect(linked.patterns == ["secret.env", "harmless"])
            #expect(plain.patterns == ["secret.env"])
        }
    }

    @Test("a link that is swapped while files are read never leads out")
    func swapRace() async throws {
        try await FileToolFixture.with(["in/passwd": "inside"]) { fixture in
            let link = fixture.workspace.path.appending("link").string
            let spare = fixture.workspace.path.appending("spare").string
            symlink("in", link)
            for round in 0..<200 {
                symlink(round % 2 == 0 ? "/etc" : "in", spare)
                async let swapped: Void = { _ = rename(spare, link) }()
                let output = try? await fixture.call(ReadTool(), ["filePath": "link/passwd"])
                await swapped
                if let output { #expect(output.text.contains("inside")) }
            }
        }
    }

    @Test("the ledger forgets what was used longest ago and never grows past its limit")
    func ledger() {
        let ledger = FileLedger(limit: 8)
        for number in 0..<100 {
            ledger.record(FilePath("f\(number)"), hash: "h\(number)")
            _ = ledger.hash(of: "f0")
            #expect(ledger.count <= 8)
        }
        #expect(ledger.hash(of: "f0") == "h0")
        #expect(ledger.hash(of: "f99") == "h99")
        #expect(ledger.hash(of: "f1") == nil)
    }
}
