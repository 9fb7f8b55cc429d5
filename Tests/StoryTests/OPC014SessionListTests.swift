import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-014 Session management on the command line")
struct OPC014SessionListTests {
    /// Five sessions, `T1` the oldest.
    private func fill(_ world: TransferWorld) async throws -> [String] {
        var ids: [String] = []
        for number in 1...5 {
            ids.append(
                try await world.add(
                    TransferWorld.session(
                        number, title: "T\(number)", agent: number == 2 ? "plan" : "build",
                        model: number == 3 ? "Big-Model" : "m", text: number == 4 ? "The Ünique word" : "Other")))
        }
        return ids
    }

    @Test("OPC-014.1 session list shows the sessions of this directory, last updated first")
    func recent() async throws {
        try await TransferWorld.with { world in
            #expect(try await world.cli.run("session", "list", "--json").out == "[]\n")
            #expect(try await world.cli.run("session", "list").out == "")
            #expect(try await world.cli.run("session", "list", "--format", "jsonl").out == "")
            let ids = try await fill(world)
            #expect(try await JSON.array(world.list()).ids == ids.reversed())
            let renamed = try await world.cli.run("session", "rename", ids[1], "Newest now")
            #expect(renamed.code == 0)
            let table = try await world.cli.run("session", "list").out.split(separator: "\n").map(String.init)
            #expect(table.count == 6)
            #expect(table.first?.hasPrefix("ID") == true)
            #expect(table.dropFirst().first?.contains("Newest now") == true)
            try await TempWorkspace.with(git: true) { other in
                let elsewhere = CLIProcess(home: world.home, directory: other.path)
                #expect(try await elsewhere.run("session", "list", "--json").out == "[]\n")
                let all = try await elsewhere.run("session", "list", "--all", "--json").json()
                #expect(all.ids.count == 5)
                let named = try await elsewhere.run(
                    "session", "list", "--dir", world.workspace.path.string, "--json"
                ).json()
                #expect(named.ids.count == 5)
            }
        }
    }

    @Test("OPC-014.2 --max-count with --cursor walks through all sessions, each once, in every format")
    func pages() async throws {
        try await TransferWorld.with { world in
            let ids = try await fill(world)
            for format in ["json", "jsonl", "table"] {
                var seen: [String] = []
                var cursor: [String] = []
                for _ in 0..<5 {
                    let page = try await world.cli.run(
                        ["session", "list", "-n", "2", "--format", format] + cursor)
                    #expect(page.code == 0, "\(page.story)")
                    switch format {
                    case "json": seen += try page.json().ids
                    case "jsonl": seen += JSON.array(try page.jsonLines()).ids
                    default:
                        seen += page.out.split(separator: "\n").dropFirst().map { String($0.prefix(30)) }
                    }
                    guard let line = page.err.split(separator: "\n").first(where: { $0.hasPrefix("next: --cursor ") })
                    else { break }
                    cursor = ["--cursor", String(line.dropFirst("next: --cursor ".count))]
                }
                #expect(seen == ids.reversed(), "\(format)")
            }
            let bad = try await world.cli.run("session", "list", "--cursor", "nonsense")
            #expect(bad.code == 65 || bad.code == 64, "\(bad.story)")
            #expect(try await world.cli.run("session", "list", "-n", "0").code == 64)
        }
    }

    @Test("OPC-014.2 Each filter shows what fits it and nothing else")
    func filters() async throws {
        try await TransferWorld.with { world in
            let ids = try await fill(world)
            #expect(try await JSON.array(world.list("--agent", "plan")).ids == [ids[1]])
            #expect(try await JSON.array(world.list("--model", "prov/big-model")).ids == [ids[2]])
            #expect(try await JSON.array(world.list("--search", "üNIQUE")).ids == [ids[3]])
            #expect(try await JSON.array(world.list("--search", "t5")).ids == [ids[4]])
            #expect(try await JSON.array(world.list("--search", "%")).ids == [])
            #expect(try await JSON.array(world.list("--search", "Prompt of", "-n", "1")).ids == [ids[4]])
            #expect(try await JSON.array(world.list("--since", "2000-01-01")).ids.count == 5)
            #expect(try await JSON.array(world.list("--since", "2100-01-01")).ids == [])
            let rename = try await world.cli.run("session", "rename", ids[0], "Touched")
            #expect(rename.code == 0)
            #expect(try await JSON.array(world.list("--since", "1h")).ids == [ids[0]])
            let since = try await world.cli.run("session", "list", "--since", "yesterday-ish")
            #expect(since.code == 64, "\(since.story)")
            #expect(since.err.contains("yesterday-ish"))
            let archive = try await world.cli.run("session", "archive", ids[1], ids[2])
            #expect(archive.code == 0, "\(archive.story)")
            #expect(try await JSON.array(world.list()).ids.count == 3)
            #expect(try await JSON.array(world.list("--archived")).ids.count == 5)
            let back = try await world.cli.run("session", "archive", ids[1], "--undo", "--json")
            #expect(back.code == 0, "\(back.story)")
            #expect(try await JSON.array(world.list()).ids.count == 4)
        }
    }

    @Test("OPC-014.3 Piped output is complete, uncut and without colour; a reader that leaves early gets 141")
    func piped() async throws {
        try await TransferWorld.with { world in
            let long = String(repeating: "long title ", count: 30)
            try await world.add(TransferWorld.session(1, title: long + "end"))
            let result = try await world.cli.run("session", "list")
            #expect(result.out.contains("title end"), "nothing is cut in a pipe")
            #expect(!result.out.contains("\u{1B}"))
            try await world.add(TransferWorld.session(2, title: "evil \u{1B}[2J\nline \u{202E}"))
            let evil = try await world.cli.run("session", "list")
            #expect(!evil.out.contains("\u{1B}"))
            #expect(evil.out.split(separator: "\n").count == 3)
            let closed = try await world.cli.start(
                ["session", "list", "--json"], change: { $0.closeStdoutAfter = 0 }
            ) { try await $0.finish() }
            #expect(closed.code == 141 || closed.code == 0, "\(closed.story)")
        }
    }

    @Test("OPC-014.3 On a terminal titles are cut to its width, and only a list longer than it goes to the pager")
    func terminal() async throws {
        try await TransferWorld.with { world in
            for number in 1...8 {
                try await world.add(
                    TransferWorld.session(number, title: "Title \(number) " + String(repeating: "x", count: 100)))
            }
            var cli = world.cli
            cli.environment["TERM"] = "xterm"
            cli.environment["PAGER"] = "sed 's/^/paged: /'"
            let short = try await cli.start(["session", "list"], change: { $0.terminal = .init() }) {
                try await $0.finish()
            }
            #expect(short.code == 0, "\(short.story)")
            #expect(!short.out.contains("paged:"), "\(short.story)")
            for line in short.out.split(whereSeparator: \.isNewline) { #expect(line.count <= 80) }
            #expect(short.out.contains("…"))
            var small = ChildOptions.Terminal()
            small.rows = 6
            let paged = try await cli.start(["session", "list"], change: { $0.terminal = small }) {
                try await $0.finish()
            }
            #expect(paged.code == 0, "\(paged.story)")
            #expect(paged.out.contains("paged: ID"), "\(paged.story)")
            #expect(paged.out.contains("paged: ses_"))
            let counted = try await cli.start(["session", "list", "-n", "8"], change: { $0.terminal = small }) {
                try await $0.finish()
            }
            #expect(!counted.out.contains("paged:"), "\(counted.story)")
            let piped = try await cli.run("session", "list")
            #expect(!piped.out.contains("paged:"))
        }
    }

    @Test("OPC-014.4 Ids and titles are those that are stored: list, show, rename and export agree")
    func mapping() async throws {
        try await StoryWorld.with([.text("Answer one.")]) { world in
            let (run, json) = try await world.run("Hello")
            #expect(run.code == 0, "\(run.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let rename = try await world.cli.run("session", "rename", id, "Ein", "neuer", "Titel", "--json")
            #expect(try rename.json()["title"] == "Ein neuer Titel", "\(rename.story)")
            let row = try #require(try await world.sessions().first)
            let shown = try await world.show(id)
            let export = try await world.cli.run("export", id).json()
            #expect(row == shown.info)
            #expect(row["id"]?.stringValue == id)
            #expect(row["title"] == "Ein neuer Titel")
            #expect(export.at("info", "title") == "Ein neuer Titel")
            let table = try await world.cli.run("session", "list").out
            #expect(table.contains(id))
            #expect(table.contains("Ein neuer Titel"))
            let person = try await world.cli.run("session", "show", id)
            #expect(person.out.contains("Answer one."), "\(person.story)")
            for arguments in [["show"], ["rename"], ["archive"], ["delete"], ["fork"], ["tree"]] {
                let words = ["session"] + arguments + ["ses_7zzzzzzzzzzzzzzzzzzzzzzzzz"]
                let none = try await world.cli.run(arguments == ["rename"] ? words + ["x"] : words)
                #expect(none.code == 66, "\(arguments): \(none.story)")
            }
        }
    }
}
