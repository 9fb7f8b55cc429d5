import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Containment of commands")
struct SandboxStoryTests {
    /// The modes that this machine has; `auto` is always there.
    static let modes = SandboxOnMachine.modes

    private func bash(_ command: String) -> Turn {
        .call("bash", ["command": .string(command), "description": "act"])
    }

    @Test("What a rule allowed cannot write outside the workspace, and writes in it", arguments: modes)
    func writes(mode: String) async throws {
        let outside = try TempWorkspace(files: ["keep.txt": "outside\n"])
        defer { outside.remove() }
        // A script, so that the command itself names no path outside.
        let script =
            "echo in > made.txt; echo x > \(outside.path)/keep.txt; echo x > \(outside.path)/new.txt; echo done"
        try await StoryWorld.with(
            [bash("sh ./act.sh"), .text("Done.")], files: ["act.sh": script],
            config: ["sandbox": ["mode": .string(mode)], "permission": ["bash": "allow"]]
        ) { world in
            let (result, json) = try await world.run("Act")
            #expect(result.code == 0, "\(result.story)")
            #expect(json["toolCalls"]?[0]?["status"] == "completed")
            #expect(try world.workspace.text("made.txt") == "in\n")
            #expect(try outside.text("keep.txt") == "outside\n" && !outside.exists("new.txt"))
            let item = try #require(try await world.show(try await world.onlySession()).tools.first)
            let used = item.at("state", "metadata", "sandbox")?.stringValue
            #expect(mode == "auto" ? ["bwrap", "landlock"].contains(used) : used == mode, "\(item)")
            #expect(item.at("state", "metadata", "network") == false)
        }
    }

    @Test("What a rule allowed has no network, `sandbox.network` gives it", arguments: modes, [false, true])
    func network(mode: String, network: Bool) async throws {
        try await StoryWorld.with(
            [bash("bash ./connect.sh"), .text("Done.")], files: ["connect.sh": ""],
            config: ["sandbox": ["mode": .string(mode), "network": .bool(network)], "permission": ["bash": "allow"]]
        ) { world in
            let port = try #require(
                world.server.baseURL(.openAIChat).split(separator: "/").dropFirst().first?.split(separator: ":").last)
            try world.workspace.write(
                "exec 3<>/dev/tcp/127.0.0.1/\(port) && echo connected || echo refused", to: "connect.sh")
            let (result, _) = try await world.run("Connect")
            #expect(result.code == 0, "\(result.story)")
            let text = try #require(world.server.agentRequests.last?.toolResults.first?.text)
            #expect(text.contains(network ? "connected" : "refused"), "\(text)")
        }
    }

    @Test("What --yes approved has network", arguments: modes)
    func approved(mode: String) async throws {
        try await StoryWorld.with(
            [bash("bash ./connect.sh"), .text("Done.")], files: ["connect.sh": ""],
            config: ["sandbox": ["mode": .string(mode)], "permission": ["bash": "ask"]]
        ) { world in
            let port = try #require(
                world.server.baseURL(.openAIChat).split(separator: "/").dropFirst().first?.split(separator: ":").last)
            try world.workspace.write(
                "exec 3<>/dev/tcp/127.0.0.1/\(port) && echo connected || echo refused", to: "connect.sh")
            let (result, _) = try await world.run("--yes", "Connect")
            #expect(result.code == 0, "\(result.story)")
            #expect(world.server.agentRequests.last?.toolResults.first?.text.contains("connected") == true)
        }
    }

    @Test("Credentials, our own directories and the keys in our environment are out of reach", arguments: modes)
    func secrets(mode: String) async throws {
        let script = """
            cat ~/.ssh/id_rsa ~/.aws/credentials ~/.config/gh/hosts.yml; cat "$1"/*/* 2>/dev/null; env; cat /proc/*/environ \
            | tr '\\0' '\\n'; ps axwwe; echo end-of-script
            """
        try await StoryWorld.with(
            [bash("sh ./look.sh"), .text("Done.")], files: ["look.sh": script],
            config: ["sandbox": ["mode": .string(mode)], "permission": "allow"]
        ) { world in
            let canary = "secret-\(UInt64.random(in: 1_000_000_000...9_999_999_999))"
            for name in [".ssh/id_rsa", ".aws/credentials", ".config/gh/hosts.yml"] {
                try TestFiles.write(canary.utf8, to: world.home.userHome.pushing(FilePath(name)))
            }
            try TestFiles.write(canary.utf8, to: world.home.path.appending("data/auth-test"))
            var cli = world.cli
            for name in ["VAULT_TOKEN", "CODETETHER_PASSWORD", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY"] {
                cli.environment[name] = canary
            }
            try world.workspace.write(script.replacing("\"$1\"", with: world.home.path.string), to: "look.sh")
            let result = try await cli.run("run", "--title", "Story", "Look")
            #expect(result.code == 0, "\(result.story)")
            let text = try #require(world.server.agentRequests.last?.toolResults.first?.text)
            #expect(text.contains("end-of-script"))
            #expect(!text.contains(canary) && !text.contains(StoryWorld.canary), "\(text)")
        }
    }

    @Test("A path that external_directory allows by name is opened, one that is denied is not", arguments: modes)
    func externalDirectory(mode: String) async throws {
        let (open, shut) = (try TempWorkspace(), try TempWorkspace())
        defer { for folder in [open, shut] { folder.remove() } }
        try await StoryWorld.with(
            [bash("sh ./act.sh"), .text("Done.")],
            files: ["act.sh": "echo x > \(open.path)/x; echo x > \(shut.path)/x; true"],
            config: [
                "sandbox": ["mode": .string(mode)],
                "permission": [
                    "bash": "allow",
                    "external_directory": .object([
                        "\(open.path)/*": "allow", "\(shut.path)/*": "deny",
                    ]),
                ],
            ]
        ) { world in
            let (result, _) = try await world.run("Act")
            #expect(result.code == 0, "\(result.story)")
            #expect(open.exists("x") && !shut.exists("x"))
        }
    }

    @Test("A mode that is demanded and cannot be had refuses to run, `auto` goes on with what there is")
    func unavailable() async throws {
        // Everything the command needs except bwrap.
        let programs = try TempWorkspace()
        defer { programs.remove() }
        for folder in ["/usr/bin", "/bin"] {
            for name in ["bash", "sh", "cat", "env", "git", "rg", "touch"]
            where FileIO.exists(FilePath("\(folder)/\(name)")) {
                _ = symlink("\(folder)/\(name)", programs.path.appending(name).string)
            }
        }
        for mode in ["bwrap", "auto"] {
            try await StoryWorld.with(
                [bash("touch made.txt"), .text("Done.")],
                config: ["sandbox": ["mode": .string(mode)], "permission": ["bash": "allow", "edit": "allow"]]
            ) { world in
                var cli = world.cli
                cli.environment["PATH"] = programs.path.string
                let result = try await cli.run("run", "--title", "Story", "Act")
                let doctor = try await cli.run("debug", "doctor", "--json").json()
                if mode == "bwrap" {
                    #expect(result.code == 78, "\(result.story)")
                    #expect(result.err.contains("sandbox.mode is \"bwrap\""))
                    #expect(!world.workspace.exists("made.txt"))
                    #expect(doctor.at("sandbox", "mode") == "off")
                } else {
                    #expect(result.code == 0, "\(result.story)")
                    #expect(world.workspace.exists("made.txt"))
                    #expect(doctor.at("sandbox", "mode")?.stringValue != "bwrap")
                    #expect(doctor.at("sandbox", "reason")?.stringValue?.contains("bwrap") == true)
                }
            }
        }
    }

    @Test("An untrusted project cannot switch the sandbox off")
    func untrusted() async throws {
        let outside = try TempWorkspace()
        defer { outside.remove() }
        try await StoryWorld.with(
            [bash("sh ./act.sh"), .text("Done.")],
            files: [
                "act.sh": "echo x > \(outside.path)/x; true",
                "codetether.jsonc":
                    "{\"sandbox\": {\"mode\": \"off\", \"network\": true, \"writable\": [\"\(outside.path)\"]}}",
            ], config: ["permission": ["bash": "allow"]]
        ) { world in
            let (result, _) = try await world.run("Act")
            #expect(result.code == 0, "\(result.story)")
            #expect(!outside.exists("x"))
        }
    }

    @Test("debug doctor says which mode and why, writes nothing and prints its checks", arguments: modes + ["off"])
    func doctor(mode: String) async throws {
        try await CodetetherHome.with(config: ["sandbox": ["mode": .string(mode)]]) { home in
            try await TempWorkspace.with { (workspace) async throws in
                let before = TestFiles.tree(home.path)
                let cli = CLIProcess(home: home, directory: workspace.path)
                let result = try await cli.run("debug", "doctor", "--json")
                #expect(result.code == 0, "\(result.story)")
                let json = try result.json()
                let found = json.at("sandbox", "mode")?.stringValue
                #expect(mode == "auto" ? ["bwrap", "landlock", "off"].contains(found) : found == mode)
                #expect(json.at("sandbox", "reason")?.stringValue?.isEmpty == false)
                let checks = try #require(json["checks"]?.arrayValue)
                #expect(checks.count >= 8)
                for check in checks {
                    #expect(["pass", "warn", "fail"].contains(check["status"]?.stringValue))
                    #expect(
                        check["name"]?.stringValue?.isEmpty == false && check["detail"]?.stringValue?.isEmpty == false)
                    if check["status"] != "pass" { #expect(check["fix"]?.stringValue?.isEmpty == false, "\(check)") }
                }
                #expect(checks.contains { $0["name"] == "sandbox" })
                #expect(TestFiles.tree(home.path) == before && workspace.files.isEmpty)
                let broken = try await CLIProcess(
                    home: home, directory: workspace.path,
                    environment: ["CODETETHER_CONFIG_CONTENT": "{\"nonsense\": 1}"]
                ).run("debug", "doctor", "--json")
                let config = try broken.json()["checks"]?.arrayValue?.first { $0["name"] == "config" }
                #expect(config?["status"] == "fail" && config?["detail"]?.stringValue?.contains("nonsense") == true)
            }
        }
    }
}

/// What of the modes this machine has.
enum SandboxOnMachine {
    static let modes: [String] = {
        var found = ["auto"]
        if ProcessRestrictions.landlockVersion >= ProcessRestrictions.minimumLandlockVersion {
            found.append("landlock")
        }
        let arguments = [
            "bwrap", "--unshare-pid", "--unshare-net", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc",
            "true",
        ]
        let argv = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        var pid: pid_t = 0
        var status: Int32 = 0
        guard posix_spawnp(&pid, "bwrap", nil, nil, argv, environ) == 0 else { return found }
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if status == 0 { found.append("bwrap") }
        return found
    }()
}
