import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-013 Session export and import")
struct OPC013TransferTests {
    static let script: [Turn] = [
        .call("write", ["filePath": "a.txt", "content": "one\n"], id: "call_w"), .text("First answer."),
    ]

    @Test("OPC-013.1 export writes the whole session: every message and part that session show has")
    func exports() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (run, json) = try await world.run("Write a")
            #expect(run.code == 0, "\(run.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let export = try await world.cli.run("export", id)
            #expect(export.code == 0, "\(export.story)")
            #expect(export.stderr.isEmpty, "\(export.story)")
            let document = try export.json()
            let stored = try await world.show(id)
            #expect(document["info"]?["id"]?.stringValue == id)
            #expect(document["messages"]?.arrayValue == stored.messages)
            #expect(document["format"] == "codetether.session")
            #expect(document["version"] == 1)
            #expect(document["checksum"]?["messages"]?.intValue == Int64(stored.messages.count))
            #expect(document["checksum"]?["sha256"]?.stringValue?.utf8.count == 64)
            let latest = try await world.cli.run("export", "--json")
            #expect(latest.stdout == export.stdout, "without an id it is the latest of this directory")
            let lines = try await world.cli.run("export", id, "--format", "jsonl").jsonLines()
            #expect(lines.first?["info"]?["id"]?.stringValue == id)
            #expect(lines.first?["id"]?.stringValue == id)
            #expect(Array(lines.dropFirst()) == stored.messages)
        }
    }

    @Test("OPC-013.1 Without a session, or with an id nobody has, export ends with 66 and prints nothing")
    func exportNothing() async throws {
        try await TransferWorld.with { world in
            for arguments in [["export"], ["export", "ses_00000000000000000000000000"], ["export", "x/../y"]] {
                let result = try await world.cli.run(arguments)
                #expect(result.code == 66, "\(result.story)")
                #expect(result.stdout.isEmpty)
                #expect(!result.stderr.isEmpty)
            }
            let usage = try await world.cli.run("export", "--format", "xml")
            #expect(usage.code == 64, "\(usage.story)")
        }
    }

    @Test("OPC-013.1 A session of 4.8 MB comes out whole through a pipe, and a reader that leaves early is no error")
    func large() async throws {
        try await TransferWorld.with { world in
            var session = TransferWorld.session(1, title: "Large")
            let block = String(repeating: "0123456789abcdef", count: 1_875)
            session["messages"] = .array(
                (0..<160).map { number in
                    [
                        "id": .string("msg_\(String(repeating: "0", count: 23))\(100 + number)"), "type": "user",
                        "time": ["created": .int(1_780_000_000_000 + Int64(number))],
                        "text": .string("\(number) \(block)"),
                    ]
                })
            let id = try await world.add(session)
            let export = try await world.cli.run("export", id)
            #expect(export.code == 0)
            #expect(export.stdout.count > 4_700_000)
            #expect(try export.json()["messages"] == session["messages"])
            let binary = try CLIProcess.binary().string
            let count = try await world.shell("'\(binary)' export \(id) --format jsonl | tail -n 1 | cut -c 1-60")
            #expect(count.stdout.holds(Array("msg_00000000000000000000000259".utf8)), "\(count.story)")
            let early = try await world.cli.start(["export", id], change: { $0.closeStdoutAfter = 10_000 }) { child in
                try await child.finish()
            }
            #expect(early.code == 141, "\(early.story)")
        }
    }

    @Test("OPC-013.2 export | import - on another home gives the same session, byte for byte but for ids and paths")
    func pipe() async throws {
        try await StoryWorld.with(Self.script) { world in
            let (run, json) = try await world.run("Write ä")
            #expect(run.code == 0, "\(run.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            try await CodetetherHome.with { home in
                try await TempWorkspace.with(git: true) { elsewhere in
                    let binary = try CLIProcess.binary().string
                    let here = CLIProcess(home: world.home, directory: world.workspace.path)
                    let command =
                        "'\(binary)' export \(id) | CODETETHER_HOME='\(home.path)' '\(binary)' --cwd '\(elsewhere.path)' import -"
                    var options = try here.options([])
                    options.executable = "/bin/sh"
                    options.arguments = ["-c", command]
                    let result = try await ChildProcess.run(options)
                    #expect(result.code == 0, "\(result.story)")
                    #expect(result.stdout.holds(Array(id.utf8)), "the id is valid, so it is kept")
                    let there = CLIProcess(home: home, directory: elsewhere.path)
                    let one = try await world.cli.run("export", id)
                    let two = try await there.run("export")
                    #expect(two.code == 0, "\(two.story)")
                    let oneInfo = try one.json()["info"]
                    let twoInfo = try two.json()["info"]
                    let first = String(decoding: one.stdout, as: UTF8.self)
                    let expected = first.replacing(
                        "\"projectID\":\(oneInfo?["projectID"]?.text() ?? "")",
                        with: "\"projectID\":\(twoInfo?["projectID"]?.text() ?? "")"
                    ).replacing(
                        "\"location\":\(oneInfo?["location"]?.text() ?? "")",
                        with: "\"location\":\(twoInfo?["location"]?.text() ?? "")")
                    #expect(expected != first)
                    #expect(String(decoding: two.stdout, as: UTF8.self) == expected)
                    let real = try FileIO.realPath(elsewhere.path).string
                    #expect(twoInfo?.at("location", "directory")?.stringValue == real, "it belongs here now")
                }
            }
        }
    }

    @Test(
        "OPC-013.2 import takes files, standard input and addresses of shares, in each format, and continues from there"
    )
    func sources() async throws {
        let session = TransferWorld.session(7, title: "Shared")
        let legacy: JSON = [
            ["type": "session", "data": ["id": "old1", "title": "Old", "time": ["created": 1, "updated": 2]]],
            [
                "type": "message",
                "data": ["id": "m1", "sessionID": "old1", "role": "user", "time": ["created": 1]],
            ],
            ["type": "part", "data": ["id": "p1", "messageID": "m1", "type": "text", "text": "Old prompt"]],
        ]
        let pages: [String: StaticWebServer.Page] = [
            "/share/abc": .init(body: session.text()),
            "/moved": .init(status: 302, headers: [("location", "/share/abc")]),
            "/share/old": .init(type: "text/html", body: "<html></html>"),
            "/api/share/old/data": .init(body: legacy.text()),
            "/share/bad": .init(body: "{\"info\":{\"id\":1},\"messages\":[]}"),
            "/page": .init(type: "text/html", body: "<html></html>"),
        ]
        try await StaticWebServer.with(pages) { server in
            try await TransferWorld.with { world in
                let first = try await world.cli.run("import", "\(server.origin)/share/abc", "--json")
                #expect(first.code == 0, "\(first.story)")
                #expect(try first.json()["action"] == "created")
                let second = try await world.cli.run("import", "\(server.origin)/share/old")
                #expect(second.code == 0, "\(second.story)")
                let moved = try await world.otherCLI.run("import", "\(server.origin)/moved")
                #expect(moved.code == 0, "\(moved.story)")
                let titles = try await world.list().compactMap { $0["title"]?.stringValue }
                #expect(Set(titles) == ["Shared", "Old"])
                // Wrong addresses, wrong contents.
                let cases: [(String, Int32)] = [
                    ("\(server.origin)/nowhere", 66), ("\(server.origin)/share/bad", 65), ("\(server.origin)/page", 65),
                    ("http://127.0.0.1:1/share/x", 69), ("ftp://127.0.0.1/share/x", 64), ("http://", 64),
                    ("http:///share/x", 64), ("https://exa mple/share/x", 64), ("http://-bad-/x", 64),
                ]
                for (address, code) in cases {
                    let result = try await world.cli.run("import", address)
                    #expect(result.code == code, "\(address): \(result.story)")
                    #expect(result.stdout.isEmpty)
                    #expect(!result.stderr.isEmpty)
                }
                let bad = try await world.cli.run("import", "\(server.origin)/share/bad", "--json")
                #expect(bad.err.contains("$.info.id"), "\(bad.story)")
                #expect(try bad.json()["error"]?["data"]?["path"] == "$.info.id")
                let file = world.workspace.path.appending("s.json")
                try TestFiles.write(TransferWorld.session(8, title: "From a file").bytes(.pretty), to: file)
                let fromFile = try await world.cli.run("import", "s.json")
                #expect(fromFile.code == 0, "\(fromFile.story)")
                let shown = try await world.cli.run(
                    "session", "show", "ses_\(String(repeating: "0", count: 25))8", "--json")
                #expect(try shown.json()["messages"]?.arrayValue?.count == 2, "\(shown.story)")
            }
        }
    }

    @Test("OPC-013.3 What does not fit the schema is refused with the JSON path of the fault, and nothing is left")
    func validation() async throws {
        try await TransferWorld.with { world in
            let good = TransferWorld.session(1, title: "Good")
            var cases: [(JSON, String)] = []
            for (key, path) in [("id", "$.info"), ("time", "$.info"), ("tokens", "$.info"), ("location", "$.info")] {
                var bad = good
                var info = good["info"]?.objectValue ?? JSONObject()
                info.removeValue(forKey: key)
                bad["info"] = .object(info)
                cases.append((bad, path))
            }
            var wrongTime = good
            wrongTime["messages"] = [
                good.at("messages")?[0] ?? .null,
                ["id": "msg_9", "type": "user", "time": ["created": "x"], "text": "t"],
            ]
            cases.append((wrongTime, "$.messages[1].time.created"))
            var noText = good
            noText["messages"] = [["id": "msg_9", "type": "user", "time": ["created": 1]]]
            cases.append((noText, "$.messages[0]"))
            var noList = good
            noList["messages"] = ["a": 1]
            cases.append((noList, "$.messages"))
            for (bad, path) in cases {
                for arguments in [["import", "-"], ["import", "-", "--dry-run"]] {
                    let result = try await world.cli.run(arguments, input: bad.text())
                    #expect(result.code == 65, "\(result.story)")
                    #expect(result.err.contains(path), "\(path): \(result.story)")
                }
            }
            #expect(try await world.list("--all").isEmpty)
        }
    }

    @Test("OPC-013.3 A session that is there already fails with 65, or is skipped, copied or merged as asked")
    func duplicates() async throws {
        try await TransferWorld.with { world in
            let session = TransferWorld.session(1, title: "Mine")
            let id = try await world.add(session)
            let text = session.text()
            let renamed = try await world.cli.run("session", "rename", id, "Changed here")
            #expect(renamed.code == 0)
            let before = try await world.cli.run("export", id).stdout
            let fail = try await world.cli.run(["import", "-"], input: text)
            #expect(fail.code == 65, "\(fail.story)")
            #expect(fail.err.contains(id))
            let skip = try await world.cli.run(["import", "-", "--on-conflict", "skip", "--json"], input: text)
            #expect(skip.code == 0, "\(skip.story)")
            #expect(try skip.json()["action"] == "skipped")
            for mode in ["copy", "merge", "skip"] {
                let dry = try await world.cli.run(
                    ["import", "-", "--on-conflict", mode, "--dry-run", "--json"], input: text)
                #expect(dry.code == 0, "\(dry.story)")
                #expect(try dry.json()["dryRun"] == true)
            }
            #expect(try await world.cli.run("export", id).stdout == before)
            #expect(try await world.list().count == 1)
            let copy = try await world.cli.run(["import", "-", "--on-conflict", "copy", "--json"], input: text)
            let copyID = try #require(try copy.json()["id"]?.stringValue)
            #expect(copyID != id)
            #expect(try await world.list().count == 2)
            var longer = session
            var messages = session["messages"]?.arrayValue ?? []
            messages.append(["id": "msg_x", "type": "hologram", "time": ["created": 5], "beams": [1]])
            longer["messages"] = .array(messages)
            let merge = try await world.cli.run(
                ["import", "-", "--on-conflict", "merge", "--json"], input: longer.text())
            #expect(merge.code == 0, "\(merge.story)")
            #expect(try merge.json()["messages"] == ["added": 1, "skipped": 2])
            let merged = try await world.cli.run("export", id).json()
            #expect(merged.at("info", "title") == "Changed here", "what is here wins")
            #expect(merged["messages"]?.arrayValue?.count == 3)
            #expect(merged["messages"]?[2]?["type"] == "hologram", "messages of unknown types are kept")
            #expect(merged["messages"]?[2]?["beams"] == [1])
            let bad = try await world.cli.run(["import", "-", "--on-conflict", "maybe"], input: text)
            #expect(bad.code == 64, "\(bad.story)")
        }
    }

    @Test("OPC-013.3 A running call becomes an error, foreign ids become valid ones, rules that allow are left out")
    func repaired() async throws {
        try await TransferWorld.with { world in
            var session = TransferWorld.session(
                3, title: "Cut", toolState: ["status": "running", "input": ["command": "ls"], "metadata": [:]])
            var info = session["info"] ?? .null
            info["id"] = "ses_UPPERcase"
            info["permissions"] = [["action": "bash", "resource": "*", "effect": "allow"]]
            session["info"] = info
            let id = try await world.add(session)
            #expect(IDFormat.isValid(id, prefix: .session))
            let shown = try await world.cli.run("session", "show", id, "--json").json()
            let state = shown["messages"]?[1]?["content"]?[1]?["state"]
            #expect(state?["status"] == "error")
            #expect(state?["error"]?["type"] == "interrupted")
            #expect(shown["messages"]?[0]?["id"] == session["messages"]?[0]?["id"], "valid ids are kept")
            #expect(shown["info"]?["permissions"] == nil)
            let again = try await world.cli.run(["import", "-"], input: session.text())
            #expect(again.code == 65, "the same file gives the same ids: \(again.story)")
        }
    }

    @Test(
        "OPC-013.4 A missing file, a directory, broken JSON and an empty input have their own exit codes and sentences")
    func errors() async throws {
        try await TransferWorld.with { world in
            try TestFiles.write(Array("{\"info\": {".utf8), to: world.workspace.path.appending("cut.json"))
            try TestFiles.write(Array("nothing\n".utf8), to: world.workspace.path.appending("text.txt"))
            let cases: [(String, Int32, String)] = [
                ("missing.json", 66, "missing.json"), ("cut.json", 65, "JSON"), ("text.txt", 65, "JSON"),
                (".", 65, "directory"), ("-", 65, "empty"),
            ]
            for (source, code, word) in cases {
                let result = try await world.cli.run("import", source)
                #expect(result.code == code, "\(result.story)")
                #expect(result.err.contains(word), "\(result.story)")
                #expect(result.stdout.isEmpty)
            }
            let json = try await world.cli.run("import", "missing.json", "--json")
            #expect(try json.json()["error"]?["message"]?.stringValue?.contains("missing.json") == true)
            let none = try await world.cli.run("import")
            #expect(none.code == 64, "\(none.story)")
        }
    }
}

extension TransferWorld {
    /// A shell command in the workspace, on the first home.
    func shell(_ command: String) async throws -> ChildResult {
        var options = try cli.options([])
        options.executable = "/bin/sh"
        options.arguments = ["-c", command]
        return try await ChildProcess.run(options)
    }
}
