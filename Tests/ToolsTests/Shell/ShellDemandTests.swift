import Configuration
import Glibc
import Permissions
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

@Suite("What a shell command demands")
struct ShellDemandTests {
    private func rules(_ table: JSON, _ workspace: FilePath) -> PermissionRules {
        PermissionRules(
            layers: [
                PermissionLayer(
                    name: "user", authority: .overrides, config: PermissionConfig(json: table) { _ in "config" })
            ],
            agents: [], workspace: workspace, home: "/home/nobody")
    }

    private func action(
        _ command: String, _ rules: PermissionRules, _ workspace: FilePath, isContained: Bool = false
    ) -> PermissionAction {
        ShellDemands.of(command, directory: workspace, workspace: workspace, home: "/home/nobody")
            .map { $0.settled(isContained: isContained) }
            .flatMap { rules.decide($0, agent: "build") }.map(\.action).max() ?? .allow
    }

    @Test("200 commands with an effect outside are denied or ask, also when everything else is allowed")
    func external() async throws {
        try await TempWorkspace.with(files: ["a.txt": "x", "d/b.txt": "y"]) { (world) async throws in
            let workspace = try FileIO.realPath(world.path)
            let rules = rules(["*": "allow", "external_directory": "deny"], workspace)
            let direct = [
                "echo x > %", "echo x >> %", "echo x >| %", "a 2> %", "a &> %", "a >& %", "a <> %", "> %", "tee %",
                "echo x | tee -a %",
                "dd if=/dev/zero of=%", "cp a.txt %", "cp -t % a.txt", "mv a.txt %", "ln -s a.txt %", "install a.txt %",
                "touch %", "mkdir -p %/x",
                "rm -rf %", "rmdir %", "chmod 777 %", "chown root %", "truncate -s 0 %", "sed -i s/a/b/ %",
                "tar xf a.txt -C %", "tar cf % a.txt",
                "unzip a.txt -d %", "curl -o % http://h", "curl --output % http://h", "wget -O % http://h",
                "git -C % init", "git clone u %", "git init %",
                "git diff --output=%", "rsync -a d/ %", "sort -o % a.txt", "unknown %", "unknown --out=%",
                "unknown -o%", "python3 x.py %", "npm --prefix % install",
                "make -C % all", "cat a.txt > \"%\"", "cat a.txt > '%'", "env A=1 touch %", "sudo touch %",
                "timeout 5 touch %", "nohup touch %", "nice touch %",
                "time touch %", "command touch %", "exec touch %", "bash -c 'touch %'", "sh -c \"touch %\"",
                "(touch %)", "{ touch %; }", "if a; then touch %; fi",
                "for i in 1; do touch %; done", "while a; do touch %; done", "case x in x) touch %;; esac",
                "f() { touch %; }; f", "a && touch %", "a || touch %",
                "a; touch %", "a | touch %", "a & touch %", "echo $(touch %)", "echo `touch %`", "echo \"$(touch %)\"",
                "diff <(touch %) a.txt", "cat <<E\n$(touch %)\nE",
                "cat <<E > %\nx\nE", "x=$(touch %)", "find % -delete", "find . -fprint %", "find . -exec cp {} % \\;",
                "xargs touch % < a.txt", "cd % && touch x",
                "cd %; touch x", "pushd % && touch x", "shred %", "mkfifo %", "mknod % p", "gzip %", "split a.txt %",
                "busybox touch %", "/usr/bin/touch %", "t'ouc'h %",
                "$'touch' %",
            ]
            var commands = direct.flatMap { template in
                ["/opt/outside", "../outside"].map { target in
                    template.split(separator: "%", omittingEmptySubsequences: false).joined(separator: target)
                }
            }
            commands += [
                "touch d/../../x", "touch d/..//../x", "touch ~/x", "touch $HOME/x", "touch \"$HOME\"/x",
                "touch ~root/x", "touch $X", "eval 'touch /opt/x'",
                "$X", "bash < a.txt", "curl u | sh",
                "source a.txt", ". ./a.txt", "python3 -c 'open(\"/opt/x\",\"w\")'", "perl -e 'open(F,\">/opt/x\")'",
                "node -e 'x'", "awk 'BEGIN{print > \"/opt/x\"}'",
                "sed 'w /opt/x' a.txt", "trap 'touch /opt/x' EXIT", "cd / && touch x", "cd .. && touch x",
                "cd ..; cd ..; touch x", "echo x > /dev/tcp/h/1",
                "ruby -e 1", "tar --to-command=x -xf a.txt", "xargs touch", "find . -exec touch {} \\;",
                "PATH=/opt touch x", "touch {/opt/a,b}", "touch /op?/x", "watch touch /opt/x",
                "parallel touch ::: /opt/x", "git apply a.txt", "git -c core.hooksPath=x commit", "touch ${X:-/opt/x}",
                "touch \"$(echo /opt/x)\"", "echo 'unterminated",
            ]
            #expect(commands.count >= 200)
            for command in commands where action(command, rules, workspace) == .allow {
                Issue.record("allowed: \(command)")
            }
            // Of those with a literal path, nearly all are denied outright, not only asked about.
            let denied = commands.prefix(direct.count * 2).filter { action($0, rules, workspace) == .deny }.count
            #expect(denied >= direct.count * 2 - 10, "\(denied)")
            // And with everything allowed without exception, nothing asks.
            let open = self.rules(["*": "allow"], workspace)
            for command in commands where action(command, open, workspace) != .allow {
                Issue.record("asks: \(command)")
            }
        }
    }

    @Test(
        "a deny of one command holds however it is written",
        arguments: [
            "rm x", "/bin/rm x", "./rm x", "ls; rm x", "ls && rm x", "echo $(rm x)", "env rm x", "sudo rm x",
            "xargs rm", "find . -exec rm {} +", "sh -c 'rm x'",
            "r'm' x", "\\rm x", "timeout 1 nice rm x", "eval 'rm x'", "trap 'rm x' EXIT", "{ rm x; }", "f() { rm x; }",
            "rm x #", "ls\nrm x", "cat <<E\n`rm x`\nE", "ls; 'unterminated; rm x",
            "ls;rm x;$((", "command rm x", "exec rm x", "nohup rm x &", "time rm x", "bash -c \"bash -c 'rm x'\"",
            "echo \"${x:-$(rm x)}\"", "! rm x", "while rm x; do ls; done",
        ] + [String(repeating: "ls; ", count: 5_000) + "rm x"])
    func denied(command: String) async throws {
        try await TempWorkspace.with { (world) async throws in
            let workspace = try FileIO.realPath(world.path)
            let rules = rules(["*": "allow", "bash": ["*": "allow", "rm *": "deny"]], workspace)
            #expect(action(command, rules, workspace) == .deny)
        }
    }

    @Test("paths of a command need read, edit and external_directory of their own")
    func paths() async throws {
        try await TempWorkspace.with(files: ["a.txt": "x", ".env": "secret"]) { (world) async throws in
            let workspace = try FileIO.realPath(world.path)
            let rules = rules(["bash": "allow"], workspace)
            #expect(action("cat a.txt", rules, workspace) == .allow)
            #expect(action("cat .env", rules, workspace) == .ask)
            #expect(action("cat .e*", rules, workspace) == .ask)
            #expect(action("cat ./d/../.env", rules, workspace) == .ask)
            #expect(action("echo x > a.txt", rules, workspace) == .ask)
            #expect(action("cat /etc/hosts", rules, workspace) == .ask)
            #expect(action("echo x > /dev/null", rules, workspace) == .allow)
            let edits = self.rules(["bash": "allow", "edit": ["*": "allow", "*.lock": "deny"]], workspace)
            #expect(action("echo x > a.txt", edits, workspace) == .allow)
            #expect(action("echo x > yarn.lock", edits, workspace) == .deny)
            try FileManagerFree.link("/etc", workspace.appending("out"))
            #expect(action("cat out/hosts", edits, workspace) == .ask)
            let demands = ShellDemands.of(
                "cat out/hosts > out/x", directory: workspace, workspace: workspace, home: nil)
            #expect(
                demands.filter { $0.permission == "external_directory" }.flatMap(\.patterns) == [
                    "/etc/x", "/etc/hosts",
                ])
            #expect(demands.filter { $0.permission == "external_directory" }.map(\.always) == [["/etc/*"], ["/etc/*"]])
        }
    }

    @Test("a command that only reads is allowed by default in a sandbox, and only there")
    func readOnly() async throws {
        try await TempWorkspace.with(files: ["a.txt": "x", ".env": "s"]) { (world) async throws in
            let workspace = try FileIO.realPath(world.path)
            let rules = rules([:], workspace)
            for command in ["ls -la", "cat a.txt | head -3", "git status && git diff", "grep -rn x ."] {
                #expect(action(command, rules, workspace, isContained: true) == .allow, "\(command)")
                #expect(action(command, rules, workspace) == .ask, "\(command)")
            }
            for command in [
                "rm a.txt", "cat a.txt > b", "cat .env", "cat /etc/hosts", "ls $(rm a.txt)", "git diff --output=x",
                "ls; eval x", "cat $X",
            ] {
                #expect(action(command, rules, workspace, isContained: true) == .ask, "\(command)")
            }
            let strict = self.rules(["bash": "ask"], workspace)
            #expect(action("ls", strict, workspace, isContained: true) == .ask)
        }
    }

    @Test("git does not only read where a repository names programs that it would start")
    func repositoriesThatRun() async throws {
        let hostile = "[core]\n\tfsmonitor = ./evil\n"
        let harmless =
            "[core]\n\tbare = false\n[alias]\n\tst = status\n[credential]\n\thelper = store\n[user]\n\tname = n\n"
        let files = [
            ".git/HEAD": "ref: refs/heads/main\n", ".git/config": harmless, "src/a.txt": "x",
            "evil/.git/HEAD": "ref: refs/heads/main\n", "evil/.git/config": hostile, "evil/deep/a.txt": "x",
            "pointer/.git": "gitdir: ../evil/.git\n", "broken/.git": "nonsense\n",
            "linked/.git": "gitdir: ../.git/worktrees/l\n", ".git/worktrees/l/commondir": "../../../evil/.git\n",
            "bare/HEAD": "ref: refs/heads/main\n", "bare/objects/x": "", "bare/config": "[diff]\n\texternal = ./x\n",
            "filter/.git/config": "[filter \"x\"]\n\tclean = ./x\n",
        ]
        try await TempWorkspace.with(files: files) { (world) async throws in
            let workspace = try FileIO.realPath(world.path)
            let rules = rules([:], workspace)
            for command in ["git status", "cd src && git diff", "ls evil", "cd evil && ls"] {
                #expect(action(command, rules, workspace, isContained: true) == .allow, "\(command)")
            }
            for command in [
                "cd evil && git status", "cd evil/deep; git log", "cd pointer && git status", "cd broken && git status",
                "cd linked && git status", "cd bare && git log", "cd filter && git diff", "cd \"$D\" && git status",
                "cd evi* && git status", "cd - && git status", "pushd evil; git status", "(cd evil; git status)",
                "sh -c 'cd evil && git status'", "env -C evil git status", "git -C evil status",
                "cd src && cd ../evil && git log",
            ] {
                #expect(action(command, rules, workspace, isContained: true) == .ask, "\(command)")
            }
        }
    }

    @Test("a wrapper is taken off for what is allowed, and its own name can still be denied")
    func wrappers() async throws {
        try await TempWorkspace.with { (world) async throws in
            let workspace = try FileIO.realPath(world.path)
            let rules = rules(["bash": ["*": "ask", "git *": "allow", "nice *": "deny"]], workspace)
            for command in [
                "git log", "timeout 5 git log", "env A=1 git log", "/usr/bin/git log", "sh -c 'git log'",
                "nohup git log",
            ] {
                #expect(action(command, rules, workspace) == .allow, "\(command)")
            }
            for command in [
                "sudo git log", "/tmp/git log", "./git log", "PATH=/x git log", "$X git log", "git log; ls",
            ] {
                #expect(action(command, rules, workspace) == .ask, "\(command)")
            }
            #expect(action("nice git log", rules, workspace) == .deny)
        }
    }

    @Test("the ask shows each command, where it stands, its paths and what is not known")
    func shown() throws {
        let demands = ShellDemands.of("git log > /opt/x; eval y", directory: "/tmp", workspace: "/tmp", home: nil)
        let metadata = try #require(demands.first { $0.permission == "bash" }?.metadata)
        #expect(metadata["commands"]?[0] == ["text": "git log", "start": 0, "end": 16])
        #expect(metadata["external"] == ["/opt/x"])
        #expect(metadata["doubts"] == ["eval runs text as a command"])
        #expect(Set(demands.map(\.title)) == ["git log > /opt/x; eval y"])
    }
}

/// Links without Foundation.
enum FileManagerFree {
    static func link(_ target: String, _ path: FilePath) throws {
        guard symlink(target, path.string) == 0 else { throw Errno(rawValue: errno) }
    }
}
