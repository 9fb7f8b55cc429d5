import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-005 Terminals")
struct OPC005PTYTests {
    @Test("OPC-005.1 A terminal is created with command, arguments, directory, variables, size and title")
    func create() async throws {
        try await ServeWorld.with(files: ["sub/a.txt": "x"]) { world in
            let stream = try await world.http.open("GET", "/api/event")
            _ = try await stream.head()
            let script =
                "{ echo \"$0 $1 $A $TERM\"; pwd; stty size; test -t 0 && echo tty; echo \"[$MOCK_API_KEY]\"; } >../out"
            let info = try await world.terminal(
                "",
                [
                    "args": ["-c", .string(script), "zero", "arg ü"],
                    "cwd": "sub", "env": ["A": "va=lue"], "size": ["rows": 33, "cols": 101], "title": "Mine",
                ])
            #expect(info["title"] == "Mine" && info["command"] == "bash" && info["status"] == "running")
            #expect(info["cwd"]?.stringValue == world.story.workspace.path.appending("sub").string)
            _ = try await world.terminalEvents(stream, until: "pty.exited")
            let lines = try world.story.workspace.text("out").split(separator: "\n").map(String.init)
            // A secret of the server's environment is nobody's business in a terminal.
            #expect(
                lines == [
                    "zero arg ü va=lue xterm-256color", "\(world.story.workspace.path)/sub", "33 101", "tty", "[]",
                ])
        }
    }

    @Test("OPC-005.1 Without a body the user's shell is started; what cannot be is refused with the field")
    func refused() async throws {
        try await ServeWorld.with { world in
            let shell = try await world.http.send("POST", "/api/pty")
            #expect(shell.status == 200, "\(shell.text)")
            #expect(try shell.json().at("data", "command") == "/bin/bash")
            #expect(try shell.json().at("data", "args") == ["-l"])
            let bad: [(JSON, String)] = [
                (["command": "/nowhere/program"], "command"), (["command": "no-such-program-here"], "command"),
                (["cwd": "/nowhere"], "cwd"), (["cwd": "a\u{0}b"], "cwd"), (["args": ["a", 5]], "args[1]"),
                (["env": ["A=B": "x"]], "env"), (["env": ["A": 5]], "env.A"),
                (["title": .string(String(repeating: "x", count: 300))], "title"),
                (["size": ["rows": 0, "cols": 80]], "size.rows"),
                (["size": ["rows": 24, "cols": 70_000]], "size.cols"),
                (["size": ["rows": 24]], "size.cols"), (["ttl": 0], "ttl"), (["shell": "x"], "shell"),
            ]
            for (body, field) in bad {
                let reply = try await world.http.send("POST", "/api/pty", json: body)
                #expect(reply.status == 400, "\(body.text()): \(reply.text)")
                #expect(try reply.json()["_tag"] == "InvalidRequestError")
                #expect(try reply.json()["field"]?.stringValue == field, "\(reply.text)")
            }
            let list = try await world.http.send("GET", "/api/pty").json()["data"]?.arrayValue ?? []
            #expect(list.count <= 1)
        }
    }

    @Test("OPC-005.2 Terminals are listed by location, typed into, resized, and ended with all they started")
    func use() async throws {
        try await ServeWorld.with(files: ["other/a.txt": "x"]) { world in
            let info = try await world.terminal(
                "trap 'stty size' WINCH; (trap '' HUP TERM; sleep 4321) & echo $! >pid; while :; do read x && echo \"got $x\"; done"
            )
            let id = info["id"]?.stringValue ?? ""
            let elsewhere = try await world.http.send(
                "POST", "/api/pty?location=\(world.story.workspace.path)/other",
                json: ["command": "sleep", "args": ["4321"], "ttl": 600])
            #expect(elsewhere.status == 200, "\(elsewhere.text)")
            func ids(_ query: String) async throws -> [String] {
                try await world.http.send("GET", "/api/pty\(query)").json()["data"]?.arrayValue?
                    .compactMap { $0["id"]?.stringValue } ?? []
            }
            #expect(try await ids("") == [id])
            let other = try #require(try elsewhere.json().at("data", "id")?.stringValue)
            #expect(try await ids("?location=\(world.story.workspace.path)/other") == [other])
            #expect(try await ids("?location%5Bdirectory%5D=\(world.story.workspace.path)/other") == [other])
            let seen = try await TerminalPeer.run(world, "use", id)
            #expect(seen == ["title": "Big", "close": [1000, "the terminal was removed"]], "\(seen.text())")
            let pid = try #require(
                Int32(try world.story.workspace.text("pid").split(separator: "\n").first.map(String.init) ?? ""))
            for _ in 0..<1_500 where kill(pid, 0) == 0 { usleep(10_000) }
            #expect(kill(pid, 0) != 0, "what the terminal started is still there")
            #expect(try await ids("") == [])
        }
    }

    @Test("OPC-005.3 Metadata tells process, state, title and bytes, also after the end")
    func metadata() async throws {
        try await ServeWorld.with { world in
            let stream = try await world.http.open("GET", "/api/event")
            _ = try await stream.head()
            let info = try await world.terminal("read x; printf 12345; exit 7")
            let id = info["id"]?.stringValue ?? ""
            let pid = try #require(info["pid"]?.intValue)
            #expect(try TestFiles.text(FilePath("/proc/\(pid)/cmdline")).contains("bash\u{0}-c\u{0}read x"))
            #expect(info["title"]?.stringValue == "Terminal \(id.suffix(4))")
            #expect(info["cursor"] == 0 && info["exitCode"] == nil)
            let output = try await TerminalPeer.run(world, "output", id, "go")
            #expect(output["text"]?.stringValue?.hasSuffix("12345") == true)
            let after = try await world.http.send("GET", "/api/pty/\(id)").json()["data"]
            #expect(after?["status"] == "exited" && after?["exitCode"] == 7 && after?["pid"]?.intValue == pid)
            #expect(after?["cursor"]?.intValue == Int64(output["text"]?.stringValue?.utf8.count ?? 0))
            // What it said stays readable.
            #expect(try await TerminalPeer.run(world, "output", id) == output)
        }
    }

    @Test("OPC-005.4 The end of a program changes its state and is told in events, in order, with code and signal")
    func events() async throws {
        try await ServeWorld.with { world in
            let stream = try await world.http.open("GET", "/api/event")
            _ = try await stream.head()
            let info = try await world.terminal("kill -9 $$")
            let id = info["id"]?.stringValue ?? ""
            var events = try await world.terminalEvents(stream, until: "pty.exited")
            _ = try await world.http.send("PUT", "/api/pty/\(id)", json: ["title": "Over"])
            _ = try await world.http.send("DELETE", "/api/pty/\(id)")
            events += try await world.terminalEvents(stream, until: "pty.deleted")
            #expect(events.map { $0["type"] } == ["pty.created", "pty.exited", "pty.updated", "pty.deleted"])
            #expect(events.first?.at("data", "info", "id")?.stringValue == id)
            #expect(events.dropFirst().first?["data"] == ["id": .string(id), "exitCode": 137, "signal": 9])
            #expect(
                events.allSatisfy { $0.at("location", "directory")?.stringValue == world.story.workspace.path.string })
            #expect(events.last?["data"] == ["id": .string(id)])
        }
    }

    @Test("OPC-005.4 A terminal that nobody is connected to ends after its time; the connection that created it counts")
    func unattached() async throws {
        try await ServeWorld.with { world in
            let stream = try await world.http.open("GET", "/api/event")
            _ = try await stream.head()
            let body: JSON = ["command": "sleep", "args": ["4321"], "ttl": 1]
            // Kept open: this connection is somebody.
            let keeper = try await world.http.open(
                "POST", "/api/pty", headers: ["connection": "keep-alive"], json: body)
            #expect(try await keeper.head().status == 200)
            _ = try await world.http.send("POST", "/api/pty", json: body)
            let ended = try await world.terminalEvents(stream, until: "pty.exited").last?.at("data", "id")?.stringValue
            let list = try await world.http.send("GET", "/api/pty").json()["data"]?.arrayValue ?? []
            #expect(list.count == 2)
            #expect(list.first?["status"] == "running")
            #expect(list.last?["status"] == "exited" && list.last?["id"]?.stringValue == ended)
            keeper.close()
            let next = try await world.terminalEvents(stream, until: "pty.exited").last?.at("data", "id")?.stringValue
            #expect(next == list.first?["id"]?.stringValue)
        }
    }
}
