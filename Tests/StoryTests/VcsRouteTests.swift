import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Version control over HTTP")
struct VcsRouteTests {
    @discardableResult
    private func git(_ workspace: TempWorkspace, _ arguments: String...) async throws -> String {
        let options = ChildOptions(
            "/usr/bin/git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"] + arguments,
            directory: workspace.path,
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
            ])
        let result = try await ChildProcess.run(options)
        guard result.code == 0 else { throw TestSupportError("git \(arguments): \(result.story)") }
        return result.out
    }

    private func rows(_ world: ServeWorld, _ path: String) async throws -> [JSON] {
        let reply = try await world.http.send("GET", path)
        #expect(reply.status == 200, "\(path) \(reply.text)")
        return try reply.json()["data"]?.arrayValue ?? []
    }

    @Test("Status, diff, base and branches are git's, and nothing that the repository names is started")
    func changes() async throws {
        try await ServeWorld.with(files: ["a.txt": "one\ntwo\n", "gone.txt": "bye\n", "same.txt": "same\n"]) { world in
            let workspace = world.story.workspace
            // Before the first commit everything is added.
            #expect(
                try await rows(world, "/api/vcs/status").compactMap { $0["file"]?.stringValue }.sorted() == [
                    "a.txt", "gone.txt", "same.txt",
                ])
            try await git(workspace, "add", ".")
            try await git(workspace, "commit", "-qm", "one")
            #expect(try await rows(world, "/api/vcs/status").isEmpty)
            let base = try await git(workspace, "rev-parse", "HEAD").trimmed
            try await git(workspace, "checkout", "-qb", "feature")
            try workspace.write("c\n", to: "committed.txt")
            try await git(workspace, "add", ".")
            try await git(workspace, "commit", "-qm", "two")
            let program = "touch \(workspace.path)/ran; cat"
            try workspace.write("* filter=evil diff=evil\n", to: ".git/info/attributes")
            let config = try workspace.text(".git/config")
            try workspace.write(
                config
                    + "[core]\n\tfsmonitor = \"\(program)\"\n\thooksPath = hooks\n[filter \"evil\"]\n\tclean = \"\(program)\"\n\tsmudge = \"\(program)\"\n\trequired = true\n[diff \"evil\"]\n\tcommand = \"\(program)\"\n\ttextconv = \"\(program)\"\n[diff]\n\texternal = \"\(program)\"\n",
                to: ".git/config")
            try workspace.write("one\n2\nthree\n", to: "a.txt")
            try workspace.write("same\n", to: "same.txt")
            try workspace.write("new\nfile\n", to: "dir/new file.txt")
            TestFiles.remove(workspace.path.appending("gone.txt"))
            let status = try await rows(world, "/api/vcs/status")
            let facts = status.map {
                "\($0["status"]?.stringValue ?? "") \($0["file"]?.stringValue ?? "") +\($0["additions"]?.intValue ?? -1) -\($0["deletions"]?.intValue ?? -1)"
            }
            #expect(
                facts.sorted() == ["added dir/new file.txt +2 -0", "deleted gone.txt +0 -1", "modified a.txt +2 -1"])
            let diff = try await rows(world, "/api/vcs/diff?context=0")
            #expect(diff.count == 3)
            let patch = diff.first { $0["file"] == "a.txt" }?["patch"]?.stringValue ?? ""
            #expect(patch.contains("@@ -2 +2,2 @@") && patch.contains("\n-two\n+2\n+three\n"), "\(patch)")
            #expect(
                diff.first { $0["file"] == "dir/new file.txt" }?["patch"]?.stringValue?.contains("+new\n+file") == true)
            #expect(try await rows(world, "/api/vcs/diff?mode=branch").contains { $0["file"] == "committed.txt" })
            #expect(try await rows(world, "/api/vcs/diff?base=main").contains { $0["file"] == "committed.txt" })
            #expect(try await world.http.send("GET", "/api/vcs/diff?base=--output%3Dx").status == 400)
            let info = try await world.http.send("GET", "/api/vcs").json()
            #expect(info.at("data", "branch", "current") == "feature" && info.at("data", "branch", "default") == "main")
            let found = try await world.http.send("GET", "/api/vcs/base").json()
            #expect(found.at("data", "name") == "main" && found.at("data", "ref")?.stringValue == base)
            #expect(try await rows(world, "/api/vcs/branch?search=FEA").compactMap(\.stringValue) == ["feature"])
            #expect(!workspace.exists("ran"))
        }
    }

    @Test("Work trees are made, listed and removed; one with changes only by force, and its branch stays")
    func worktrees() async throws {
        try await ServeWorld.with(files: ["a.txt": "one\n"]) { world in
            let workspace = world.story.workspace
            let none = try await world.http.send("POST", "/api/worktree", json: ["name": "early"])
            #expect(none.status == 400)
            #expect(try none.json()["_tag"] == "WorktreeError")
            try await git(workspace, "add", ".")
            try await git(workspace, "commit", "-qm", "one")
            let made = try await world.http.send("POST", "/api/worktree", json: ["name": "side", "branch": "topic"])
            #expect(made.status == 200, "\(made.text)")
            let directory = try #require(try made.json()["directory"]?.stringValue)
            #expect(try TestFiles.text(FilePath(directory).appending("a.txt")) == "one\n")
            func list() async throws -> [String] {
                try await world.http.send("GET", "/api/worktree").json().arrayValue?.compactMap {
                    $0["directory"]?.stringValue
                } ?? []
            }
            #expect(try await list() == [directory])
            #expect(try await world.http.send("POST", "/api/worktree", json: ["name": "side"]).status == 400)
            #expect(try await world.http.send("POST", "/api/worktree", json: ["name": "../up"]).status == 400)
            #expect(try await world.http.send("GET", "/api/worktree?projectID=nope").status == 404)
            try TestFiles.write("work".utf8, to: FilePath(directory).appending("unsaved.txt"))
            let refused = try await world.http.send("DELETE", "/api/worktree", json: ["directory": .string(directory)])
            #expect(refused.status == 400)
            #expect(try refused.json().at("data", "forceRequired") == true)
            #expect(TestFiles.exists(FilePath(directory).appending("unsaved.txt")))
            let main: JSON = ["directory": .string(workspace.path.string), "force": true]
            #expect(try await world.http.send("DELETE", "/api/worktree", json: main).status == 400)
            let forced = try await world.http.send(
                "DELETE", "/api/worktree", json: ["directory": .string(directory), "force": true])
            #expect(forced.status == 204, "\(forced.text)")
            #expect(try await list().isEmpty)
            #expect(try await git(workspace, "branch", "--list", "topic").contains("topic"))
            #expect(try await world.http.send("POST", "/api/worktree/refresh", json: [:]).status == 204)

            let project = try #require(try await world.http.send("GET", "/api/project").json()[0])
            let named = try await world.http.send(
                "PATCH", "/api/project/\(project["id"]?.stringValue ?? "")",
                json: ["name": "Mine", "icon": ["color": "red"]])
            #expect(named.status == 200, "\(named.text)")
            let again = try await world.http.send("GET", "/api/project").json()[0]
            #expect(again?["name"] == "Mine" && again?["icon"]?["color"] == "red" && again?["vcs"] == "git")
            #expect(try await world.http.send("PATCH", "/api/project/nope", json: ["name": "x"]).status == 404)
        }
    }

    @Test("A session's diff is what its tools changed, by turns; its instruction entries are told to the model")
    func session() async throws {
        let script: [Turn] = [
            .call("write", ["filePath": "a.txt", "content": "one\n"]), .text("Done."),
            .call("write", ["filePath": "b.txt", "content": "two\n"]), .text("Done."),
        ]
        try await ServeWorld.with(script) { world in
            let id = try await world.session()
            let path = "/api/session/\(id)/instructions/entries"
            let put = try await world.http.send("PUT", "\(path)/style", json: ["value": "Answer in rhymes."])
            #expect(put.status == 204, "\(put.text)")
            #expect(try await world.http.send("PUT", "\(path)/facts", json: ["value": ["n": 5]]).status == 204)
            let large: JSON = ["value": .string(String(repeating: "x", count: 40_000))]
            #expect(try await world.http.send("PUT", "\(path)/large", json: large).status == 413)
            let listed = try await rows(world, path)
            #expect(listed == [["key": "facts", "value": ["n": 5]], ["key": "style", "value": "Answer in rhymes."]])
            _ = try await world.ask(id, "First")
            #expect(try await world.http.send("DELETE", "\(path)/style").status == 204)
            _ = try await world.ask(id, "Second")
            let requests = world.story.server.agentRequests.map(\.text)
            #expect(requests.first?.contains("Answer in rhymes.") == true)
            #expect(requests.last?.contains("Answer in rhymes.") == false)
            let log = try await world.log(id).of("session.instructions.updated")
            #expect(log.last?["data"]?["delta"]?["style"] == "removed")

            func files(_ query: String) async throws -> [String] {
                try await rows(world, "/api/session/\(id)/diff\(query)").compactMap { $0["file"]?.stringValue }.sorted()
            }
            #expect(try await files("") == ["a.txt", "b.txt"])
            let second = try #require(
                try await world.messages(id).first { $0["text"] == "Second" }?["id"]?.stringValue)
            #expect(try await files("?from=\(second)") == ["b.txt"])
            #expect(try await files("?to=\(second)") == ["a.txt"])
            #expect(try await world.http.send("GET", "/api/session/\(id)/diff?from=msg_none").status == 404)
            #expect(try await rows(world, "/api/plugin").isEmpty)
        }
    }
}

extension String {
    fileprivate var trimmed: String { String(self.prefix { !$0.isWhitespace }) }
}
