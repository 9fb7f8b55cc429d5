import Glibc
import Support
import SystemPackage
import Testing

/// Serialised: they measure times and look at the process table.
@Suite("Supervised processes", .serialized)
struct SupervisorTests {
    private let runner = ProcessRunner()
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func shell(_ script: String) -> Command {
        var command = Command(
            executable: "/bin/bash", arguments: ["-c", script], directory: scratch.path,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
        command.isSupervised = true
        return command
    }

    private func isAlive(_ name: String) -> Bool {
        guard let text = try? scratch.text(name), let pid = Int32(text.split(separator: "\n").first ?? ""),
            let stat = try? FileIO.read(FilePath("/proc/\(pid)/stat"))
        else { return false }
        return !String(decoding: stat, as: UTF8.self).contains(") Z ")
    }

    private func isGone(_ name: String) -> Bool {
        for _ in 0..<200 where isAlive(name) { poll(nil, 0, 10) }
        return !isAlive(name)
    }

    @Test("the supervisor passes on output, exit code and signal")
    func status() async throws {
        let result = try await runner.run(shell("echo out; echo err >&2; exit 7"))
        #expect(result.status == .exited(7))
        #expect(result.stdout.text == "out\n" && result.stderr.text == "err\n")
        #expect(try await runner.run(shell("kill -9 $$")).status == .signaled(9))
        #expect(try await runner.run(shell("kill -SEGV $$")).status == .signaled(11))
        #expect(result.durationMs < 150)
    }

    @Test("what cannot be started is the same error as without a supervisor")
    func startErrors() async throws {
        var command = shell("true")
        command.executable = "/nowhere/program"
        await #expect(throws: ProcessError.self) { try await runner.run(command) }
        command = shell("true")
        command.directory = "/nowhere"
        let error = await #expect(throws: ProcessError.self) { try await runner.run(command) }
        #expect(error?.kind == .badDirectory)
    }

    @Test(
        "what a command leaves behind is gone when the call returns, however it was started",
        arguments: [
            "sleep 60 & echo $! >pid", "setsid sleep 60 & echo $! >pid",
            "env -i setsid bash -c 'echo $$ >pid; exec sleep 60' & while [ ! -s pid ]; do :; done",
            "(env -i setsid bash -c '(echo $BASHPID >pid; exec sleep 60) & disown' &) ; while [ ! -s pid ]; do :; done",
            "(trap '' TERM HUP INT; echo $BASHPID >pid; while :; do sleep 1; done) & while [ ! -s pid ]; do :; done",
            "sleep 60 & echo $! >pid; kill -STOP $!",
        ])
    func leftovers(script: String) async throws {
        let result = try await runner.run(shell(script))
        #expect(result.isSuccess)
        #expect(isGone("pid"), "\(script)")
        #expect(result.durationMs < 1_000)
    }

    @Test("a time limit ends the whole tree, also when it forks all the time and ignores SIGTERM")
    func timeout() async throws {
        var command = shell(
            """
            trap '' TERM; echo $$ >main
            env -i setsid bash -c 'trap "" TERM; echo $$ >pid; while :; do (sleep 1 &) ; read -t 0.01 < /dev/zero; done' &
            while :; do sleep 1; done
            """)
        command.timeout = .milliseconds(300)
        command.killGrace = .milliseconds(200)
        let result = try await runner.run(command)
        #expect(result.status == .timedOut)
        #expect(result.durationMs < 3_000)
        #expect(isGone("main") && isGone("pid"))
    }

    @Test("a command may end itself, its group and its parent without anything surviving")
    func hostile() async throws {
        let result = try await runner.run(
            shell("env -i sleep 60 & echo $! >pid; echo $$ >main; kill -9 $PPID; sleep 60"))
        #expect(result.status == .signaled(9))
        #expect(isGone("main"))
    }

    @Test("a restricted program reads, writes and connects only where it may, and has no capabilities")
    func restrictions() async throws {
        try #require(
            ProcessRestrictions.landlockVersion >= ProcessRestrictions.minimumLandlockVersion,
            "this machine has no Landlock")
        try FileIO.createDirectory(scratch.path.appending("in"))
        try FileIO.createDirectory(scratch.path.appending("out"))
        var command = shell(
            """
            echo yes >in/made && echo wrote; (echo no >out/made) 2>/dev/null || echo refused
            cat /etc/hostname >/dev/null && echo read; cat out/secret 2>/dev/null || echo hidden
            ls / >/dev/null && echo listed; grep -E '^Cap(Eff|Bnd)' /proc/self/status | grep -c 0000000000000000
            grep NoNewPrivs /proc/self/status; grep '^Seccomp:' /proc/self/status
            (exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -om1 'Permission denied'; unshare -U true 2>/dev/null || echo 'no namespaces'
            """)
        try AtomicFile.write(Array("secret".utf8), to: scratch.path.appending("out/secret"))
        command.restrictions = ProcessRestrictions(
            listable: ["/"], readable: ["/bin", "/usr", "/lib", "/lib64", "/etc", "/proc"],
            writable: [scratch.path.appending("in")], devices: ["/dev/null"])
        let text = try await runner.run(command).stdout.text
        #expect(
            text
                == "wrote\nrefused\nread\nhidden\nlisted\n2\nNoNewPrivs:\t1\nSeccomp:\t2\nPermission denied\nno namespaces\n"
        )
    }
}
