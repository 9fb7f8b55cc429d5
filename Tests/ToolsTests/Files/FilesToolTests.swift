import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

#if canImport(Glibc)
    import Glibc
#endif

@Suite("File tools")
struct FilesToolTests {
    @Test("read numbers lines, continues at an offset and says where the end is")
    func read() async throws {
        try await FileToolFixture.with(["a.txt": "one\ntwo\nthree\n"]) { fixture in
            let whole = try await fixture.call(ReadTool(), ["filePath": "a.txt"])
            #expect(
                whole.text == "<file>\n00001| one\n00002| two\n00003| three\n\n(End of file - total 3 lines)\n</file>")
            let part = try await fixture.call(ReadTool(), ["filePath": "a.txt", "offset": 1, "limit": 1])
            #expect(part.text.contains("00002| two\n\n(File has more lines. Use 'offset' 2 to read beyond line 2)"))
            #expect(
                await fixture.failure(ReadTool(), ["filePath": "a.txt", "offset": 3])?.message.contains("3 lines")
                    == true)
            #expect(await fixture.failure(ReadTool(), ["filePath": "a.txt", "limit": 0]) != nil)
        }
    }

    @Test("the last of 2,000 lines arrives through the registry, and what is cut names the file")
    func readLimits() async throws {
        let lines = (1...2_001).map { "line \($0)\n" }
        try await FileToolFixture.with(["a.txt": lines.joined(), "b.txt": lines.dropLast().joined()]) { fixture in
            let registry = ToolRegistry([ReadTool()])
            let cut = try await registry.execute("read", input: ["filePath": "a.txt"], context: fixture.context)
            #expect(cut.text.contains("02000| line 2000\n"))
            #expect(cut.text.contains("Use 'offset' 2000 to read beyond line 2000"))
            #expect(cut.truncatedFile == fixture.root.path.appending("a.txt"))
            let whole = try await registry.execute("read", input: ["filePath": "b.txt"], context: fixture.context)
            #expect(whole.text.contains("01000| line 1000\n") && whole.text.contains("02000| line 2000\n"))
            #expect(whole.text.contains("total 2000 lines"))
        }
    }

    @Test("read answers a missing file with near names, and a directory with its entries")
    func readMissing() async throws {
        try await FileToolFixture.with(["src/config.swift": "", "src/other.swift": "", "src/deep/x": ""]) { fixture in
            let error = await fixture.failure(ReadTool(), ["filePath": "src/Config.swft"])
            #expect(error?.kind == .notFound)
            #expect(error?.message.contains("Did you mean src/config.swift") == true)
            let far = await fixture.failure(ReadTool(), ["filePath": "nowhere/at/all"])
            #expect(far?.message.contains("'.'") == true)
            let listing = try await fixture.call(ReadTool(), ["filePath": "src"])
            #expect(listing.text == "<directory>\nconfig.swift\ndeep/\nother.swift\n</directory>")
        }
    }

    @Test("read attaches images, refuses binaries and never hangs on a pipe")
    func readKinds() async throws {
        try await FileToolFixture.with { fixture in
            let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 1, 2]
            try AtomicFile.write(png, to: fixture.workspace.path.appending("p.txt"))
            let output = try await fixture.call(ReadTool(), ["filePath": "p.txt"])
            #expect(
                output.attachments == [
                    .file(uri: "data:image/png;base64,iVBORw0KGgoAAQI=", mime: "image/png", name: "p.txt")
                ])
            try AtomicFile.write([0, 1, 2, 3], to: fixture.workspace.path.appending("b"))
            #expect(await fixture.failure(ReadTool(), ["filePath": "b"])?.message.contains("binary") == true)
            mkfifo(fixture.workspace.path.appending("pipe").string, 0o600)
            #expect(
                await fixture.failure(ReadTool(), ["filePath": "pipe"])?.message.contains("no regular file") == true)
        }
    }

    @Test("a file too large to edit is streamed and read from any offset")
    func readLarge() async throws {
        try await FileToolFixture.with { fixture in
            let line = Array((String(repeating: "x", count: 1_023) + "\n").utf8)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(9 * 1_048_576)
            for _ in 0..<(9 * 1_024) { bytes += line }
            try AtomicFile.write(bytes, to: fixture.workspace.path.appending("big"))
            let output = try await fixture.call(ReadTool(), ["filePath": "big", "offset": 5_000, "limit": 2])
            #expect(output.text.contains("05001| xxx"))
            #expect(output.text.contains("cannot be edited") || output.text.contains("not edited"))
            let edit = await fixture.failure(EditTool(), ["filePath": "big", "oldString": "x", "newString": "y"])
            #expect(edit?.message.contains("8 MiB") == true)
        }
    }

    @Test("write creates files with their folders and replaces only what was read and has not changed")
    func write() async throws {
        try await FileToolFixture.with(["old.txt": "old\r\n"]) { fixture in
            let created = try await fixture.call(WriteTool(), ["filePath": "new/deep/a.txt", "content": "x\n"])
            #expect(try fixture.workspace.text("new/deep/a.txt") == "x\n")
            #expect(created.metadata["files"]?[0]?["status"]?.stringValue == "added")
            let unread = await fixture.failure(WriteTool(), ["filePath": "old.txt", "content": "lost"])
            #expect(unread?.kind == .conflict)
            try await fixture.read("old.txt")
            chmod(fixture.workspace.path.appending("old.txt").string, 0o755)
            _ = try await fixture.call(WriteTool(), ["filePath": "old.txt", "content": "one\ntwo\n"])
            #expect(try fixture.workspace.text("old.txt") == "one\r\ntwo\r\n")
            #expect(try FileIO.stat(fixture.workspace.path.appending("old.txt")).mode & 0o777 == 0o755)
            try fixture.workspace.write("user's\r\n", to: "old.txt")
            let changed = await fixture.failure(WriteTool(), ["filePath": "old.txt", "content": "lost"])
            #expect(changed?.message.contains("has changed since") == true)
            #expect(try fixture.workspace.text("old.txt") == "user's\r\n")
        }
    }

    @Test(
        "what git keeps for itself is not written",
        arguments: [".git/hooks/pre-commit", "sub/.git/config", ".GIT/config"])
    func gitFolder(path: String) async throws {
        try await FileToolFixture.with([".git/HEAD": "ref", "sub/.git/config": "x"]) { fixture in
            let before = try fixture.snapshot()
            #expect(await fixture.failure(WriteTool(), ["filePath": .string(path), "content": "x"]) != nil)
            let patch = "*** Begin Patch\n*** Add File: \(path)\n+x\n*** End Patch"
            #expect(await fixture.failure(ApplyPatchTool(), ["patchText": .string(patch)]) != nil)
            #expect(try fixture.snapshot() == before)
        }
    }

    @Test("edit needs the file as it was read, reports a tolerant match, and chains without a new read")
    func edit() async throws {
        try await FileToolFixture.with(["a.py": "def f():\r\n    return 1\r\n"]) { fixture in
            let input: JSON = ["filePath": "a.py", "oldString": "return 1", "newString": "return 2"]
            #expect(await fixture.failure(EditTool(), input)?.kind == .conflict)
            try await fixture.read("a.py")
            let output = try await fixture.call(EditTool(), input)
            #expect(output.metadata["additions"]?.intValue == 1)
            #expect(output.metadata["deletions"]?.intValue == 1)
            #expect(output.metadata["diff"]?.stringValue?.contains("+    return 2") == true)
            let second = try await fixture.call(
                EditTool(),
                ["filePath": "a.py", "oldString": "def f():\n  return 2", "newString": "def g():\n  return 3"])
            #expect(second.text.contains("line-trimmed"))
            #expect(try fixture.workspace.text("a.py").hasPrefix("def g():\r\n"))
            try fixture.workspace.write("other", to: "a.py")
            #expect(await fixture.failure(EditTool(), input)?.kind == .conflict)
        }
    }

    @Test("an empty oldString creates a file and never replaces one")
    func editCreates() async throws {
        try await FileToolFixture.with(["a.txt": "keep"]) { fixture in
            _ = try await fixture.call(EditTool(), ["filePath": "b.txt", "oldString": "", "newString": "new"])
            #expect(try fixture.workspace.text("b.txt") == "new")
            try await fixture.read("a.txt")
            #expect(
                await fixture.failure(EditTool(), ["filePath": "a.txt", "oldString": "", "newString": "gone"]) != nil)
            #expect(try fixture.workspace.text("a.txt") == "keep")
        }
    }

    @Test("multiedit makes all edits or none and names the one that failed")
    func multiEdit() async throws {
        try await FileToolFixture.with(["a.txt": "one\ntwo\n"]) { fixture in
            try await fixture.read("a.txt")
            let failing = await fixture.failure(
                MultiEditTool(),
                [
                    "filePath": "a.txt",
                    "edits": [["oldString": "one", "newString": "1"], ["oldString": "none", "newString": "2"]],
                ])
            #expect(failing?.message.contains("Edit 2 of 2") == true)
            #expect(try fixture.workspace.text("a.txt") == "one\ntwo\n")
            _ = try await fixture.call(
                MultiEditTool(),
                [
                    "filePath": "a.txt",
                    "edits": [["oldString": "one", "newString": "1"], ["oldString": "1\ntwo", "newString": "2"]],
                ])
            #expect(try fixture.workspace.text("a.txt") == "2\n")
        }
    }

    @Test("list shows upper levels first, at most 100 entries, without ignored files")
    func list() async throws {
        var files = [".gitignore": "ignored/\n", "ignored/x": "", "z.txt": ""]
        for number in 0..<150 { files["deep/f\(number)"] = "" }
        try await FileToolFixture.with(files) { fixture in
            let output = try await fixture.call(ListTool(), [:])
            #expect(output.text.hasPrefix("./\n  .gitignore\n  deep/\n    f0\n"))
            #expect(output.text.contains("\n  z.txt\n"))
            #expect(!output.text.contains("ignored/"))
            #expect(output.text.contains("(53 more entries"))
            let ignoring = try await fixture.call(ListTool(), ["ignore": ["deep/"]])
            #expect(ignoring.text == "./\n  .gitignore\n  z.txt\n")
        }
    }
}
