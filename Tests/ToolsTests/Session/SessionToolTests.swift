import Configuration
import Permissions
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Tools

@Suite("Session tools")
struct SessionToolTests {
    @Test("a todo list is replaced as a whole and read back")
    func todos() async throws {
        try await ToolWorld.with { (world) async throws in
            #expect(try await world.call("todoread", [:]).text == "The todo list is empty.")
            let output = try await world.call(
                "todowrite",
                [
                    "todos": [
                        ["content": "a", "status": "completed"],
                        ["content": "b", "status": "in_progress", "priority": "high"],
                        ["content": "c", "status": "pending"],
                    ]
                ])
            #expect(output.text == "[x] a\n[>] b (high)\n[ ] c" && output.title == "2 open")
            #expect(try await world.call("todoread", [:]).text == output.text)
            _ = try await world.call("todowrite", ["todos": "[]"])
            #expect(try await world.call("todoread", [:]).text == "The todo list is empty.")
            #expect(world.gate.demands.isEmpty)
        }
    }

    @Test("a bad todo names the item")
    func badTodos() async throws {
        try await ToolWorld.with { (world) async throws in
            let bad = await world.failure("todowrite", ["todos": [["content": "a", "status": "doing"]]])
            #expect(bad?.message.contains("todos[0].status") == true)
            #expect(
                await world.failure("todowrite", ["todos": [["content": " ", "status": "pending"]]])?.kind
                    == .invalidArguments)
            let many = JSON.array([JSON](repeating: ["content": "a", "status": "pending"], count: 101))
            #expect(await world.failure("todowrite", ["todos": many])?.kind == .invalidArguments)
        }
    }

    @Test("todo lists of old sessions are forgotten")
    func todoBound() async throws {
        let store = MemoryTodoStore()
        let item = TodoItem(content: "a", status: .pending)
        for number in 0..<1_005 { try await store.replaceTodos([item], sessionID: "ses_\(number)") }
        #expect(try await store.todos(sessionID: "ses_4") == [])
        #expect(try await store.todos(sessionID: "ses_1004") == [item])
    }

    @Test("a task goes to the named subagent after permission, and its answer comes back with its id")
    func task() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call(
                "task", ["description": "look", "prompt": "find it", "subagent_type": "explore"])
            #expect(output.text == "task_id: ses_child\n\n<task_result>\ndid: find it\n</task_result>")
            #expect(world.gate.demands.map(\.permission) == ["task"] && world.gate.demands[0].patterns == ["explore"])
            #expect(world.subagents.seen == [SubagentRequest(agent: "explore", prompt: "find it", description: "look")])
        }
    }

    @Test("an unknown subagent, an empty prompt and a bad task_id are refused; a denied task does not run")
    func badTasks() async throws {
        try await ToolWorld.with { (world) async throws in
            let unknown = await world.failure("task", ["description": "d", "prompt": "p", "subagent_type": "nobody"])
            #expect(unknown?.kind == .notFound && unknown?.message.contains("explore") == true)
            #expect(
                await world.failure("task", ["description": "d", "prompt": " ", "subagent_type": "explore"])?.kind
                    == .invalidArguments)
            let id = await world.failure(
                "task", ["description": "d", "prompt": "p", "subagent_type": "explore", "task_id": "../x"])
            #expect(id?.kind == .invalidArguments)
            world.gate.deny("task")
            #expect(
                await world.failure("task", ["description": "d", "prompt": "p", "subagent_type": "explore"])?.isDenial
                    == true)
            #expect(world.subagents.seen.isEmpty)
        }
    }

    @Test("a long answer of a subagent is cut, with the whole in a file")
    func longTask() async throws {
        let answer = String(repeating: "words\n", count: 20_000)
        try await ToolWorld.with(subagents: FakeSubagents(answer: answer)) { (world) async throws in
            let output = try await world.call("task", ["description": "d", "prompt": "p", "subagent_type": "explore"])
            #expect(output.text.utf8.count < 52_000 && output.truncatedFile != nil)
            #expect(output.text.hasPrefix("task_id: ses_child"))
        }
    }

    @Test("questions are asked and answered in order")
    func question() async throws {
        try await ToolWorld.with(asker: FakeAsker(answers: [["Yes"], []])) { (world) async throws in
            let output = try await world.call(
                "question",
                [
                    "questions": [
                        ["question": "Q1?", "options": [["label": "Yes"], ["label": "No"]]], ["question": "Q2?"],
                    ]
                ])
            #expect(output.text == "The user answered:\nQ1?\n-> Yes\nQ2?\n-> (no answer)")
            #expect(output.metadata["answers"] == [["Yes"], []])
        }
        try await ToolWorld.with { (world) async throws in
            #expect(
                await world.failure("question", ["questions": [["question": "Q?"]]])?.message.contains(
                    "Nobody is there") == true)
            #expect(await world.failure("question", ["questions": []])?.kind == .invalidArguments)
        }
    }

    @Test("a skill is loaded with the names of its files, and its size is bounded")
    func skill() async throws {
        try await TempWorkspace.with(files: [
            "s/SKILL.md": "---\nname: s\n---\nDo it.", "s/run.sh": "x", "s/ref/a.md": "x",
            "big/SKILL.md": String(repeating: "é", count: 40_000),
        ]) { (folder) async throws in
            let skills = [
                Skill(name: "s", description: "Does it.", path: folder.path.appending("s").appending("SKILL.md")),
                Skill(name: "big", description: "Large.", path: folder.path.appending("big").appending("SKILL.md")),
                Skill(name: "gone", description: "Gone.", path: folder.path.appending("gone").appending("SKILL.md")),
            ]
            try await ToolWorld.with(skills: skills) { (world) async throws in
                let output = try await world.call("skill", ["name": "s"])
                #expect(output.text.hasPrefix("<skill_content name=\"s\">\n") && output.text.contains("Do it."))
                #expect(
                    output.text.contains("\nrun.sh") && output.text.contains("\nref/a.md")
                        && !output.text.contains("\nSKILL.md"))
                #expect(world.gate.demands.first?.permission == "skill")
                let big = try await world.call("skill", ["name": "big"])
                #expect(!big.text.contains("\u{FFFD}") && big.text.utf8.count < 52_500)
                #expect(await world.failure("skill", ["name": "gone"])?.kind == .failed)
                let unknown = await world.failure("skill", ["name": "nope"])
                #expect(unknown?.kind == .notFound && unknown?.message.contains("s, big, gone") == true)
                #expect(SkillTool(skills: skills).definition.description.contains("- s: Does it."))
            }
        }
    }

    @Test("a batch runs its calls with their own checks and shows each result")
    func batch() async throws {
        try await ToolWorld.with(files: ["a.txt": "one\n", "b.txt": "two\n"]) { (world) async throws in
            let output = try await world.call(
                "batch",
                [
                    "tool_calls": [
                        ["tool": "read", "parameters": ["filePath": "a.txt"]],
                        ["tool": "read", "parameters": ["filePath": "b.txt"]],
                        ["tool": "bash", "parameters": ["command": "echo three"]],
                        ["tool": "read", "parameters": ["filePath": "none"]],
                        ["tool": "nope", "parameters": [:]],
                    ]
                ])
            #expect(output.text.contains("[1] read: completed") && output.text.contains("00001| one"))
            #expect(output.text.contains("[2] read: completed") && output.text.contains("00001| two"))
            #expect(output.text.contains("[3] bash: completed\nthree"))
            #expect(output.text.contains("[4] read: error\nError: ") && output.text.contains("[5] nope: error"))
            #expect(output.title == "3 of 5 calls succeeded")
            #expect(world.gate.demands.map(\.permission).sorted() == ["bash", "read", "read", "read"])
        }
    }

    @Test("a denied call in a batch does not run, the others do; when nothing ran the batch is denied")
    func batchDenied() async throws {
        try await ToolWorld.with(files: ["a.txt": "one\n"]) { (world) async throws in
            world.gate.deny("bash")
            let touch: JSON = ["tool": "bash", "parameters": ["command": "touch made"]]
            let output = try await world.call(
                "batch", ["tool_calls": [touch, ["tool": "read", "parameters": ["filePath": "a.txt"]]]])
            #expect(output.text.contains("[1] bash: denied") && output.text.contains("[2] read: completed"))
            #expect(!world.workspace.exists("made"))
            #expect(await world.failure("batch", ["tool_calls": [touch]])?.isDenial == true)
        }
    }

    @Test("a batch has 1 to 25 calls, none of them a batch, and only what was offered")
    func batchBounds() async throws {
        try await ToolWorld.with { (world) async throws in
            let call: JSON = ["tool": "todoread", "parameters": [:]]
            #expect(
                await world.failure("batch", ["tool_calls": .array([JSON](repeating: call, count: 26))])?.kind
                    == .invalidArguments)
            #expect(await world.failure("batch", ["tool_calls": []])?.kind == .invalidArguments)
            #expect(
                await world.failure("batch", ["tool_calls": [["tool": "batch", "parameters": [:]]]])?.kind
                    == .invalidArguments)
            let all = try await world.call("batch", ["tool_calls": .array([JSON](repeating: call, count: 25))])
            #expect(all.title == "25 of 25 calls succeeded")
            let output = try await world.call(
                "batch", ["tool_calls": [["tool": "bash", "parameters": ["command": "touch x"]]]],
                offered: ["batch", "read"])
            #expect(output.text.contains("[1] bash: error") && !world.workspace.exists("x"))
        }
    }

    @Test("plan_enter switches at once; plan_exit only with the user's yes")
    func plan() async throws {
        try await ToolWorld.with(asker: FakeAsker(answers: [["Yes"]])) { (world) async throws in
            _ = try await world.call("plan_enter", [:])
            #expect(await world.failure("plan_enter", [:], agent: "plan")?.kind == .conflict)
            #expect(await world.failure("plan_exit", [:])?.kind == .conflict)
            _ = try await world.call("plan_exit", [:], agent: "plan")
            #expect(world.switched.withLock { $0 } == ["plan", "build"])
        }
        try await ToolWorld.with(asker: FakeAsker(answers: [["add tests"]])) { (world) async throws in
            let output = try await world.call("plan_exit", [:], agent: "plan")
            #expect(output.text == "The user wants to keep planning. They said: add tests")
            #expect(world.switched.withLock { $0 } == [])
        }
        try await ToolWorld.with { (world) async throws in
            #expect(try await world.call("plan_exit", [:], agent: "plan").text.contains("Stay in plan mode"))
            #expect(world.switched.withLock { $0 } == [])
        }
    }
}
