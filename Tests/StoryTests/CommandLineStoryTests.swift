import Support
import SystemPackage
import TestSupport
import Testing

@Suite("The command line keeps its contract")
struct CommandLineStoryTests {
    @Test("Piped input is appended to the message and jsonl prints only JSON lines")
    func pipedInput() async throws {
        try await StoryWorld.with([.call("read", ["filePath": "a.txt"]), .text("Summary.")], files: ["a.txt": "x\n"]) {
            world in
            let (result, events) = try await world.events("Summarise this", input: "first line\nsecond ünïcode line\n")
            #expect(result.code == 0, "\(result.story)")
            #expect(events.allSatisfy { $0["type"]?.stringValue != nil })
            let said = try #require(world.server.agentRequests.first?.userTexts.first)
            #expect(said.contains("Summarise this") && said.contains("first line\nsecond ünïcode line"), "\(said)")
            #expect(!result.out.contains("\u{1B}"))
        }
    }

    @Test("Piped input alone is the message")
    func pipedOnly() async throws {
        try await StoryWorld.with([.text("Yes.")]) { world in
            let result = try await world.cli.run(["run"], input: "Just this?\n")
            #expect(result.code == 0, "\(result.story)")
            #expect(world.server.agentRequests.first?.userTexts.first?.contains("Just this?") == true)
        }
    }

    @Test("By default the answer is on stdout, the tools and the way to continue are on stderr")
    func defaultFormat() async throws {
        try await StoryWorld.with(
            [.call("read", ["filePath": "a.txt"]), .text("The ", "answer.")], files: ["a.txt": "x\n"]
        ) {
            world in
            let result = try await world.cli.run("run", "Ask")
            #expect(result.code == 0, "\(result.story)")
            #expect(result.out == "The answer.\n")
            #expect(result.err.contains("read"))
            let id = try await world.onlySession()
            #expect(
                result.err.contains("[Session: \(id) | Continue with: codetether run -s \(id) \"...\"]"),
                "\(result.err)")
            #expect(!(result.out + result.err).contains("\u{1B}"), "colour without a terminal")
        }
    }

    @Test("Files given with -f reach the model, a missing one ends with 66")
    func attachments() async throws {
        try await StoryWorld.with([.text("Seen.")], files: ["plan.md": "step one: breathe\n", "sub/b.txt": "b\n"]) {
            world in
            let (result, _) = try await world.run("-f", "plan.md", "-f", "sub", "--", "Look at these")
            #expect(result.code == 0, "\(result.story)")
            let body = try #require(world.server.agentRequests.first?.userTexts.joined(separator: "\n"))
            #expect(body.contains("step one: breathe") && body.contains("b.txt"), "\(body)")
            let missing = try await world.cli.run("run", "-f", "nope.txt", "--", "Look")
            #expect(missing.code == 66, "\(missing.story)")
            #expect(missing.err.contains("nope.txt"))
        }
    }

    @Test("Without a terminal an ask is a denial: the model is told, the turn goes on, the exit code is 77")
    func headlessAsk() async throws {
        for action: JSON in ["ask", ["edit": "deny"]] {
            try await StoryWorld.with(
                [.call("write", ["filePath": "a.txt", "content": "one\n"]), .text("I may not.")],
                config: ["permission": action]
            ) { world in
                let (result, json) = try await world.run("Write a")
                #expect(result.code == 77, "\(action): \(result.story)")
                #expect(!world.workspace.exists("a.txt"))
                #expect(json["text"] == "I may not.")
                let answer = world.server.agentRequests.last?.toolResults.first?.text ?? ""
                #expect(answer.contains("PermissionDeniedError"), "\(answer)")
                let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
                #expect(stored.toolStates == ["error"])
            }
        }
    }

    @Test("--yes turns asks into allow and leaves denials")
    func yes() async throws {
        let permission: JSON = ["edit": "ask", "bash": "deny", "*": "allow"]
        try await StoryWorld.with(
            [
                .call("write", ["filePath": "a.txt", "content": "one\n"]),
                .call("bash", ["command": "touch b.txt", "description": "make b"]), .text("Half."),
            ], config: ["permission": permission]
        ) { world in
            let (result, _) = try await world.run("--yes", "Write both")
            #expect(result.code == 77, "a denied call makes the run end with 77: \(result.story)")
            #expect(world.workspace.exists("a.txt"))
            #expect(!world.workspace.exists("b.txt"))
        }
    }

    @Test(
        "No tool touches a path outside the workspace without being asked for",
        arguments: ["/etc/hostname", "../x.txt"])
    func outside(path: String) async throws {
        try await StoryWorld.with(
            [.call("read", ["filePath": .string(path)]), .text("No.")], config: ["permission": [:]]
        ) { world in
            let (result, _) = try await world.run("Read it")
            #expect(result.code == 77, "\(result.story)")
        }
    }

    @Test(
        "A wrong command line ends with 64, on stderr", arguments: [["run", "--nonsense"], ["nonsense"], ["run"], []])
    func usage(arguments: [String]) async throws {
        try await StoryWorld.with([]) { world in
            let result = try await world.cli.run(arguments)
            #expect(result.code == 64, "\(result.story)")
            #expect(!result.err.isEmpty || !result.out.isEmpty)
        }
    }

    @Test(
        "What does not exist ends with 66 and is named",
        arguments: [
            ["session", "show", "ses_00000000000000000000000001"],
            ["session", "delete", "ses_00000000000000000000000001"],
            ["run", "-s", "ses_00000000000000000000000001", "Hello"], ["run", "-m", "mock/nothing", "Hello"],
            ["run", "-c", "Hello"],
        ])
    func missing(arguments: [String]) async throws {
        try await StoryWorld.with([]) { world in
            let result = try await world.cli.run(arguments)
            #expect(result.code == 66, "\(result.story)")
            #expect(result.out.isEmpty)
            if let name = arguments.first(where: { $0.hasPrefix("ses_") || $0.hasPrefix("mock/") }) {
                #expect(result.err.contains(name), "\(result.story)")
            }
            #expect(world.server.requests.isEmpty)
        }
    }

    @Test(
        "A config error ends with 78 and names the file and the key",
        arguments: [
            (#"{"modle": "mock/m"}"#, "modle"), (#"{"provider": {"mock": {"base_url": 5}}}"#, "provider.mock.base_url"),
            ("{\n  \"model\": \"mock/m\",\n  oops\n}", "3:"),
        ])
    func configErrors(text: String, named: String) async throws {
        try await StoryWorld.with([]) { world in
            try TestFiles.write(text.utf8, to: world.home.configFile)
            let result = try await world.cli.run("run", "Hello")
            #expect(result.code == 78, "\(result.story)")
            #expect(result.err.contains(world.home.configFile.string) && result.err.contains(named), "\(result.story)")
            let json = try await world.cli.run("session", "list", "--json")
            #expect(json.code == 78)
            #expect(try json.json().at("error", "name")?.stringValue?.isEmpty == false)
        }
    }

    @Test("A reader that closes stdout early ends the run quietly with 141 and the session is saved")
    func brokenPipe() async throws {
        try await StoryWorld.with([.deltas(20_000), .text("Yes.")]) { world in
            let result = try await world.cli.start(
                ["run", "--title", "Story", "Talk"], change: { $0.closeStdoutAfter = 10 }
            ) { try await $0.finish() }
            #expect(result.code == 141, "\(result.status)")
            #expect(!result.err.lowercased().contains("error"), "\(result.err)")
            #expect(try await world.show(try await world.onlySession()).users == ["Talk"])
        }
    }

    @Test("--version prints the version and nothing else, without touching the disk")
    func version() async throws {
        try await StoryWorld.with([]) { world in
            let before = TestFiles.tree(world.home.path)
            let result = try await world.cli.run("--version")
            #expect(result.code == 0)
            let words = result.out.split(separator: " ")
            #expect(words.first == "codetether" && words.count == 2 && result.out.hasSuffix("\n"), "\(result.out)")
            #expect(words.last?.split(separator: ".").count == 3)
            #expect(result.err.isEmpty)
            #expect(TestFiles.tree(world.home.path) == before)
        }
    }

    @Test("Nothing is written into the workspace but what a tool wrote, and our directories are private")
    func footprint() async throws {
        try await StoryWorld.with([.call("read", ["filePath": "a.txt"]), .text("Fine.")], files: ["a.txt": "x\n"]) {
            world in
            let (result, _) = try await world.run("Look")
            #expect(result.code == 0, "\(result.story)")
            #expect(world.workspace.files == ["a.txt"])
            for folder in [world.home.data, world.home.state] {
                #expect(TestFiles.mode(of: folder) == 0o700, "\(folder)")
            }
            #expect(TestFiles.list(world.home.userHome).isEmpty, "HOME is not ours when CODETETHER_HOME is set")
        }
    }

    @Test("On a terminal an ask is put to the person, and an answer of once lets the call through")
    func terminalAsk() async throws {
        try await StoryWorld.with(
            [.call("write", ["filePath": "a.txt", "content": "one\n"]), .text("Written.")],
            config: ["permission": "ask"]
        ) { world in
            let result = try await world.cli.start(
                ["run", "--title", "Story", "Write a"],
                change: {
                    $0.terminal = .init()
                    $0.environment["TERM"] = "xterm-256color"
                }
            ) { process in
                #expect(await process.waitForOutput("once"))
                await process.write("o\r".utf8)
                return try await process.finish()
            }
            #expect(result.code == 0, "\(result.story)")
            #expect(world.workspace.exists("a.txt"))
            #expect(result.out.contains("Written."))
        }
    }
}
