import Glibc
import Support
import Synchronization
import SystemPackage
import Testing

/// Serialised: they measure times and look at the process table.
@Suite("Process runner", .serialized)
struct ProcessTests {
    private let runner = ProcessRunner()
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func shell(_ script: String) -> Command {
        Command(
            executable: "/bin/bash", arguments: ["-c", script], directory: scratch.path,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    }

    /// The pid that a script wrote to `name`; nil when it did not.
    private func pid(_ name: String) -> Int32? {
        (try? scratch.text(name)).flatMap { Int32($0.split(separator: "\n").first.map(String.init) ?? "") }
    }

    private func isAlive(_ pid: Int32) -> Bool {
        guard let stat = try? FileIO.read(FilePath("/proc/\(pid)/stat")) else { return false }
        return !text(stat).contains(") Z ")
    }

    /// Waits up to two seconds for a process to go: a killed one needs a moment.
    private func isGone(_ pid: Int32) -> Bool {
        for _ in 0..<200 where isAlive(pid) { poll(nil, 0, 10) }
        return !isAlive(pid)
    }

    private func descriptors() throws -> Int { try FileIO.list("/proc/self/fd").count }

    @Test("output, error output, exit code and directory are the program's")
    func basics() async throws {
        var command = shell("pwd; echo err >&2; echo \"$A\"; exit 7")
        command.environment["A"] = "é\nx"
        let result = try await runner.run(command)
        #expect(result.status == .exited(7) && !result.isSuccess)
        #expect(result.stdout.text == "\(scratch.path)\né\nx\n")
        #expect(result.stderr.text == "err\n")
        #expect(result.totalBytes == result.stdout.totalBytes + 4 && result.leftovers == 0)
        #expect(try await runner.run(shell("kill -9 $$")).status == .signaled(9))
    }

    @Test("stdin is /dev/null or the given bytes")
    func stdin() async throws {
        #expect(try await runner.run(shell("readlink /proc/self/fd/0; cat")).stdout.text == "/dev/null\n")
        var command = shell("wc -c")
        command.stdin = [UInt8](repeating: 0x61, count: 3_000_000)
        #expect(try await runner.run(command).stdout.text == "3000000\n")
        var ignored = shell("true")
        ignored.stdin = [UInt8](repeating: 0x61, count: 3_000_000)
        #expect(try await runner.run(ignored).isSuccess)
    }

    @Test("the child has three descriptors, default signals, a group and session of its own and no terminal")
    func hygiene() async throws {
        signal(SIGPIPE, SIG_IGN)
        let list = Command(
            executable: "ls", arguments: ["/proc/self/fd"], directory: scratch.path, environment: [:])
        #expect(try await runner.run(list).stdout.text == "0\n1\n2\n3\n", "3 is the directory that ls reads")
        let terminal = try await runner.run(shell(": < /dev/tty"))
        #expect(terminal.status == .exited(1), "there is no terminal to open")
        let status = Command(
            executable: "grep", arguments: ["-E", "^Sig(Ign|Blk)", "/proc/self/status"], directory: scratch.path,
            environment: [:])
        let signals = try await runner.run(status).stdout.text
        #expect(signals == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
        let ids = try await runner.run(shell("echo $$; cut -d' ' -f5,6 /proc/$$/stat"))
        let parts = ids.stdout.text.split(whereSeparator: { $0 == "\n" || $0 == " " })
        #expect(Set(parts).count == 1)
    }

    @Test("a program that is not there, is no program, or has a bad directory or argument is an error with a sentence")
    func errors() async throws {
        func kind(_ command: Command) async -> ProcessError.Kind? {
            do throws(ProcessError) {
                _ = try await runner.run(command)
                return nil
            } catch {
                #expect(error.message.hasSuffix("."))
                return error.kind
            }
        }
        let plain = try scratch.write("no program", to: "plain")
        var command = shell("true")
        command.executable = "no-such-program-here"
        #expect(await kind(command) == .notFound)
        command.executable = "/no/such/program"
        #expect(await kind(command) == .notFound)
        command.executable = plain
        #expect(await kind(command) == .notExecutable)
        command.executable = scratch.path
        #expect(await kind(command) == .notExecutable)
        command = shell("true")
        command.directory = "/no/such/directory"
        #expect(await kind(command) == .badDirectory)
        command = shell("true")
        command.arguments.append("a\0b")
        #expect(await kind(command) == .badArgument)
        command = shell("true")
        command.environment["A=B"] = "c"
        #expect(await kind(command) == .badArgument)
        command = shell("true")
        command.arguments.append(String(repeating: "x", count: 5_000_000))
        #expect(await kind(command) == .badArgument)
    }

    @Test("names are looked up in PATH, and a script without #! is run by the shell")
    func lookup() async throws {
        let script = try scratch.write("echo \"script $1\"\n", to: "bin/tool")
        _ = script.withPlatformString { chmod($0, 0o755) }
        let path = scratch.path.appending("bin").string
        let command = Command(
            executable: "tool", arguments: ["x"], directory: scratch.path,
            environment: ["PATH": "/nowhere:\(path):/bin"])
        #expect(try await runner.run(command).stdout.text == "script x\n")
    }

    @Test("merged streams keep their order; pieces arrive as they are written")
    func merged() async throws {
        var command = shell("for i in 1 2 3 4 5; do echo o$i; echo e$i >&2; done")
        command.mergeStreams = true
        let pieces = Mutex([UInt8]())
        let result = try await runner.run(command) { chunk in pieces.withLock { $0 += chunk.bytes } }
        #expect(result.stdout.text == (1...5).map { "o\($0)\ne\($0)\n" }.joined())
        #expect(result.stderr.totalBytes == 0)
        #expect(pieces.withLock { $0 } == result.stdout.bytes)
    }

    @Test("binary output comes through unchanged")
    func binary() async throws {
        let result = try await runner.run(shell(#"printf '\000\377\376\n\200'; printf '\303' >&2"#))
        #expect(result.stdout.bytes == [0, 0xFF, 0xFE, 0x0A, 0x80])
        #expect(result.stderr.bytes == [0xC3])
    }

    @Test("a hundred thousand lines cost little memory; head, tail, count and file are right")
    func huge() async throws {
        func memoryKB() throws -> Int {
            let status = text(try FileIO.read("/proc/self/status", limit: 65_536))
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
            return Int(line.filter(\.isNumber)) ?? 0
        }
        _ = try await runner.run(shell("seq 1000"))
        var command = shell("seq -f 'this is line number %.0f of the output' 100000; seq 100000 >&2")
        command.fullOutputFile = scratch.path.appending("full")
        command.fullOutputLimit = 1_000_000
        // Other tests of this process need memory meanwhile: what the run itself needs, it needs every time.
        var (result, needed) = (try await runner.run(shell("true")), Int.max)
        for _ in 0..<10 where needed >= 20_000 {
            let before = try memoryKB()
            result = try await runner.run(command)
            needed = try memoryKB() - before
        }
        #expect(needed < 20_000)
        #expect(result.stdout.text.hasPrefix("this is line number 1 of the output\n"))
        #expect(result.stdout.text.hasSuffix("line number 100000 of the output\n"))
        #expect(result.totalBytes == 3_988_895 + 588_895)
        #expect(result.fullOutputFile == command.fullOutputFile)
        #expect(try FileIO.stat(scratch.path.appending("full")).size == 1_000_000)
        #expect(try FileIO.stat(scratch.path.appending("full")).mode == 0o600)
    }

    @Test("the file with the whole output has all of it, and is not made for a small one")
    func fullFile() async throws {
        var command = shell("seq 50000")
        command.fullOutputFile = scratch.path.appending("full")
        command.headBytes = 100
        command.tailBytes = 100
        _ = try await runner.run(command)
        #expect(try scratch.text("full") == (1...50_000).map { "\($0)\n" }.joined())
        command.fullOutputFile = scratch.path.appending("small")
        command.arguments = ["-c", "seq 10"]
        #expect(try await runner.run(command).fullOutputFile == nil)
        #expect(!FileIO.exists(scratch.path.appending("small")))
    }

    @Test("the time limit ends the program, and output from before is kept")
    func timeout() async throws {
        var command = shell("echo before; sleep 60; echo after")
        command.timeout = .milliseconds(150)
        let result = try await runner.run(command)
        #expect(result.status == .timedOut)
        #expect(result.stdout.text == "before\n")
        #expect(result.durationMs >= 150 && result.durationMs < 2_000)
    }

    @Test("what ignores SIGTERM gets SIGKILL after the grace, grandchildren too")
    func killed() async throws {
        var command = shell(
            "trap '' TERM; (trap '' TERM; echo $BASHPID > grandchild; while :; do sleep 1; done) & while :; do sleep 1; done"
        )
        command.timeout = .milliseconds(200)
        command.killGrace = .milliseconds(400)
        let result = try await runner.run(command)
        #expect(result.status == .timedOut)
        #expect(result.durationMs >= 600 && result.durationMs < 3_000)
        #expect(isGone(try #require(pid("grandchild"))))
    }

    @Test("a program that cleans up on SIGTERM has the time for it")
    func graceful() async throws {
        var command = shell("trap 'sleep 0.2; echo cleaned; exit 3' TERM; while :; do sleep 0.05; done")
        command.timeout = .milliseconds(200)
        let result = try await runner.run(command)
        #expect(result.status == .timedOut && result.stdout.text == "cleaned\n")
    }

    @Test("cancelling the task ends the tree; a cancelled task starts nothing")
    func cancel() async throws {
        let started = AsyncStream<Void>.makeStream()
        let command = shell("sleep 61 & echo $! > child; echo ready; wait")
        let runner = runner
        let task = Task {
            try await runner.run(command) { _ in started.continuation.yield() }
        }
        for await _ in started.stream { break }
        let clock = ContinuousClock()
        let begin = clock.now
        task.cancel()
        #expect(try await task.value.status == .cancelled)
        #expect(clock.now - begin < .seconds(30), "it would go on for a minute or for ever")
        #expect(isGone(try #require(pid("child"))))

        let marker = shell("touch started")
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await runner.run(marker).status
        }
        #expect(try await early.value == .cancelled)
        #expect(!FileIO.exists(scratch.path.appending("started")))
    }

    @Test("a grandchild that holds the pipe does not delay the return, and is killed")
    func holder() async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let result = try await runner.run(shell("sleep 62 & echo $! > child; echo started"))
        #expect(clock.now - begin < .seconds(30), "the grandchild would hold the pipe for 62 s")
        #expect(result.status == .exited(0) && result.stdout.text == "started\n" && result.leftovers == 1)
        #expect(isGone(try #require(pid("child"))))
    }

    @Test("a grandchild that ignores SIGTERM and holds the pipe does not delay the return, and is killed")
    func stubbornHolder() async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let result = try await runner.run(
            shell(
                "(trap '' TERM; echo $BASHPID > child; while :; do sleep 0.5; done) & while [ ! -s child ]; do sleep 0.01; done"
            ))
        #expect(clock.now - begin < .seconds(30), "the grandchild would hold the pipe for ever")
        #expect(result.status == .exited(0) && result.leftovers >= 1)
        #expect(isGone(try #require(pid("child"))))
    }

    @Test("output that a short-lived grandchild writes just after the end still arrives")
    func lateOutput() async throws {
        let result = try await runner.run(shell("(sleep 0.02; echo late) & echo now"))
        #expect(result.stdout.text == "now\nlate\n")
    }

    @Test("descendants that left group, session, pipes and parents are found and killed", arguments: [false, true])
    func escaped(_ isTimeout: Bool) async throws {
        var command = shell(
            """
            setsid bash -c 'echo $$ > one; exec sleep 63' </dev/null >/dev/null 2>&1 &
            (setsid bash -c '(echo $BASHPID > two; exec sleep 64) & ' &) </dev/null >/dev/null 2>&1
            while [ ! -s one ] || [ ! -s two ]; do sleep 0.01; done
            \(isTimeout ? "sleep 65" : "true")
            """)
        command.timeout = .milliseconds(isTimeout ? 400 : 20_000)
        let result = try await runner.run(command)
        #expect(result.status == (isTimeout ? .timedOut : .exited(0)))
        #expect(isGone(try #require(pid("one"))))
        #expect(isGone(try #require(pid("two"))))
    }

    @Test("other calls' processes are left alone")
    func bystander() async throws {
        let runner = runner
        let started = AsyncStream<Void>.makeStream()
        let slow = shell("echo up; setsid sleep 0.7; echo survived")
        let other = Task { try await runner.run(slow) { _ in started.continuation.yield() } }
        for await _ in started.stream { break }
        for _ in 0..<3 { _ = try await runner.run(shell("sleep 66 & true")) }
        #expect(try await other.value.stdout.text == "up\nsurvived\n")
    }

    @Test("an endless writer that outlives the main process cannot keep the call")
    func endless() async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        let result = try await runner.run(shell("yes & sleep 0.05"))
        #expect(result.status == .exited(0))
        #expect(clock.now - begin < .seconds(30), "it would go on for a minute or for ever")
    }

    @Test("two hundred runs, twenty at a time, leave no descriptor, thread or zombie")
    func leaks() async throws {
        _ = try await runner.run(shell("true"))
        let before = try descriptors()
        let runner = runner
        let command = shell("echo $RANDOM >/dev/null; echo out; echo err >&2")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                if index >= 20 { #expect(try await group.next() == true) }
                group.addTask {
                    let result = try await runner.run(command)
                    return result.isSuccess && result.stdout.text == "out\n" && result.stderr.text == "err\n"
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        // Other tests of this process open and close theirs meanwhile; one that each run left would be 200.
        #expect(try descriptors() < before + 150)
        var failing = command
        failing.executable = "/no/such"
        for _ in 0..<200 { _ = try? await runner.run(failing) }
        #expect(try descriptors() < before + 150)
    }

    @Test("nested calls are marked with both")
    func marker() async throws {
        var command = shell("echo $CODETETHER_CALL")
        command.environment["CODETETHER_CALL"] = "outer"
        let text = try await runner.run(command).stdout.text
        #expect(text.hasPrefix("outer/c") && text.count > 15)
    }

    @Test("the child is to be killed when we die", .enabled(if: FileIO.exists("/usr/bin/perl")))
    func parentDeath() async throws {
        #if arch(arm64)
            let number = 167
        #else
            let number = 157
        #endif
        let script = "my $b = pack('i', 0); syscall(\(number), 2, $b); print unpack('i', $b)"
        let command = Command(
            executable: "/usr/bin/perl", arguments: ["-e", script], directory: scratch.path, environment: [:])
        #expect(try await runner.run(command).stdout.text == "9")
    }
}
