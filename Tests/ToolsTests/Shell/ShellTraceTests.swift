import Permissions
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

/// What really runs, seen by strace, against what the analysis says.
@Suite("Shell analysis against an execve trace")
struct ShellTraceTests {
    /// Programs of the corpus; each is a stub that does nothing but exist.
    private static let stubs = ["git", "rm", "ls", "cat", "npm", "curl", "make", "cp", "tee", "grep", "sort"]

    private static let corpus = [
        "git status", "git status; rm x", "ls && rm x || cat y", "ls | grep x | sort", "echo $(rm x)", "echo `ls`",
        "echo \"$(cat x)\"", "r'm' x", "\\rm x",
        "$'\\x72m' x", "{rm,x}", "(rm x)", "{ rm x; }", "if ls; then rm x; else cat x; fi",
        "for i in 1 2; do rm $i; done", "case a in a) rm x;; esac",
        "f() { rm x; }; f", "X=1 rm x", "cat <<E\n$(rm x)\nE", "cat <<'E'\n$(rm x)\nE", "cat <<-E\n\t`ls`\n\tE\nrm x",
        "cat < <(ls)", "sort <(ls) <(rm x)",
        "tee >(cat) < /dev/null", "x=$(ls); rm y", "a=(1 $(ls) 3); rm x", "echo ${x:-$(rm y)}", "! rm x", "rm x &\nls",
        "rm x & wait", "ls 2>&1 >/dev/null",
        "[[ -n $(ls) ]] && rm x", "[ -f x ] || rm x", "test -f x; rm x", "((1 + 1)) && rm x",
        "for ((i=0; i<2; i++)); do ls; done", "until ls; do rm x; done",
        "while ! ls; do rm x; break; done", "env A=1 rm x", "env -i rm x", "nice -n 1 rm x", "timeout 5 rm x",
        "nohup rm x", "command rm x", "exec rm x",
        "sh -c 'rm x; ls'", "bash -c 'rm x && bash -c \"ls\"'", "echo a | xargs rm",
        "find . -maxdepth 0 -exec rm {} \\;", "find . -maxdepth 0 -exec rm {} +",
        "stdbuf -oL rm x", "setsid rm x", "time rm x", "echo hi # rm x", "echo 'rm x'", "echo \"rm x\"", "echo rm\\;ls",
        "git log --format='%h; rm x'", "npm run build -- --x=1",
        "curl -s x | cat > /dev/null", "make -j2 all; git add .", "cp a b && ls -la", "g() ( ls; rm x ); g | cat",
        "echo $((1 + $(ls; echo 1)))", "select x in a; do rm x; break; done < /dev/null",
    ]

    @Test("every program that a command started was found, or the analysis asks", arguments: corpus)
    func trace(command: String) async throws {
        try await TempWorkspace.with { (world) async throws in
            let stubs = world.path.appending("bin")
            try FileIO.createDirectory(stubs)
            for name in Self.stubs {
                try AtomicFile.write(Array("#!/bin/sh\nexit 0\n".utf8), to: stubs.appending(name), mode: 0o755)
            }
            let plan = ShellPlan(command)
            guard plan.unparsable == nil, plan.doubts.isEmpty else { return }
            let log = world.path.appending("trace")
            var run = Command(
                executable: "/usr/bin/strace",
                arguments: [
                    "-f", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", log.string, "/bin/bash", "-c",
                    command,
                ],
                directory: world.path,
                environment: ["PATH": "\(stubs.string):/usr/bin:/bin", "HOME": world.path.string])
            run.timeout = .seconds(20)
            _ = try await ProcessRunner().run(run)
            let known = Set(
                (plan.invocations.map(\.text) + plan.notDenied).compactMap { text in
                    text.split(separator: " ").first.map { ShellText.lastComponent(String($0)) }
                })
            var started = 0
            for line in UTF8Text.lossy(try FileIO.read(log)).split(separator: "\n") where line.hasSuffix("= 0") {
                guard let first = line.firstIndex(of: "\""),
                    let last = line[line.index(after: first)...].firstIndex(of: "\"")
                else { continue }
                let name = ShellText.lastComponent(String(line[line.index(after: first)..<last]))
                started += 1
                // The shell that runs the command, and the stubs' own interpreter.
                if started == 1 { continue }
                #expect(known.contains(name), "\(name) was started")
            }
            #expect(started > 0)
        }
    }
}
