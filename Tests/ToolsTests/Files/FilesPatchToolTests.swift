import Permissions
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

@Suite("Patches of several files")
struct FilesPatchToolTests {
    private func patch(_ body: String) -> JSON { ["patchText": .string("*** Begin Patch\n\(body)*** End Patch\n")] }

    @Test("files are added, changed, moved and removed in one call, and the result names them")
    func all() async throws {
        try await FileToolFixture.with(["b.txt": "one\r\ntwo\r\n", "c.txt": "c\n", "d.txt": "d\n"]) { fixture in
            let output = try await fixture.call(
                ApplyPatchTool(),
                patch(
                    "*** Add File: new/a.txt\n+a\n*** Update File: b.txt\n@@\n one\n-two\n+2\n"
                        + "*** Update File: c.txt\n*** Move to: moved/c.txt\n@@\n-c\n+C\n*** Delete File: d.txt\n"))
            #expect(
                try fixture.snapshot() == [
                    "new/a.txt": Array("a\n".utf8), "b.txt": Array("one\r\n2\r\n".utf8),
                    "moved/c.txt": Array("C\n".utf8),
                ])
            #expect(output.text == "Patch applied:\nA new/a.txt\nM b.txt\nR c.txt -> moved/c.txt\nD d.txt")
            #expect(output.metadata["files"]?.arrayValue?.count == 5)
        }
    }

    @Test("one hunk that does not fit leaves every file as it was")
    func nothingOnMismatch() async throws {
        try await FileToolFixture.with(["a.txt": "a\n", "b.txt": "b\n"]) { fixture in
            let before = try fixture.snapshot()
            let error = await fixture.failure(
                ApplyPatchTool(),
                patch(
                    "*** Add File: n/x.txt\n+x\n*** Update File: a.txt\n@@\n-a\n+A\n*** Update File: b.txt\n@@\n-zz\n+B\n"
                ))
            #expect(error?.message.contains("b.txt") == true)
            #expect(try fixture.snapshot() == before)
            #expect(!fixture.workspace.exists("n"))
        }
    }

    @Test("files that exist are neither added over nor moved over, and missing ones are not changed")
    func refusals() async throws {
        try await FileToolFixture.with(["a.txt": "a\n", "b.txt": "b\n"]) { fixture in
            let before = try fixture.snapshot()
            for body in [
                "*** Add File: a.txt\n+x\n", "*** Update File: a.txt\n*** Move to: b.txt\n@@\n-a\n+A\n",
                "*** Delete File: none.txt\n", "*** Update File: none.txt\n@@\n-a\n+b\n",
                "*** Delete File: a.txt\n*** Update File: a.txt\n@@\n-a\n+b\n", "*** Update File: ../x\n@@\n-a\n+b\n",
            ] {
                #expect(await fixture.failure(ApplyPatchTool(), patch(body)) != nil, "\(body)")
            }
            #expect(try fixture.snapshot() == before)
        }
    }

    @Test("the permission asked for covers every path, move targets too")
    func demands() async throws {
        try await FileToolFixture.with(["a.txt": "a\n"]) { fixture in
            let input = patch("*** Update File: a.txt\n*** Move to: b/c.txt\n@@\n-a\n+A\n*** Add File: d\n+x\n")
            let demands = try ApplyPatchTool().demands(ToolInput(input), fixture.context)
            #expect(demands.map(\.permission) == ["edit"])
            #expect(demands.first?.patterns == ["a.txt", "b/c.txt", "d"])
        }
    }

    @Test("wherever a commit fails, the workspace is as before, with modes and without new folders")
    func rollback() async throws {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<60 {
            var start: [String: String] = [:]
            for number in 0..<(1 + random.below(5)) { start["d\(number % 3)/f\(number)"] = "text \(number)\n" }
            let names = start.keys.sorted()
            try await FileToolFixture.with(start) { fixture in
                var changes: [FileChange] = []
                for name in names {
                    let before = FileState(bytes: try fixture.workspace.bytes(name), mode: 0o644)
                    switch random.below(3) {
                    case 0: changes.append(FileChange(path: FilePath(name), before: before, after: nil))
                    case 1:
                        changes.append(
                            FileChange(
                                path: FilePath(name), before: before, after: FileState(bytes: [1, 2, 3], mode: 0o755)))
                    default:
                        changes.append(
                            FileChange(
                                path: FilePath("new/\(name)"), before: nil, after: FileState(bytes: [4], mode: 0o644)))
                    }
                }
                changes.shuffle(using: &random)
                let before = try fixture.snapshot()
                let failAt = random.below(changes.count)
                let set = FileChangeSet(changes)
                #expect(throws: ToolError.self) {
                    try set.commit(in: fixture.files, ledger: fixture.ledger) { index throws(ToolError) in
                        if index == failAt { throw ToolError(.failed, "no space") }
                    }
                }
                #expect(try fixture.snapshot() == before)
                #expect(!fixture.workspace.exists("new"))
                #expect(fixture.ledger.count == 0)
                for name in names {
                    #expect(try FileIO.stat(fixture.workspace.path.pushing(FilePath(name))).mode & 0o777 == 0o644)
                }
                try set.commit(in: fixture.files, ledger: fixture.ledger)
                for change in changes {
                    #expect(fixture.ledger.hash(of: change.path) == change.after?.hash)
                }
            }
        }
    }

    @Test("a file that changes between plan and write stops the commit")
    func changedMeanwhile() async throws {
        try await FileToolFixture.with(["a.txt": "a\n", "b.txt": "b\n"]) { fixture in
            let changes = ["a.txt", "b.txt"].map { name in
                FileChange(
                    path: FilePath(name), before: FileState(bytes: Array("\(name.prefix(1))\n".utf8), mode: 0o644),
                    after: FileState(bytes: [1], mode: 0o644))
            }
            let workspace = fixture.workspace
            let error = #expect(throws: ToolError.self) {
                try FileChangeSet(changes).commit(in: fixture.files, ledger: fixture.ledger) {
                    index throws(ToolError) in
                    if index == 1 { try? workspace.write("user's\n", to: "b.txt") }
                }
            }
            #expect(error?.kind == .conflict)
            let left = try fixture.snapshot()
            #expect(left == ["a.txt": Array("a\n".utf8), "b.txt": Array("user's\n".utf8)])
        }
    }
}
