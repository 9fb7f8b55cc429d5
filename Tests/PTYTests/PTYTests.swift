import Events
import Glibc
import Sandbox
import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import PTY

@Suite("Terminals", .serialized)
struct PTYTests {
    @Test("a program gets its arguments, directory, variables and size, and a terminal of its own")
    func create() async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.open(
                "echo \"$1 $A $TERM\"; pwd; stty size; test -t 0 && test -t 1 && test -t 2 && echo terminal; ps -o tpgid= -p $$ | tr -d ' '; echo $$; exit 7"
            ) {
                $0.arguments += ["bash", "arg ü"]
                $0.directory = "sub"
                $0.environment = ["A": "va=lue"]
                $0.size = PTYSize(rows: 33, columns: 101)
                $0.title = "Mine"
            }
            #expect(info.id.hasPrefix("pty_") && info.title == "Mine" && info.status == "running" && info.pid > 0)
            #expect(info.command == "bash" && info.cwd == world.workspace.path.appending("sub").string)
            let (text, exit) = try await world.output(of: info.id)
            let lines = text.split(separator: "\r\n").map(String.init)
            #expect(
                lines.prefix(4) == ["arg ü va=lue xterm-256color", "\(world.workspace.path)/sub", "33 101", "terminal"])
            #expect(lines.suffix(2) == ["\(info.pid)", "\(info.pid)"])
            #expect(exit == .exit(code: 7, signal: nil))
            let after = try await world.host.get(info.id)
            #expect(after.status == "exited" && after.exitCode == 7 && after.signal == nil)
            #expect(after.cursor == Int64(text.utf8.count))
        }
    }

    @Test("without a command the user's shell is started as a login shell, with a title of its own")
    func shell() async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.host.create(PTYRequest())
            #expect(info.command == "/bin/bash" && info.args == ["-l"])
            #expect(info.title == "Terminal \(info.id.suffix(4))")
            try await world.host.write(info.id, Array("echo $((40+2)); exit 3\n".utf8))
            let (text, exit) = try await world.output(of: info.id)
            #expect(text.contains("42\r\n"))
            #expect(exit == .exit(code: 3, signal: nil))
        }
    }

    @Test(
        "what cannot be started is refused with the field that is wrong",
        arguments: [
            ("command", "/nowhere/program", nil, [:], nil), ("command", "no-such-program", nil, [:], nil),
            ("cwd", "bash", "/nowhere", [:], nil), ("cwd", "bash", "sub/a.txt", [:], nil),
            ("env", "bash", nil, ["A=B": "x"], nil), ("title", "bash", nil, [:], String(repeating: "x", count: 257)),
            ("args", "bash\0", nil, [:], nil),
        ] as [(String, String, String?, [String: String], String?)])
    func refused(field: String, command: String, directory: String?, environment: [String: String], title: String?)
        async throws
    {
        try await PTYWorld.with { (world) async throws in
            let request = PTYRequest(
                command: command, directory: directory.map { FilePath($0) }, title: title, environment: environment)
            let error = await #expect(throws: PTYError.self) { try await world.host.create(request) }
            #expect(error?.kind == .invalid && error?.field == field, "\(String(describing: error))")
            #expect(await world.host.list().isEmpty)
        }
        for (rows, columns) in [(0, 80), (24, 0), (-1, 1), (65_536, 1)] as [(Int64, Int64)] {
            #expect(throws: PTYError.self) { try PTYSize(checking: rows, columns: columns) }
        }
    }

    @Test("what is typed reaches the program, Ctrl-C included, and a resize sends SIGWINCH")
    func typing() async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.open(
                "trap 'stty size' WINCH; trap 'echo interrupted; exit 4' INT; echo ready; while :; do read -r x && echo \"got $x\"; done"
            )
            let attachment = try await world.host.attach(info.id)
            #expect(await PTYWorld.read(attachment, until: "ready"))
            try await world.host.write(info.id, Array("hallo ü\n".utf8))
            #expect(await PTYWorld.read(attachment, until: "got hallo ü"))
            let updated = try await world.host.update(info.id, title: "New", size: PTYSize(rows: 50, columns: 120))
            #expect(updated.title == "New")
            // bash may look for signals just before it starts to read; a line ends that read, and then it looks again.
            try await world.host.write(info.id, [0x0A])
            #expect(await PTYWorld.read(attachment, until: "50 120"))
            try await world.host.write(info.id, [3, 0x0A])
            #expect(await PTYWorld.read(attachment, until: "interrupted"))
            #expect(try await world.output(of: info.id).exit == .exit(code: 4, signal: nil))
            await #expect(throws: PTYError.self) { try await world.host.write(info.id, [0x61]) }
        }
    }

    @Test("the life of a terminal is told in events, in order")
    func events() async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.open("read x; kill -9 $$")
            _ = try await world.host.update(info.id, title: "T")
            try await world.host.write(info.id, [0x0A])
            let last = try await world.nextEvents(3)
            #expect(last.map(\.payload.type) == ["pty.created", "pty.updated", "pty.exited"])
            #expect(last.allSatisfy { $0.location?.directory == world.workspace.path.string })
            if case .ptyExited(let data)? = last.last?.payload {
                #expect(data.id == info.id && data.exitCode == 137 && data.signal == 9)
            }
            try await world.host.remove(info.id)
            #expect(try await world.nextEvents(1).map(\.payload.type) == ["pty.deleted"])
            #expect(await world.host.list().isEmpty)
            for operation in 0..<5 {
                let error = await #expect(throws: PTYError.self) {
                    switch operation {
                    case 0: _ = try await world.host.get(info.id)
                    case 1: try await world.host.write(info.id, [0])
                    case 2: _ = try await world.host.attach(info.id)
                    case 3: try await world.host.terminate(info.id)
                    default: try await world.host.remove("pty_unknown")
                    }
                }
                #expect(error?.kind == .notFound)
            }
        }
    }

    @Test(
        "ending a terminal ends the whole tree, also what left its session or ignores the signals",
        arguments: [false, true])
    func tree(removes: Bool) async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.open(
                """
                trap '' HUP TERM; env -i setsid bash -c 'trap "" HUP TERM; echo $$ >pid; while :; do sleep 1; done' &
                (setsid sleep 1000 & echo $! >pid2); while [ ! -s pid ]; do sleep 0.01; done; echo ready; while :; do sleep 1; done
                """)
            let attachment = try await world.host.attach(info.id)
            #expect(await PTYWorld.read(attachment, until: "ready"))
            let pids = try ["pid", "pid2"].map {
                try #require(Int(try world.workspace.text($0).split(separator: "\n").first ?? ""))
            }
            let start = ContinuousClock.now
            if removes {
                try await world.host.remove(info.id)
                #expect(await attachment.next() == nil)
            } else {
                try await world.host.terminate(info.id)
                #expect(try await world.output(of: info.id).exit == .exit(code: 137, signal: 9))
            }
            for pid in pids + [info.pid] { #expect(PTYWorld.isGone(pid)) }
            let took = ContinuousClock.now - start
            #expect(took > .seconds(2), "SIGKILL comes after three seconds, not at once: \(took)")
        }
    }

    @Test("what a program leaves behind is gone after it")
    func leftovers() async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.open(
                "(setsid sleep 1000 & echo $! >pid); while [ ! -s pid ]; do :; done; exit 0")
            #expect(try await world.output(of: info.id).exit == .exit(code: 0, signal: nil))
            #expect(
                PTYWorld.isGone(try #require(Int(try world.workspace.text("pid").split(separator: "\n").first ?? ""))))
        }
    }

    @Test("a shutdown ends everything at once")
    func shutdown() async throws {
        try await PTYWorld.with { (world) async throws in
            var pids: [Int] = []
            for _ in 0..<5 { pids.append(try await world.open("trap '' HUP TERM; while :; do sleep 1; done").pid) }
            await world.host.shutdown()
            for pid in pids { #expect(PTYWorld.isGone(pid)) }
            let error = await #expect(throws: PTYError.self) { try await world.open("true") }
            #expect(error?.kind == .closed)
        }
    }

    @Test("a terminal that a tool opens is contained and keeps its job control")
    func contained() async throws {
        try await PTYWorld.with { (world) async throws in
            let outside = try TempWorkspace()
            defer { outside.remove() }
            let sandbox = Sandbox(
                settings: SandboxSettings(), workspace: world.workspace.path, home: "/root",
                environment: Environment(["PATH": "/usr/bin:/bin"]), own: [])
            let info = try await world.open(
                "echo x >\(outside.path)/x || echo refused; test -t 0 && ps -o tpgid=,pgid= -p $$ >groups; sleep 0 & wait; echo done"
            ) {
                $0.sandbox = (sandbox, SandboxAccess())
            }
            let (text, exit) = try await world.output(of: info.id)
            #expect(text.contains("refused\r\n") && text.hasSuffix("done\r\n"), "\(text)")
            #expect(exit == .exit(code: 0, signal: nil))
            #expect(!outside.exists("x"))
            // The group in the foreground is its own; in a process namespace of its own, which bwrap gives, both are 0.
            let groups = try world.workspace.text("groups").split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
            #expect(groups.count == 2 && groups.first == groups.last && groups.allSatisfy { $0 >= 0 }, "\(groups)")
        }
    }
}
