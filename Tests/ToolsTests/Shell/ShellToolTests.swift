import Permissions
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Tools

@Suite("bash")
struct ShellToolTests {
    @Test("stdout and stderr come in order, with the exit code")
    func output() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call("bash", ["command": "echo a; echo b >&2; echo c; exit 3"])
            #expect(output.text == "a\nb\nc\nExit code: 3")
            #expect(output.metadata["exit"] == 3)
            #expect(try await world.call("bash", ["command": "true"]).text == "(no output)")
            #expect(try await world.call("bash", ["command": "printf x"]).text == "x")
            #expect(try await world.call("bash", ["command": "kill -9 $$"]).text.contains("signal 9"))
        }
    }

    @Test("input is empty and there is no terminal")
    func noInput() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call("bash", ["command": "cat; tty || true"])
            #expect(output.text.contains("not a tty"))
        }
    }

    @Test("only allowed variables reach the command")
    func environment() async throws {
        let variables = [
            "OPENAI_API_KEY": "sk-canary", "AWS_SECRET_ACCESS_KEY": "canary", "LC_ALL": "C",
            "HTTPS_PROXY": "http://p:1",
            "LD_PRELOAD": "/nowhere.so", "BASH_ENV": "/nowhere",
        ]
        try await ToolWorld.with(variables: variables) { (world) async throws in
            let text = try await world.call("bash", ["command": "env"]).text
            #expect(!text.contains("canary") && !text.contains("LD_PRELOAD") && !text.contains("BASH_ENV"))
            #expect(
                text.contains("LC_ALL=C") && text.contains("HTTPS_PROXY=http://p:1")
                    && text.contains("HOME=/home/nobody"))
        }
    }

    @Test("workdir must be a directory of the workspace")
    func workdir() async throws {
        try await ToolWorld.with(files: ["sub/a.txt": "x"]) { (world) async throws in
            #expect(try await world.call("bash", ["command": "ls", "workdir": "sub"]).text == "a.txt\n")
            for bad in ["/", "/etc", "..", "sub/../.."] {
                let error = await world.failure("bash", ["command": "ls", "workdir": .string(bad)])
                #expect(error?.kind == .denied, "\(bad)")
            }
            for bad in ["none", "sub/a.txt"] {
                #expect(
                    await world.failure("bash", ["command": "ls", "workdir": .string(bad)])?.kind == .notFound, "\(bad)"
                )
            }
        }
    }

    @Test("a command that takes too long is stopped with all it started, and its output stays")
    func timeout() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call(
                "bash", ["command": "echo started; (setsid sleep 7411 &) ; sleep 7411", "timeout": 300])
            #expect(output.text.hasPrefix("started\n") && output.text.contains("stopped after 300 ms"))
            #expect(output.metadata["timedOut"] == true)
            #expect(await ProcessTable.waitUntilGone("7411"))
        }
    }

    @Test("what a command leaves behind is killed, and does not hold the call")
    func leftovers() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call(
                "bash", ["command": "sleep 7412 & setsid nohup sleep 7412 >/dev/null 2>&1 & echo done"])
            #expect(output.text == "done\n")
            // Measured on the call's own thread: other tests keep the two threads of the pool busy.
            #expect(output.metadata["durationMs"]?.intValue ?? .max < 2_000)
            #expect(await ProcessTable.waitUntilGone("7412"))
        }
    }

    @Test("cancelling the task kills the tree and throws cancelled")
    func cancellation() async throws {
        try await ToolWorld.with { (world) async throws in
            let task = Task { await world.failure("bash", ["command": "echo begun; setsid sleep 7413 & sleep 7413"]) }
            #expect(await ProcessTable.waitUntilThere("sleep\u{0}7413"))
            task.cancel()
            let error = await task.value
            #expect(error?.kind == .cancelled)
            #expect(error?.message.contains("begun") == true)
            #expect(await ProcessTable.waitUntilGone("7413"))
        }
    }

    @Test("long output keeps its head and tail, all of it in a file")
    func longOutput() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call("bash", ["command": "seq 1 100000"])
            let file = try #require(output.truncatedFile)
            #expect(output.text.utf8.count <= 51_200 + 400)
            #expect(output.text.hasPrefix("1\n2\n3\n") && output.text.contains("\n100000\n"))
            #expect(output.text.contains("bytes left out"))
            #expect(output.text.contains(file.string))
            #expect(try FileIO.read(file).count == 588_895)
            #expect(output.metadata["bytes"] == 588_895)
        }
    }

    @Test("more than 2,000 short lines are cut by lines")
    func manyLines() async throws {
        try await ToolWorld.with { (world) async throws in
            let output = try await world.call("bash", ["command": "seq 1 3000"])
            #expect(output.truncatedFile != nil)
            let lines = output.text.utf8.split(separator: 0x0A)
            #expect(lines.count <= 2_004)
            #expect(output.text.contains("\n3000\n") && !output.text.contains("\n1500\n"))
            #expect(try await world.call("bash", ["command": "seq 1 2000"]).truncatedFile == nil)
        }
    }

    @Test("the timeout is bounded and must be positive, the command not empty")
    func badArguments() async throws {
        try await ToolWorld.with { (world) async throws in
            #expect(await world.failure("bash", ["command": "ls", "timeout": 0])?.kind == .invalidArguments)
            #expect(await world.failure("bash", ["command": " \n"])?.kind == .invalidArguments)
            #expect(await world.failure("bash", ["command": "a\u{0}b"])?.kind == .invalidArguments)
            #expect(
                await world.failure("bash", ["command": .string(String(repeating: "x", count: 200_000))])?.kind
                    == .invalidArguments)
            #expect(try await world.call("bash", ["command": "echo ok", "timeout": "99999999"]).text == "ok\n")
        }
    }

    @Test("each simple command of a command is demanded, and what is saved covers nothing else")
    func demand() async throws {
        try await ToolWorld.with { (world) async throws in
            _ = try await world.call("bash", ["command": "echo hi"])
            _ = try await world.call("bash", ["command": "true && echo a*"])
            let demands = world.gate.demands
            #expect(demands.map(\.permission) == ["bash", "bash"])
            #expect(demands.map(\.patterns) == [["echo hi"], ["true", "echo a*"]])
            #expect(demands.map(\.always) == [["echo *"], ["true", "echo *"]])
        }
    }

    @Test(
        "a command that is not understood is cut at everything that can start another",
        arguments: [
            ("git status", ["git status"]), ("git status; rm -rf x", ["git status", "rm -rf x"]),
            ("a && b || c | d & e", ["a", "b", "c", "d", "e"]), ("a\nb\r\nc", ["a", "b", "c"]),
            ("git $(rm x) `rm y`", ["git", "rm x", "rm y"]), ("echo ${x:-$(rm z)}", ["echo", "x:-", "rm z"]),
            ("(cd a; rm b)", ["cd a", "rm b"]), ("{ rm b; }", ["rm b"]), ("git log > out", ["git log", "> out"]),
            ("git log >> ~/.bashrc", ["git log", ">> ~/.bashrc"]), ("diff <(rm a) b", ["diff", "<", "rm a", "b"]),
            ("make 2>&1 | tail", ["make", "tail"]), ("make >/dev/null 2>&1", ["make"]),
            ("make >/dev/nullx", ["make", ">/dev/nullx"]), ("make >/dev/null;rm x", ["make", "rm x"]),
            ("a; a; a", ["a"]), (";;", [";;"]), ("echo 'a; b'", ["echo 'a", "b'"]),
        ])
    func segments(command: String, expected: [String]) {
        #expect(ShellSegments.of(command) == expected)
    }

    @Test("starting and ending a command takes little time")
    func overhead() async throws {
        try await ToolWorld.with { (world) async throws in
            var times: [Int64] = []
            for _ in 0..<20 {
                times.append(try await world.call("bash", ["command": ":"]).metadata["durationMs"]?.intValue ?? .max)
            }
            // The bar is 8 ms in a release build (Benchmarks); debug and a loaded machine get room.
            #expect(times.sorted()[10] < 100, "\(times)")
        }
    }
}

@Suite("Collecting a command's output")
struct ShellOutputTests {
    @Test("bytes are kept or counted, and characters never split, for any chunking")
    func chunks() async throws {
        try await TempWorkspace.with { (data) async throws in
            let all = Array(String(repeating: "zażółć 😀 gęślą\n", count: 4_000).utf8)
            for (number, size) in [1, 7, 4_096, 65_536, all.count].enumerated() {
                let file = data.path.appending("out-\(number)")
                let output = ShellOutput(file: file)
                var index = 0
                while index < all.count {
                    output.append(Array(all[index..<min(all.count, index + size)]))
                    index += size
                }
                let shown = output.finish()
                #expect(shown.totalBytes == all.count && shown.isCut && shown.file == file)
                #expect(!shown.text.contains("\u{FFFD}"))
                #expect(shown.text.utf8.count <= 51_400)
                #expect(try FileIO.read(file) == all)
            }
        }
    }

    @Test("one line without an end is cut between characters, and the file stops at its limit")
    func oneLine() async throws {
        try await TempWorkspace.with { (data) async throws in
            let file = data.path.appending("out")
            let output = ShellOutput(file: file)
            let part = Array(String(repeating: "€", count: 30_000).utf8)
            for _ in 0..<150 { output.append(part) }
            let shown = output.finish()
            #expect(!shown.text.contains("\u{FFFD}") && shown.text.utf8.count <= 51_400)
            #expect(shown.isFileCut && shown.totalBytes == part.count * 150)
            #expect(try FileIO.stat(file).size == Int64(10 << 20))
        }
    }

    @Test("short output makes no file")
    func short() async throws {
        try await TempWorkspace.with { (data) async throws in
            let file = data.path.appending("out")
            let output = ShellOutput(file: file)
            output.append(Array("hi\n".utf8))
            let shown = output.finish()
            #expect(shown.text == "hi\n" && shown.file == nil && !FileIO.exists(file))
        }
    }

    @Test("a file that cannot be made only loses the file")
    func noFile() {
        let output = ShellOutput(file: "/proc/nowhere/out")
        output.append([UInt8](repeating: 0x61, count: 200_000))
        let shown = output.finish()
        #expect(shown.isCut && shown.file == nil && shown.totalBytes == 200_000)
    }

    @Test("progress is reported at most every 50 ms, with the last 30,000 bytes")
    func progress() {
        let time = TestTime()
        let reports = Mutex<[JSON]>([])
        let progress = ShellProgress(time: time, description: "d") { report in reports.withLock { $0.append(report) } }
        for _ in 0..<10 { progress.append(Array(String(repeating: "é", count: 10_000).utf8)) }
        #expect(reports.withLock { $0.count } == 1)
        time.advance(by: .milliseconds(51))
        progress.append(Array("end".utf8))
        let last = reports.withLock { $0.last }
        #expect(reports.withLock { $0.count } == 2)
        #expect(last?["bytes"] == 200_003)
        let text = last?["output"]?.stringValue ?? ""
        #expect(text.hasSuffix("éend") && text.utf8.count <= 30_000 && !text.contains("\u{FFFD}"))
    }
}
