import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-006 Terminals over HTTP and WebSocket")
struct OPC006PTYRoutesTests {
    @Test("OPC-006.1 The five operations answer as OpenCode 2.1 has them, and only to who may")
    func operations() async throws {
        try await ServeWorld.with { world in
            let info = try await world.terminal("sleep 4321")
            let id = info["id"]?.stringValue ?? ""
            let directory = world.story.workspace.path.string
            for (method, path, status) in [
                ("GET", "/api/pty", 200), ("GET", "/api/pty/\(id)", 200), ("PUT", "/api/pty/\(id)", 200),
                ("POST", "/api/pty/\(id)/connect-token", 200), ("DELETE", "/api/pty/\(id)", 204),
            ] {
                let body: JSON? = method == "PUT" ? ["title": "Renamed", "size": nil] : nil
                #expect(try await world.stranger.send(method, path, json: body).status == 401, "\(method) \(path)")
                let reply = try await world.http.send(method, path, json: body)
                #expect(reply.status == status, "\(method) \(path): \(reply.text)")
                guard status == 200 else { continue }
                #expect(try reply.json().at("location", "directory")?.stringValue == directory, "\(reply.text)")
                if path.hasSuffix("token") {
                    #expect(try reply.json().at("data", "expires_in") == 60)
                    #expect((try reply.json().at("data", "ticket")?.stringValue?.utf8.count ?? 0) >= 43)
                }
            }
            let nowhere = try await world.http.send("GET", "/api/pty?location=/nowhere/at/all")
            #expect(nowhere.status == 404)
            #expect(try nowhere.json()["_tag"] == "LocationNotFoundError")
            let token = try await world.http.send(
                "POST", "/api/token", json: ["scopes": ["read"], "expiresInMs": 60_000])
            let reader = HTTPProbe(port: world.port, token: try token.json().at("data", "token")?.stringValue)
            #expect(try await reader.send("GET", "/api/pty").status == 200)
            #expect(try await reader.send("POST", "/api/pty", json: ["command": "true"]).status == 403)
        }
    }

    @Test("OPC-006.1 At 256 terminals the next is refused with 503, and an ended one makes room")
    func limit() async throws {
        try await ServeWorld.with { world in
            let first = try await world.terminal("read x")
            for _ in 1..<256 { _ = try await world.terminal("read x") }
            let full = try await world.http.send("POST", "/api/pty", json: ["command": "true"])
            #expect(full.status == 503)
            #expect(try full.json()["message"]?.stringValue?.contains("256 terminals") == true)
            _ = try await TerminalPeer.run(world, "output", first["id"]?.stringValue ?? "", "go")
            #expect(try await world.http.send("POST", "/api/pty", json: ["command": "true"]).status == 200)
        }
    }

    @Test("OPC-006.2 The WebSocket of OpenCode 2.1: text cut only between characters, one control frame, keys in")
    func text() async throws {
        try await ServeWorld.with { world in
            let seen = try await TerminalPeer.run(world, "text")
            #expect(seen["subprotocol"] == nil || seen["subprotocol"]?.isNull == true)
            #expect(seen["replay"] == true && seen["frames"] == true && seen["types"] == true)
            #expect(seen["control"] == ["cursor": 180_002])
            #expect(seen["live"] == "<grüße>\n")
            #expect(seen["close"] == [1000, "exited with 4"])
        }
    }

    @Test("OPC-006.2 With the subprotocol codetether.pty: bytes both ways, JSON control, resize")
    func binary() async throws {
        try await ServeWorld.with { world in
            let seen = try await TerminalPeer.run(world, "binary")
            #expect(seen["subprotocol"] == "codetether.pty")
            #expect(seen["first"] == "ready\u{FF}\n")
            #expect(seen["typed"] == ["ff", "00", "fe", "0d"])
            #expect(seen["control"]?[0]?["type"] == "cursor")
            let problems = seen["problems"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(problems.count == 3 && problems.first == "size.rows must be 1 to 65535, but is 0.", "\(problems)")
            #expect(problems.dropFirst().first?.contains("\u{1B}") == false)
            #expect(seen["resized"] == true)
            #expect(seen["exit"] == [["type": "exit", "code": 5, "signal": nil]])
            #expect(seen["close"] == 1000)
        }
    }

    @Test("OPC-006.2 A cursor replays from its byte on, and says what is no longer kept")
    func cursors() async throws {
        try await ServeWorld.with { world in
            let seen = try await TerminalPeer.run(world, "cursors")
            #expect(seen["from"] == ["efghij", #"{"type":"cursor","cursor":10}"#])
            #expect(seen["none"] == [#"{"type":"cursor","cursor":10}"#])
            #expect(seen["beyond"] == [#"{"type":"cursor","cursor":10}"#])
            #expect(seen["all"] == 3_000_000)
            #expect(seen["late"] == ["gap", "cursor", "exit"])
            #expect(seen["gap"] == true && seen["kept"] == 2_097_152 && seen["close"] == 1000)
            for bad in seen["bad"]?.arrayValue ?? [] { #expect(bad == [400, "InvalidRequestError"]) }
        }
    }

    @Test("OPC-006.2 A writer that does not read loses nothing; a viewer that does not is dropped with the gap")
    func slow() async throws {
        try await ServeWorld.with { world in
            let seen = try await TerminalPeer.run(world, "slow")
            #expect(
                seen["held"] == true && seen["lost"] == 0 && seen["gaps"] == [] && seen["close"] == 1000,
                "\(seen.text())")
            #expect(seen["viewer"] == ["gap", 1008])
        }
    }

    @Test("OPC-006.2 Frames that break the rules end their connection with the right code, and no other")
    func frames() async throws {
        try await ServeWorld.with { world in
            let seen = try await TerminalPeer.run(world, "frames")
            #expect(seen == ["pong": true, "utf8": 1007, "opcode": 1002, "large": 1009], "\(seen.text())")
        }
    }

    @Test(
        "OPC-006.3 Terminals that do not exist are PtyNotFoundError everywhere, at the handshake too; access is checked there"
    )
    func missing() async throws {
        try await ServeWorld.with { world in
            for (method, path) in [
                ("GET", "/api/pty/pty_none"), ("PUT", "/api/pty/pty_none"), ("DELETE", "/api/pty/pty_none"),
                ("POST", "/api/pty/pty_none/connect-token"), ("GET", "/api/pty/pty_none/connect"),
                ("GET", "/api/pty/%1b%5b31m"),
            ] {
                let reply = try await world.http.send(method, path, json: method == "PUT" ? ["title": "x"] : nil)
                #expect(reply.status == 404, "\(method) \(path): \(reply.text)")
                #expect(try reply.json()["_tag"] == "PtyNotFoundError")
                #expect(try reply.json()["ptyID"]?.stringValue?.utf8.contains(0x1B) == false)
            }
            let seen = try await TerminalPeer.run(world, "access")
            let expected: [String: JSON] = [
                "nobody": [401, "UnauthorizedError"], "token": [101, nil], "ticket": [101, nil],
                "used": [403, "ForbiddenError"], "crossed": [403, "ForbiddenError"], "spent": [403, "ForbiddenError"],
                "made up": [403, "ForbiddenError"], "reader": [403, "ForbiddenError"],
                "origin": [403, "ForbiddenError"], "own origin": [101, nil],
                "missing": [404, "PtyNotFoundError"], "missing with ticket": [404, "PtyNotFoundError"],
                "location": [404, "LocationNotFoundError"], "reader's ticket": 403,
                "ticket of nothing": "PtyNotFoundError", "plain": 426, "h2c": "HTTP/1.1 200 OK",
                "elsewhere": "HTTP/1.1 200 OK",
                "opened": 2,
            ]
            for (name, value) in expected {
                #expect(seen[name] == value, "\(name): \(seen[name]?.text() ?? "nothing")")
            }
        }
    }

    @Test("OPC-006.4 Clients that leave, politely or not, are forgotten, and the terminal goes on")
    func cleanup() async throws {
        try await ServeWorld.with { world in
            let seen = try await TerminalPeer.run(world, "cleanup")
            #expect(
                seen == ["full": [503, "ServiceUnavailableError"], "alive": "running", "status": "running"],
                "\(seen.text())")
        }
    }

    @Test("OPC-006.4 After terminals have come and gone, the server holds as many descriptors and threads as before")
    func leaks() async throws {
        try await ServeWorld.with { world in
            let pid = try #require(world.ready["pid"]?.intValue)
            let rounds = getenv("CODETETHER_PTY_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 30
            let seen = try await TerminalPeer.run(world, "many", String(pid), String(rounds))
            #expect(seen["left"] == 0)
        }
    }

    @Test("OPC-006.4 When the server stops, connections end with 1001 and programs with it")
    func stop() async throws {
        try await ServeWorld.with { world in
            let options = try TerminalPeer.options(world, "stop")
            let (first, last) = try await ChildProcess.with(options) { child in
                #expect(await child.waitForOutput("\n"))
                world.process.send(SIGTERM)
                let result = try await child.finish()
                let lines = try result.jsonLines()
                return (try #require(lines.first, "\(result.story)"), try #require(lines.last))
            }
            #expect(last["close"] == [1001, "the server is stopping"])
            #expect(try await world.process.finish().code == 143)
            let pid = Int32(clamping: try #require(first["pid"]?.intValue))
            for _ in 0..<500 where kill(pid, 0) == 0 { usleep(10_000) }
            #expect(kill(pid, 0) != 0)
        }
    }
}
