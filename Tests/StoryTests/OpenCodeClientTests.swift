import Support
import SystemPackage
import TestSupport
import Testing

@Suite("The typed OpenCode client")
struct OpenCodeClientTests {
    @Test(
        "OPC-004.1 opencode-python-sdk, unchanged, spawns the server, creates, prompts, answers an ask, waits, lists, forks and uses a terminal"
    )
    func unchanged() async throws {
        try await StoryWorld.with(
            [.call("write", ["filePath": "notes.txt", "content": "hello\n"]), .text("Written.")],
            config: ["permission": ["edit": "ask"]]
        ) { story in
            let script = FilePath(#filePath).removingLastComponent().appending("Peers/opencode_client.py").string
            var options = try story.cli.options([])
            options.executable = try TestPython.path()
            options.arguments = [script, try CLIProcess.binary().string, story.workspace.path.string]
            options.timeout = .seconds(120)
            let result = try await ChildProcess.run(options)
            #expect(result.code == 0, "\(result.story)")
            let seen = try result.json()
            let expected: JSONObject = [
                "loopback": true, "created": true, "receipt": true, "ask": "edit", "answer": ["Written."],
                "listed": true, "forked": true, "copied": true, "pty": ["running", "SDK", true], "ptys": true,
                "cursor": true, "close": 1000, "exit": ["exited", 3], "removed": "PtyNotFoundError", "stopped": 0,
            ]
            for (name, value) in expected {
                #expect(seen[name] == value, "\(name): \(seen[name]?.text() ?? "nothing")")
            }
            #expect(seen["output"]?.stringValue?.contains("50 120\ngot grüße\n") == true, "\(result.out)")
            #expect(seen["replay"]?.stringValue?.utf8.count == 5)
            #expect(try story.workspace.text("notes.txt") == "hello\n")
        }
    }
}
