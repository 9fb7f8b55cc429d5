import Glibc
import Sandbox
import Support
import SystemPackage
import TestSupport
import Testing

/// A workspace, a home and an outside directory with a sandbox over them.
struct SandboxWorld: Sendable {
    let workspace: TempWorkspace
    let home: TempWorkspace
    let outside: TempWorkspace
    let own: TempWorkspace
    let sandbox: Sandbox
    let runner = ProcessRunner()

    /// The modes, of which those that this machine does not have say so in the name of the test, which is empty then.
    static let modes = [TestedMode(.bwrap), TestedMode(.landlock)]

    static func with(_ mode: TestedMode, _ body: (SandboxWorld) async throws -> Void) async throws {
        try await with(mode, writable: [], body)
    }

    static func with(
        _ mode: TestedMode, writable: [FilePath] = [], network: Bool = false,
        _ body: (SandboxWorld) async throws -> Void
    ) async throws {
        guard mode.isAvailable else { return }
        try await with(mode.mode, writable: writable, network: network, body)
    }

    static func with(
        _ mode: SandboxMode?, writable: [FilePath] = [], network: Bool = false, path: String? = nil,
        _ body: (SandboxWorld) async throws -> Void
    ) async throws {
        let workspace = try TempWorkspace(files: ["a.txt": "workspace\n"])
        let home = try TempWorkspace(files: [
            ".ssh/id": "canary-ssh\n", ".netrc": "canary-netrc\n", "notes.txt": "notes\n",
        ])
        let outside = try TempWorkspace(files: ["keep.txt": "outside\n", "dir/keep.txt": "outside\n"])
        let own = try TempWorkspace(files: ["data/auth.json": "canary-own\n"])
        defer { for folder in [workspace, home, outside, own] { folder.remove() } }
        let environment = Environment(["PATH": path ?? "/usr/local/bin:/usr/bin:/bin", "HOME": home.path.string])
        let sandbox = Sandbox(
            settings: SandboxSettings(mode: mode, network: network, writable: writable), workspace: workspace.path,
            home: home.path, environment: environment, own: [own.path.appending("data")],
            temporary: own.path.appending("data/tmp"))
        try await body(
            SandboxWorld(workspace: workspace, home: home, outside: outside, own: own, sandbox: sandbox))
    }

    /// Runs a shell command; stdout and stderr together.
    func run(
        _ script: String, _ access: SandboxAccess = SandboxAccess(), arguments: [String] = [],
        timeout: Duration = .seconds(20)
    ) async throws -> (status: ProcessStatus, text: String) {
        var command = Command(
            executable: "/bin/bash", arguments: ["-c", script, "bash"] + arguments, directory: workspace.path,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home.path.string])
        command.mergeStreams = true
        command.timeout = timeout
        let contained = try await sandbox.contain(command, access)
        let result = try await runner.run(contained.command)
        return (result.status, result.stdout.text)
    }

    /// Names, kinds, sizes and contents below a directory.
    static func listing(_ folder: FilePath) throws -> [String] {
        try TestFiles.tree(folder).map { "\($0) \(try TestFiles.read($0))" }
    }
}

/// A mode, and whether this machine has it.
struct TestedMode: Sendable, CustomTestStringConvertible {
    let mode: SandboxMode
    let isAvailable: Bool

    init(_ mode: SandboxMode) {
        self.mode = mode
        switch mode {
        case .bwrap: isAvailable = Self.bubblewrapWorks()
        case .landlock:
            isAvailable = ProcessRestrictions.landlockVersion >= ProcessRestrictions.minimumLandlockVersion
        case .off: isAvailable = true
        }
    }

    var testDescription: String { mode.rawValue + (isAvailable ? "" : " (not available on this machine: not tested)") }

    private static func bubblewrapWorks() -> Bool {
        let arguments = [
            "bwrap", "--unshare-pid", "--unshare-net", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc",
            "true",
        ]
        let argv = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        var pid: pid_t = 0
        var status: Int32 = 0
        guard posix_spawnp(&pid, "bwrap", nil, nil, argv, environ) == 0 else { return false }
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status == 0
    }
}

@Suite("Sandbox", .serialized)
struct SandboxTests {
    @Test(
        "a command changes the workspace and its own temporary directory, nothing else", arguments: SandboxWorld.modes)
    func writes(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let made = try await world.run("echo new >b.txt; echo t >$TMPDIR/t; cat $TMPDIR/t b.txt")
            #expect(made.text == "t\nnew\n")
            #expect(world.workspace.exists("b.txt"))
            let before = try SandboxWorld.listing(world.outside.path)
            for target in [world.outside.path.string, world.home.path.string, "/etc", "/usr", "/var/lib"] {
                let result = try await world.run("echo x >$1/made-by-sandbox", arguments: [target])
                #expect(result.status != .exited(0), "\(target): \(result)")
                #expect(!FileIO.exists(FilePath(target).appending("made-by-sandbox")))
            }
            _ = try await world.run(
                "rm -rf $1; mv $1 moved; truncate -s 0 $1/keep.txt", arguments: [world.outside.path.string])
            #expect(try SandboxWorld.listing(world.outside.path) == before)
            // The temporary directory stays from command to command of one scope.
            #expect(try await world.run("cat $TMPDIR/t").text == "t\n")
            #expect(try await world.run("cat $TMPDIR/t", SandboxAccess(scope: "other")).status != .exited(0))
        }
    }

    @Test("credentials and our own directories cannot be read, other files can", arguments: SandboxWorld.modes)
    func hidden(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let own = world.own.path.string
            let result = try await world.run(
                "cat ~/.ssh/id ~/.netrc $1/data/auth.json; cat /etc/passwd | head -1; grep -r canary ~ $1",
                arguments: [own])
            #expect(!result.text.contains("canary"), "\(result.text)")
            #expect(result.text.contains("root:"))
            let granted = try await world.run(
                "cat ~/.ssh/id", SandboxAccess(readable: [world.home.path.appending(".ssh")]))
            #expect(granted.text == "canary-ssh\n")
        }
    }

    @Test("there is no network unless it is granted", arguments: SandboxWorld.modes)
    func network(mode: TestedMode) async throws {
        let server = try LoopbackListener()
        defer { server.close() }
        try await SandboxWorld.with(mode) { (world) async throws in
            let connect = "exec 3<>/dev/tcp/127.0.0.1/$1 && echo connected"
            let port = ["\(server.port)"]
            #expect(try await world.run(connect, arguments: port).text.contains("connected") == false)
            #expect(try await world.run(connect, SandboxAccess(network: true), arguments: port).text == "connected\n")
            let udp = "exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3 && echo sent"
            if mode.mode == .landlock { #expect(try await world.run(udp).text.contains("sent") == false) }
        }
        try await SandboxWorld.with(mode, network: true) { (world) async throws in
            let result = try await world.run(
                "exec 3<>/dev/tcp/127.0.0.1/$1 && echo connected", arguments: ["\(server.port)"])
            #expect(result.text == "connected\n")
        }
    }

    @Test(
        "an approved or configured path is opened, a command that only reads cannot change the workspace",
        arguments: SandboxWorld.modes)
    func grants(mode: TestedMode) async throws {
        let opened = try TempWorkspace()
        defer { opened.remove() }
        try await SandboxWorld.with(mode, writable: [opened.path]) { (world) async throws in
            #expect(try await world.run("echo x >$1/x", arguments: [opened.path.string]).status == .exited(0))
            let access = SandboxAccess(writable: [world.outside.path.appending("dir/new.txt")])
            let result = try await world.run(
                "echo x >$1/dir/new.txt; echo y >$1/keep.txt", access, arguments: [world.outside.path.string])
            #expect(world.outside.exists("dir/new.txt"), "\(result)")
            #expect(try world.outside.text("keep.txt") == "outside\n")
            let reading = try await world.run(
                "cat a.txt; echo x >a.txt; rm a.txt", SandboxAccess(changesWorkspace: false))
            #expect(reading.text.hasPrefix("workspace\n"))
            #expect(try world.workspace.text("a.txt") == "workspace\n")
        }
    }

    @Test("nothing is left in the workspace, and what ran in it is gone", arguments: SandboxWorld.modes)
    func noTrace(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            _ = try await world.run("true")
            #expect(world.workspace.files == ["a.txt"])
            let time = "300.\(UInt64.random(in: 1_000_000_000...9_999_999_999))"
            let result = try await world.run(
                "env -i setsid sleep $1 & (setsid sleep $1 &) ; sleep 0.05; echo done", arguments: [time])
            #expect(result.text == "done\n")
            #expect(await ProcessTable.waitUntilGone(time, atMost: .seconds(2)))
            let late = try await world.run(
                "trap '' TERM; env -i setsid sleep $1 & sleep $1", arguments: [time], timeout: .milliseconds(200))
            #expect(late.status == .timedOut)
            #expect(await ProcessTable.waitUntilGone(time, atMost: .seconds(2)))
            #expect(world.workspace.files == ["a.txt"])
        }
    }

    @Test("a command gets SIGTERM and its time to end before it is killed", arguments: SandboxWorld.modes)
    func graceful(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let result = try await world.run(
                "trap 'echo bye; exit 0' TERM; echo started; while :; do sleep 0.02; done", timeout: .milliseconds(500))
            #expect(result.status == .timedOut)
            #expect(result.text.hasSuffix("bye\n"), "\(result.text)")
        }
    }

    @Test("a linked work tree can commit, and a forged one opens nothing", arguments: SandboxWorld.modes)
    func linkedWorkTree(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let git = world.outside.path.appending("repo/.git")
            let tree = git.appending("worktrees/w")
            try FileIO.createDirectory(git.appending("objects"))
            try FileIO.createDirectory(tree)
            try AtomicFile.write(Array("gitdir: \(tree)\n".utf8), to: world.workspace.path.appending(".git"))
            let touch = "touch $1/made"
            #expect(try await world.run(touch, arguments: [git.string]).status != .exited(0))
            try AtomicFile.write(Array("\(world.workspace.path)/.git\n".utf8), to: tree.appending("gitdir"))
            #expect(try await world.run(touch, arguments: [git.string]).status == .exited(0))
            let forged = world.workspace.path.appending("forged/worktrees/w")
            try FileIO.createDirectory(forged)
            _ = symlink(world.outside.path.string, world.workspace.path.appending("forged/objects").string)
            try AtomicFile.write(Array("\(world.workspace.path)/.git\n".utf8), to: forged.appending("gitdir"))
            try AtomicFile.write(Array("gitdir: \(forged)\n".utf8), to: world.workspace.path.appending(".git"))
            // Bubblewrap's command has a /tmp of its own, in which the path may exist: what counts is the effect.
            _ = try await world.run(touch, arguments: [world.outside.path.string])
            #expect(!world.outside.exists("made"))
        }
    }

    @Test("the dangerous system calls are refused", arguments: SandboxWorld.modes)
    func systemCalls(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let attempts = [
                "mount -t tmpfs none /mnt", "mount -o remount,rw /", "mknod $TMPDIR/disk b 8 0", "chroot / true",
                "kill -0 $1", "cat /proc/$1/environ",
                "python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect(\"/run/docker.sock\")'",
            ]
            for attempt in attempts {
                let result = try await world.run(attempt, arguments: ["\(getpid())"])
                #expect(result.status != .exited(0), "\(attempt): \(result)")
            }
            let status = try await world.run("grep -E '^(CapEff|NoNewPrivs)' /proc/self/status")
            #expect(status.text == "CapEff:\t0000000000000000\nNoNewPrivs:\t1\n")
        }
    }

    @Test("the mode is found by trying: bubblewrap, then Landlock; what is demanded and missing is refused")
    func choice() async throws {
        let folder = try TempWorkspace(files: [
            "empty/x": "", "broken/bwrap": "#!/bin/sh\necho no userns >&2\nexit 1\n",
        ])
        defer { folder.remove() }
        let broken = folder.path.appending("broken")
        _ = broken.appending("bwrap").withPlatformString { chmod($0, 0o755) }
        try await SandboxWorld.with(nil) { (world) async throws in
            let status = await world.sandbox.status()
            #expect(status.mode == .bwrap, "\(status)")
            #expect(status.reason.contains("bwrap"))
        }
        for path in [folder.path.appending("empty").string, broken.string] {
            try await SandboxWorld.with(nil, path: path) { (world) async throws in
                let status = await world.sandbox.status()
                #expect(status.mode == .landlock, "\(status)")
                #expect(status.reason.contains("bwrap") && status.reason.contains("Landlock"))
            }
            try await SandboxWorld.with(.bwrap, path: path) { (world) async throws in
                let error = await #expect(throws: SandboxError.self) { try await world.run("touch ran") }
                #expect(error?.kind == .unavailable)
                #expect(error?.message.contains("sandbox.mode is \"bwrap\"") == true)
                #expect(!world.workspace.exists("ran"))
                #expect(await world.sandbox.status().mode == .off)
            }
        }
        try await SandboxWorld.with(.off) { (world) async throws in
            #expect(await world.sandbox.status().mode == .off)
            #expect(try await world.run("echo x >$1/x", arguments: [world.outside.path.string]).status == .exited(0))
        }
    }

    @Test("directories for temporary files that were not used for three days are removed, with links left alone")
    func sweep() throws {
        let root = try TempWorkspace(files: ["old/sub/file": "x", "new/file": "x"])
        let target = try TempWorkspace(files: ["kept": "x"])
        defer { for folder in [root, target] { folder.remove() } }
        let link = root.path.appending("old/link")
        _ = target.path.withPlatformString { target in link.withPlatformString { symlink(target, $0) } }
        var times = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
        _ = root.path.appending("old").withPlatformString { utimensat(AT_FDCWD, $0, &times, 0) }
        let directories = TemporaryDirectories(root: root.path)
        let made = try directories.directory("ses_1")
        #expect(try FileIO.stat(made).mode == 0o700)
        #expect(!root.exists("old") && root.exists("new/file") && target.exists("kept"))
        #expect(try directories.directory("ses_1") == made)
    }
}

/// A TCP port on the loopback that accepts by itself.
struct LoopbackListener {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, length) | listen(raw, 16) | getsockname(raw, $0, &length)
            }
        }
        descriptor = raw
        port = UInt16(bigEndian: address.sin_port)
        try #require(failed == 0)
    }

    func close() { _ = Glibc.close(descriptor) }
}
