import Configuration
import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Trust")
struct TrustTests {
    private static let files = [
        "repo/codetether.jsonc": #"{"mcp":{"a":{"command":"a"}},"permission":{"edit":"allow"}}"#,
        "repo/.mcp.json": #"{"mcpServers":{"files":{"command":"x"},"other":{"url":"http://y"}}}"#,
        "repo/.env": "KEY=1\n", "repo/.env.example": "KEY=\n",
        "repo/.codetether/plugins/p/plugin.json": "{}", "repo/.codetether/plugins/p/bin/run": "#!/bin/sh\n",
        "repo/.codetether/tools/t.sh": "#!/bin/sh\n",
        "repo/.codetether/commands/shell.md": "Now: !`date`\n", "repo/.codetether/commands/plain.md": "Hello\n",
        "repo/.git/config":
            "[core]\n\tbare = false\n\tfsmonitor = ./evil\n[filter \"x\"]\n\tclean = evil\n[alias]\n\tst = !evil\n",
        "repo/sub/codetether.jsonc": #"{"plugins":["p"]}"#,
    ]

    private func approve(_ fixture: ConfigFixture, _ folder: String = "") async throws -> TrustStore.Report {
        let directory = folder.isEmpty ? fixture.repo : fixture.repo.pushing(FilePath(folder))
        return try await TrustStore(paths: fixture.paths).approve(directory, nowMs: 1)
    }

    private func with(_ body: @escaping (ConfigFixture) async throws -> Void) async throws {
        var files = Self.files
        files["repo/.git/HEAD"] = "ref: refs/heads/main\n"
        try await TempWorkspace.with(files: files) { workspace in
            try await body(
                ConfigFixture(
                    workspace: workspace, variables: ["HOME": workspace.path.appending("home").string]))
        }
    }

    @Test("Everything that could execute is listed before trust and nothing of it after")
    func listed() async throws {
        try await with { fixture in
            let before = try fixture.load(trusted: nil)
            let keys = Set(before.pendingApproval.map(\.key))
            #expect(
                keys == [
                    "mcp", "permission", "mcp.files", "mcp.other", ".env", "plugins/p", "tools/t.sh",
                    "commands/shell.md", "git config core.fsmonitor", "git config filter.clean",
                    "git config alias.st",
                ])
            #expect(!before.isTrusted && before.config.raw["mcp"] == nil)
            let report = try await approve(fixture)
            #expect(report.workspace == fixture.repo)
            #expect(
                report.items.map(\.relative.string).sorted() == [
                    ".codetether/commands/shell.md", ".codetether/plugins/p/bin/run",
                    ".codetether/plugins/p/plugin.json", ".codetether/tools/t.sh", ".env", ".git/config", ".mcp.json",
                    "codetether.jsonc",
                ])
            #expect(report.items.allSatisfy { $0.hash.utf8.count == 64 })
            let after = try fixture.load(trusted: nil)
            #expect(after.isTrusted && after.pendingApproval.isEmpty && after.config.raw["mcp"] != nil)
            #expect(after.permissionLayers.map(\.authority) == [.tightensOrAllowsAsks])
            #expect(after.trust.approves(tree: fixture.repo.pushing(".codetether/plugins/p")))
            #expect(try FileIO.stat(fixture.paths.trustFile).mode & 0o077 == 0)
        }
    }

    @Test("One changed byte asks again for what that file defines, and only for that")
    func oneByte() async throws {
        try await with { fixture in
            _ = try await approve(fixture)
            let servers = fixture.repo.appending(".mcp.json")
            let old = try TestFiles.read(servers)
            try TestFiles.write(old + [0x0A], to: servers)
            var loaded = try fixture.load(trusted: nil)
            #expect(Set(loaded.pendingApproval.map(\.key)) == ["mcp.files", "mcp.other"])
            #expect(!loaded.isTrusted && loaded.config.raw["mcp"] != nil, "codetether.jsonc is still approved")
            #expect(!loaded.trust.approves(servers) && !loaded.trust.approves(servers, bytes: old + [0x0A]))
            #expect(loaded.trust.approves(servers, bytes: old))
            try TestFiles.write(old, to: servers)
            #expect(try fixture.load(trusted: nil).isTrusted)
            try TestFiles.write("new".utf8, to: fixture.repo.pushing(".codetether/plugins/p/added"))
            loaded = try fixture.load(trusted: nil)
            #expect(!loaded.trust.approves(tree: fixture.repo.pushing(".codetether/plugins/p")))
            #expect(loaded.trust.approves(tree: fixture.repo.pushing(".codetether/tools")))
        }
    }

    @Test("A nested config needs its own approval; a link to the root shares it, a copy does not")
    func nested() async throws {
        try await with { fixture in
            _ = try await approve(fixture)
            let nested = try fixture.load(in: "sub", trusted: nil)
            #expect(nested.pendingApproval.map(\.key) == ["plugins"])
            #expect(nested.config.raw["plugins"] == nil && nested.config.raw["mcp"] != nil)
            _ = try await approve(fixture, "sub")
            #expect(try fixture.load(in: "sub", trusted: nil).config.raw["plugins"] != nil)
            #expect(try fixture.load(trusted: nil).isTrusted)

            let link = fixture.workspace.path.appending("link")
            #expect(symlink("repo", link.string) == 0)
            let copy = fixture.workspace.path.appending("copy")
            for file in TestFiles.tree(fixture.repo) {
                var relative = file
                _ = relative.removePrefix(fixture.repo)
                try TestFiles.write(try TestFiles.read(file), to: copy.pushing(relative))
            }
            func isTrusted(_ directory: FilePath) throws -> Bool {
                try ConfigLoader(environment: fixture.environment, paths: fixture.paths, cwd: directory).load()
                    .isTrusted
            }
            #expect(try isTrusted(link))
            #expect(try !isTrusted(copy))
        }
    }

    @Test("A revoked approval is gone; the list says what became of each file")
    func revoked() async throws {
        try await with { fixture in
            let store = TrustStore(paths: fixture.paths)
            _ = try await approve(fixture)
            try TestFiles.write("KEY=2\n".utf8, to: fixture.repo.appending(".env"))
            try FileIO.remove(fixture.repo.appending(".mcp.json"))
            let row = try #require(store.list().first)
            #expect(row.workspace == fixture.repo && row.state == .changed)
            let states = Dictionary(row.files.map { ($0.path.string, $0.state) }, uniquingKeysWith: { $1 })
            #expect(states[".env"] == .changed && states[".mcp.json"] == .missing)
            #expect(states["codetether.jsonc"] == .approved)
            #expect(try await store.revoke(fixture.repo))
            #expect(try await !store.revoke(fixture.repo))
            #expect(store.list().isEmpty)
            #expect(try !fixture.load(trusted: nil).isTrusted)
        }
    }

    @Test("A damaged, foreign or oversized trust file trusts nothing")
    func damaged() async throws {
        try await with { fixture in
            _ = try await approve(fixture)
            let good = try TestFiles.read(fixture.paths.trustFile)
            for bytes in [
                Array(good.dropLast(4)), Array("[]".utf8), [], [UInt8](repeating: 0x20, count: 5 << 20) + good,
            ] {
                try TestFiles.write(bytes, to: fixture.paths.trustFile)
                #expect(try !fixture.load(trusted: nil).isTrusted)
            }
        }
    }

    @Test("Approving from several processes at once loses none of them")
    func concurrent() async throws {
        try await TempWorkspace.with { workspace in
            let paths = AppPaths(environment: Environment(["HOME": workspace.path.appending("home").string]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    let repo = workspace.path.appending("repo\(number)")
                    try TestFiles.write(#"{"plugins":["p"]}"#.utf8, to: repo.appending("codetether.jsonc"))
                    group.addTask { _ = try await TrustStore(paths: paths).approve(repo, nowMs: 1) }
                }
                try await group.waitForAll()
            }
            #expect(TrustStore(paths: paths).list().count == 20)
        }
    }

    @Test("Too many files cannot be approved, and the error names the limit")
    func limit() async throws {
        try await TempWorkspace.with { workspace in
            let repo = workspace.path.appending("repo")
            for number in 0...TrustScan.maxFiles {
                try TestFiles.write([0x41], to: repo.pushing(FilePath(".codetether/plugins/p/f\(number)")))
            }
            let paths = AppPaths(environment: Environment(["HOME": workspace.path.appending("home").string]))
            let error = await #expect(throws: FileError.self) {
                _ = try await TrustStore(paths: paths).approve(repo, nowMs: 1)
            }
            #expect(error?.kind == .tooLarge && error?.message.contains("2000") == true)
            let loaded = try ConfigLoader(
                environment: Environment(["HOME": workspace.path.appending("home").string]), paths: paths, cwd: repo
            ).load()
            #expect(!loaded.isTrusted && loaded.warnings.contains { $0.contains("cannot be approved") })
        }
    }

    @Test("Ordinary git settings need no approval")
    func plainGit() async throws {
        let config =
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[remote \"origin\"]\n\turl = https://x/y\n"
            + "\tfetch = +refs/heads/*:refs/remotes/origin/*\n[branch \"main\"]\n\tremote = origin\n[user]\n\tname = n\n"
        try await TempWorkspace.with(files: ["repo/.git/HEAD": "ref: refs/heads/main\n", "repo/.git/config": config]) {
            workspace in
            let environment = Environment(["HOME": workspace.path.appending("home").string])
            let loaded = try ConfigLoader(
                environment: environment, paths: AppPaths(environment: environment),
                cwd: workspace.path.appending("repo")
            ).load()
            #expect(loaded.pendingApproval.isEmpty)
        }
    }

    @Test("The rules of agents name the file and the line they stand in")
    func agentLines() async throws {
        let agent =
            "---\ndescription: d\npermission:\n  bash:\n    \"git *\": allow\n    'rm *': deny\n  edit: deny\n---\nHi\n"
        try await ConfigFixture.with(
            files: [
                "home/.config/codetether/agents/mine.md": agent,
                "home/.config/codetether/codetether.jsonc":
                    "{\n  \"agent\": {\n    \"other\": {\"permission\": {\n      \"bash\": \"deny\"}}\n  }\n}",
            ]
        ) { fixture in
            let agents = AgentDefinitions.load(try fixture.load(), builtIn: []).agents
            let mine = try #require(agents.first { $0.name == "mine" })
            let lines = Dictionary(
                mine.permission.rules.map { ("\($0.permission) \($0.pattern)", $0.source) }, uniquingKeysWith: { $1 })
            let file = fixture.paths.config.pushing("agents/mine.md").string
            #expect(lines["bash git *"] == "\(file):5")
            #expect(lines["bash rm *"] == "\(file):6")
            #expect(lines["edit *"] == "\(file):7")
            let other = try #require(agents.first { $0.name == "other" })
            #expect(other.permission.rules.first?.source == "\(fixture.paths.userConfigFile.string):4")
        }
    }
}
