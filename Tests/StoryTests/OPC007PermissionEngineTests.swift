import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-007 Permission engine")
struct OPC007PermissionEngineTests {
    /// Every tool with arguments that would do something.
    private static let calls: [(name: String, arguments: JSON)] = [
        ("read", ["filePath": "a.txt"]), ("write", ["filePath": "new.txt", "content": "x"]),
        ("edit", ["filePath": "a.txt", "oldString": "alpha", "newString": "beta"]),
        ("multiedit", ["filePath": "a.txt", "edits": [["oldString": "alpha", "newString": "beta"]]]),
        ("apply_patch", ["patchText": "*** Begin Patch\n*** Delete File: a.txt\n*** End Patch\n"]),
        ("bash", ["command": "touch made-by-bash", "description": "touch"]), ("glob", ["pattern": "*"]),
        ("grep", ["pattern": "alpha"]), ("list", [:]), ("codesearch", ["query": "alpha"]),
        ("webfetch", ["url": "http://192.0.2.1/", "format": "text"]),
        ("task", ["description": "d", "prompt": "p", "subagent_type": "general"]),
    ]

    @Test("OPC-007.1 Every tool consults the rules before it runs: denied, nothing happens at all")
    func consulted() async throws {
        try await StoryWorld.with(
            Self.calls.map { .call($0.name, $0.arguments) } + [.text("Nothing is allowed.")],
            files: ["a.txt": "alpha\n"], config: ["permission": "deny"], sideRequestsUseScript: true
        ) { world in
            let (result, json) = try await world.run("Try everything")
            #expect(result.code == 77, "\(result.story)")
            #expect(json["text"] == "Nothing is allowed.")
            let statuses = json["toolCalls"]?.arrayValue ?? []
            #expect(statuses.compactMap { $0["name"]?.stringValue } == Self.calls.map(\.name))
            for status in statuses { #expect(status["status"] == "denied", "\(status.text())") }
            #expect(world.workspace.files == ["a.txt"])
            #expect(try world.workspace.text("a.txt") == "alpha\n")
        }
    }

    @Test("OPC-007.1 The rule that decides is in the event log before the call runs, with its file and line")
    func logged() async throws {
        try await StoryWorld.with(
            [.call("write", ["filePath": "a.txt", "content": "one\n"]), .text("Done.")],
            config: ["permission": ["edit": ["*.txt": "allow"]]]
        ) { world in
            let (result, events) = try await world.events("Write a")
            #expect(result.code == 0, "\(result.story)")
            let called = try #require(events.of("session.tool.called").first)
            let decision = try #require(called.at("metadata", "permission")?[0])
            #expect(decision["action"] == "allow" && decision["permission"] == "edit")
            #expect(decision["pattern"] == "a.txt")
            let source = decision["source"]?.stringValue ?? ""
            let line = try Self.line(of: "*.txt", in: world.home.configFile)
            #expect(source == "\(world.home.configFile):\(line)")
            let types = events.types
            let before = try #require(types.firstIndex(of: "session.tool.called"))
            let after = try #require(types.firstIndex(of: "session.tool.success"))
            #expect(before < after)
        }
    }

    /// Runs a prompt on a terminal, writes these answers when asked, and gives the result.
    private func onTerminal(
        _ world: StoryWorld, _ answers: [(wait: String, write: String)], _ prompt: String = "Go"
    ) async throws -> ChildResult {
        try await world.cli.start(
            ["run", "--title", "Story", prompt],
            change: {
                $0.terminal = .init()
                $0.environment["TERM"] = "xterm-256color"
            }
        ) { process in
            for answer in answers {
                #expect(await process.waitForOutput(answer.wait), "\(answer.wait)")
                await process.write(answer.write.utf8)
            }
            return try await process.finish()
        }
    }

    private static let touch: @Sendable (String) -> Turn = {
        .call("write", ["filePath": .string($0), "content": "x\n"])
    }

    @Test("OPC-007.2 A person on a terminal answers once, always or reject; a rejection's words reach the model")
    func answers() async throws {
        try await StoryWorld.with(
            [Self.touch("once.txt"), .text("First."), Self.touch("no.txt"), .text("Second.")],
            config: ["permission": ["edit": "ask"]]
        ) { world in
            let once = try await onTerminal(world, [("Allow?", "o\r")])
            #expect(once.code == 0 && world.workspace.exists("once.txt"), "\(once.story)")
            #expect(once.out.contains("edit: Write once.txt"), "\(once.out)")
            #expect(
                once.out.contains("always saves: edit \"once.txt\" = allow"), "the rule is shown before it is saved")
            let reject = try await onTerminal(world, [("Allow?", "r put it elsewhere\r")])
            #expect(!world.workspace.exists("no.txt"), "\(reject.story)")
            let told = world.server.agentRequests.last?.toolResults.last?.text ?? ""
            #expect(told.contains("PermissionDeniedError") && told.contains("put it elsewhere"), "\(told)")
            #expect(try await saved(world).isEmpty)
        }
    }

    @Test("OPC-007.3 What was approved with always is reused by later runs, listed, explained and revoked")
    func persisted() async throws {
        try await StoryWorld.with(
            [
                Self.touch("a.txt"), .text("One."), Self.touch("a.txt"), .text("Two."), Self.touch("b.txt"),
                .text("Three."), Self.touch("a.txt"), .text("Four."),
            ], config: ["permission": ["edit": "ask", "*": "allow"]]
        ) { world in
            let first = try await onTerminal(world, [("Allow?", "a\r")])
            #expect(first.code == 0, "\(first.story)")
            try FileIO.remove(world.workspace.path.appending("a.txt"))
            let (second, _) = try await world.run("Again")
            #expect(second.code == 0 && world.workspace.exists("a.txt"), "\(second.story)")
            let (third, _) = try await world.run("Another file")
            #expect(third.code == 77 && !world.workspace.exists("b.txt"), "only what was approved: \(third.story)")

            let rows = try await saved(world)
            #expect(rows.count == 1)
            let id = try #require(rows.first?["id"]?.stringValue)
            #expect(id.hasPrefix("per_") && rows.first?["scope"] == "project" && rows.first?["action"] == "edit")
            #expect(rows.first?["resource"] == "a.txt" && rows.first?.at("time", "created")?.intValue != nil)
            let explained = try await world.cli.run("permission", "explain", "edit", "a.txt", "--json").json()
            #expect(explained["action"] == "allow" && explained["source"]?.stringValue == "saved:\(id)")

            #expect(try await world.cli.run("permission", "revoke", "per_00000000000000000000000000").code == 66)
            #expect(try await world.cli.run("permission", "revoke", id).code == 0)
            #expect(try await saved(world).isEmpty)
            try FileIO.remove(world.workspace.path.appending("a.txt"))
            let (fourth, _) = try await world.run("Once more")
            #expect(fourth.code == 77 && !world.workspace.exists("a.txt"), "\(fourth.story)")
        }
    }

    @Test("OPC-007.3 An approval for a session or everywhere reaches exactly that far")
    func scopes() async throws {
        for (key, elsewhere) in [("s", false), ("g", true)] {
            try await StoryWorld.with(
                [Self.touch("a.txt"), .text("One."), Self.touch("a.txt"), .text("Two.")],
                config: ["permission": ["edit": "ask", "*": "allow"]]
            ) { world in
                let first = try await onTerminal(world, [("Allow?", "\(key)\r")])
                #expect(first.code == 0, "\(first.story)")
                try await TempWorkspace.with(git: true) { other in
                    let cli = CLIProcess(
                        home: world.home, directory: other.path, environment: world.cli.environment)
                    let result = try await cli.run("run", "--json", "--title", "t", "Again")
                    #expect(result.code == (elsewhere ? 0 : 77), "\(key): \(result.story)")
                    #expect(other.exists("a.txt") == elsewhere)
                }
            }
        }
    }

    private func saved(_ world: StoryWorld) async throws -> [JSON] {
        let result = try await world.cli.run("permission", "list", "--json")
        #expect(result.code == 0, "\(result.story)")
        return try result.json().arrayValue ?? []
    }

    @Test("OPC-007.4 A denial is a structured tool error, and the run goes on and ends with 77")
    func structured() async throws {
        try await StoryWorld.with(
            [.call("bash", ["command": "rm -rf build", "description": "clean"]), .text("I may not.")],
            config: ["permission": ["bash": ["*": "allow", "rm *": "deny"], "*": "allow"]]
        ) { world in
            let (result, json) = try await world.run("Clean")
            #expect(result.code == 77 && json["text"] == "I may not.", "\(result.story)")
            let text = world.server.agentRequests.last?.toolResults.last?.text ?? ""
            let error = try #require(try JSON(parsing: text)["error"])
            #expect(error["name"] == "PermissionDeniedError")
            #expect(error["permission"] == "bash" && error["pattern"] == "rm -rf build")
            #expect(error["rule"]?.stringValue?.contains("rm *") == true)
            let line = try Self.line(of: "rm *", in: world.home.configFile)
            #expect(error["source"]?.stringValue == "\(world.home.configFile):\(line)")
            #expect(json["denials"]?[0]?["pattern"] == "rm -rf build")
        }
    }

    @Test("OPC-007.4 Without a terminal an ask ends by itself with 77 and names the rule to add")
    func headless() async throws {
        try await StoryWorld.with(
            [.call("write", ["filePath": "a.txt", "content": "x"]), .text("No.")], config: ["permission": [:]]
        ) { world in
            let result = try await world.cli.run("run", "--title", "t", "Write")
            #expect(result.code == 77, "\(result.story)")
            #expect(result.err.contains(#"{"permission":{"edit":{"a.txt":"allow"}}}"#), "\(result.err)")
            #expect(result.err.contains(world.home.configFile.string) && result.err.contains("--yes"))
            #expect(!world.workspace.exists("a.txt"))
        }
    }

    @Test("permission explain names the action, the rule and its place, whatever the answer, and runs nothing")
    func explain() async throws {
        let permission: JSON = [
            "bash": ["*": "ask", "git *": "allow", "git push *": "deny"], "read": ["secret/*": "deny"],
            "webfetch": "allow", "custom__deploy": "deny",
        ]
        try await StoryWorld.with([], files: ["a.txt": "x", "secret/k": "x"], config: ["permission": permission]) {
            world in
            func explain(_ tool: String, _ input: String, _ more: String...) async throws -> JSON {
                let result = try await world.cli.run(["permission", "explain", tool, input, "--json"] + more)
                #expect(result.code == 0, "\(result.story)")
                let json = try result.json()
                for key in ["action", "permission", "pattern", "rule", "source"] {
                    #expect(json[key]?.stringValue?.isEmpty == false, "\(tool) \(input): \(json.text())")
                }
                return json
            }
            let push = try await explain("bash", "git push origin main")
            #expect(push["action"] == "deny" && push["permission"] == "bash")
            #expect(push["rule"]?.stringValue?.contains("git push *") == true)
            let line = try Self.line(of: "git push *", in: world.home.configFile)
            #expect(push["source"]?.stringValue == "\(world.home.configFile):\(line)")
            #expect(try await explain("bash", "git log")["action"] == "allow")
            #expect(try await explain("bash", "git log; git push origin x")["action"] == "deny")
            #expect(try await explain("bash", "touch made")["action"] == "ask")
            #expect(try await explain("read", "a.txt")["source"] == "built-in")
            #expect(try await explain("read", "secret/k")["action"] == "deny")
            #expect(try await explain("read", ".env")["action"] == "ask")
            #expect(try await explain("read", world.workspace.path.appending("secret/k").string)["action"] == "deny")
            #expect(try await explain("webfetch", "https://example.org/")["action"] == "allow")
            #expect(try await explain("server__tool", "*")["action"] == "ask")
            #expect(try await explain("custom__deploy", "*")["action"] == "deny")
            #expect(try await explain("external_directory", "/etc/*")["action"] == "ask")
            #expect(try await explain("edit", "a.txt", "--agent", "plan")["action"] == "deny")
            #expect(try await explain("bash", #"{"command":"git push x"}"#)["action"] == "deny")
            #expect(!world.workspace.exists("made"))
            #expect(TestFiles.list(world.home.data).isEmpty, "asking makes no store")
        }
    }

    @Test("permission test prints a line for each expectation that does not hold and exits 1")
    func test() async throws {
        try await StoryWorld.with([], config: ["permission": ["bash": ["git *": "allow"]]]) { world in
            try world.workspace.write(
                """
                [ // what we rely on
                  {"tool": "bash", "input": "git status", "expect": "allow"},
                  {"tool": "bash", "input": "rm x", "expect": "deny"},
                  {"tool": "edit", "input": "a", "agent": "plan", "expect": "deny"},
                ]
                """, to: "expect.jsonc")
            let result = try await world.cli.run("permission", "test", "expect.jsonc")
            #expect(result.code == 1, "\(result.story)")
            #expect(result.out.split(separator: "\n").count == 1 && result.out.contains("expect.jsonc:3: bash rm x"))
            let json = try await world.cli.run("permission", "test", "expect.jsonc", "--json").json()
            #expect(json[0]?["expect"] == "deny" && json[0]?["action"] == "ask" && json[1] == nil)
            try world.workspace.write(#"[{"tool":"bash","input":"git log","expect":"allow"}]"#, to: "good.jsonc")
            #expect(try await world.cli.run("permission", "test", "good.jsonc").code == 0)
            try world.workspace.write(#"[{"tool":"bash","input":"x","expect":"maybe"}]"#, to: "bad.jsonc")
            #expect(try await world.cli.run("permission", "test", "bad.jsonc").code == 65)
            #expect(try await world.cli.run("permission", "test", "none.jsonc").code == 66)
        }
    }

    @Test("A long command can only be approved after all of it was shown")
    func paged() async throws {
        let tail = "; touch very-last-word"
        let command = "echo " + (0..<600).map { "w\($0)" }.joined(separator: " ") + tail
        try await StoryWorld.with(
            [.call("bash", ["command": .string(command), "description": "echo"]), .text("Done.")],
            config: ["permission": ["bash": "ask", "*": "allow"]]
        ) { world in
            let result = try await world.cli.start(
                ["run", "--title", "Story", "Go"],
                change: {
                    $0.terminal = .init()
                    $0.environment["TERM"] = "xterm-256color"
                }
            ) { process in
                #expect(await process.waitForOutput("; Enter shows more"))
                let text = String(decoding: process.output, as: UTF8.self)
                let count = text.split(separator: "page 1 of ").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
                #expect((2...20).contains(count) && !text.contains("very-last-word"), "\(text)")
                for page in 1..<max(2, count) {
                    #expect(await process.waitForOutput("page \(page) of \(count);"))
                    #expect(!String(decoding: process.output, as: UTF8.self).contains("Allow?"))
                    await process.write("o\r".utf8)
                }
                #expect(await process.waitForOutput("Allow?"))
                await process.write("r\r".utf8)
                return try await process.finish()
            }
            #expect(result.out.contains("very-last-word"), "\(result.story)")
            #expect(!world.workspace.exists("very-last-word"), "an answer before the last page approves nothing")
        }
    }

    @Test("debug permission prints the rules in force with their sources, and changes nothing")
    func debug() async throws {
        try await StoryWorld.with([], config: ["permission": ["bash": ["git *": "allow"]]]) { world in
            let result = try await world.cli.run("debug", "permission", "--json")
            #expect(result.code == 0, "\(result.story)")
            let rules = try result.json()["rules"]?.arrayValue ?? []
            let git = try #require(rules.first { $0["pattern"] == "git *" })
            #expect(git["source"]?.stringValue?.hasPrefix("\(world.home.configFile):") == true)
            #expect(rules.contains { $0["source"] == "built-in" && $0["permission"] == "external_directory" })
            #expect(TestFiles.list(world.home.data).isEmpty)
        }
    }

    /// The line, from 1, that holds a key of a pretty-printed file.
    static func line(of key: String, in file: FilePath) throws -> Int {
        let lines = try TestFiles.text(file).split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.firstIndex { $0.contains("\"\(key)\":") } ?? -1) + 1
    }
}
