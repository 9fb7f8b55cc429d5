import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-029 Server routes and OpenAPI")
struct OPC029ServerRoutesTests {
    /// OpenCode 2.1's operations as the specification lists them.
    private struct Operation {
        var name: String
        var method: String
        var path: String
        var isInScope: Bool
    }

    private static func operations() throws -> [Operation] {
        let specs = SourceTree.root.appending("Tests/ConformanceTests/Specs")
        let routes = try JSON(parsing: TestFiles.read(specs.appending("opencode-2.1-routes.json"))).arrayValue ?? []
        let lines = try TestFiles.text(specs.appending("in-scope.txt")).split(separator: "\n")
        let scope = Set(lines.filter { !$0.hasPrefix("#") }.map(String.init))
        return routes.map { route in
            let name = route["op"]?.stringValue ?? ""
            return Operation(
                name: name, method: route["method"]?.stringValue ?? "", path: route["path"]?.stringValue ?? "",
                isInScope: scope.contains(name))
        }
    }

    /// A path with its parameters filled in with what does not exist.
    private static func filled(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            switch part {
            case "{session_id}": "ses_0000000000000000000000test"
            case "{request_id}": "per_0000000000000000000000test"
            case "{pty_id}": "pty_0000000000000000000000test"
            default: part.hasPrefix("{") ? "none" : String(part)
            }
        }.joined(separator: "/")
    }

    @Test("OPC-029.1 The server's routes are modules by domain, and no other file declares one")
    func modules() throws {
        let files = try SourceTree.files("Server")
        let domains = files.filter {
            $0.path.string.contains("/Routes/") && $0.text.contains("static let all: [Route]")
        }
        let names = Set(domains.compactMap { $0.path.lastComponent?.stem })
        for wanted in [
            "SessionRoutes", "PromptRoutes", "MessageRoutes", "EventRoutes", "PermissionRoutes", "FileRoutes",
        ] {
            #expect(names.contains(wanted), "\(wanted) is missing among \(names.sorted())")
        }
        for file in files where !file.path.string.contains("/Routes/") && !file.path.string.contains("/Routing/") {
            #expect(!file.text.contains("Route(openCode:"), "\(file.path) declares a route outside Routes")
        }
    }

    @Test("OPC-029.2 /openapi.json and /doc give the OpenAPI 3.1 document; references resolve and names are unique")
    func document() async throws {
        try await ServeWorld.with { world in
            let reply = try await world.http.send("GET", "/openapi.json")
            #expect(reply.status == 200)
            #expect(reply["content-type"] == "application/json")
            let document = try reply.json()
            #expect(document["openapi"]?.stringValue?.hasPrefix("3.1") == true)
            #expect(try await world.http.send("GET", "/doc").json() == document)
            var names: [String] = []
            for (path, item) in document["paths"]?.objectValue ?? [:] {
                for (method, operation) in item.objectValue ?? [:] {
                    let name = try #require(operation["operationId"]?.stringValue, "\(method) \(path)")
                    names.append(name)
                    #expect(operation["responses"]?.objectValue?.isEmpty == false, "\(name)")
                }
            }
            #expect(Set(names).count == names.count)
            let schemas = document.at("components", "schemas")?.objectValue ?? [:]
            for reference in Self.references(document) {
                let name = reference.split(separator: "/").last.map(String.init) ?? ""
                #expect(schemas[name] != nil, "\(reference) leads nowhere")
            }
            let committed = try JSON(parsing: TestFiles.read(SourceTree.root.appending("schema/openapi.json")))
            #expect(committed == document, "schema/openapi.json is stale; run scripts/docs")
        }
    }

    private static func references(_ json: JSON) -> Set<String> {
        switch json {
        case .object(let object):
            object.reduce(into: Set<String>()) { found, member in
                if member.key == "$ref", let text = member.value.stringValue { found.insert(text) }
                found.formUnion(references(member.value))
            }
        case .array(let items): items.reduce(into: Set<String>()) { $0.formUnion(references($1)) }
        default: []
        }
    }

    @Test("OPC-029.3 Operations of 2.1 out of scope answer 501 with their tag and are not in the document")
    func outOfScope() async throws {
        try await ServeWorld.with { world in
            let document = try await world.http.send("GET", "/openapi.json").json()
            for operation in try Self.operations() where !operation.isInScope {
                let reply = try await world.http.send(
                    operation.method, Self.filled(operation.path), json: operation.method == "GET" ? nil : [:])
                #expect(reply.status == 501, "\(operation.name): \(reply.status) \(reply.text)")
                #expect(try reply.json()["_tag"] == "NotImplementedError", "\(operation.name)")
                let method = operation.method.lowercased()
                #expect(document.at("paths", operation.path, method) == nil, "\(operation.name) is documented")
            }
        }
    }

    @Test("OPC-029.3 404 and 405 are tagged JSON with a request id, 405 with Allow; an unknown id has its own error")
    func errors() async throws {
        try await ServeWorld.with { world in
            let missing = try await world.http.send("GET", "/api/nothing/here")
            #expect(missing.status == 404)
            #expect(missing["content-type"] == "application/json")
            #expect(try missing.json()["_tag"]?.stringValue?.isEmpty == false)
            #expect(try missing.json()["requestID"]?.stringValue == missing["x-request-id"])
            let wrong = try await world.http.send("PUT", "/api/session")
            #expect(wrong.status == 405)
            let allowed = Set((wrong["allow"] ?? "").split(separator: ",").map { $0.filter { $0 != " " } })
            #expect(allowed.isSuperset(of: ["GET", "POST"]))
            #expect(try wrong.json()["_tag"]?.stringValue?.isEmpty == false)
            let location = try await world.http.send("GET", "/api/agent?location%5Bdirectory%5D=/does/not/exist")
            #expect(location.status == 404)
            #expect(try location.json()["_tag"] == "LocationNotFoundError")
            let query = try await world.http.send("GET", "/api/session?limit=many")
            #expect(query.status == 400)
            #expect(try query.json()["field"] == "limit")
        }
    }

    @Test("OPC-029.3 Headers over the limit are 431, bytes that are not HTTP 400, both as JSON; the server lives on")
    func limits() async throws {
        try await ServeWorld.with { world in
            let large = try await world.http.send(
                "GET", "/health", headers: ["x-large": String(repeating: "a", count: 70_000)])
            #expect(large.status == 431)
            #expect(try large.json()["_tag"]?.stringValue?.isEmpty == false)
            let junk = try await world.http.raw(Array("\u{1}\u{2} not http\r\n\r\n".utf8)).reply()
            #expect(junk.status == 400)
            let both = try await world.http.raw(
                Array(
                    "POST /api/session HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
                        .utf8)
            ).reply()
            #expect(both.status == 400)
            #expect(try await world.stranger.send("GET", "/health").status == 200)
        }
    }

    @Test("OPC-029.4 Every operation wants the right token, an allowed Host and an allowed Origin")
    func access() async throws {
        let good = "https://app.example"
        try await ServeWorld.with([], arguments: ["--cors", good, "--allowed-host", "box.example"]) { world in
            let document = try await world.http.send("GET", "/openapi.json").json()
            let open: Set<String> = ["/health", "/login", "/"]
            let evil = HTTPProbe(port: world.port, token: String(repeating: "0", count: 64))
            var count = 0
            for (path, item) in document["paths"]?.objectValue ?? [:] {
                for (method, _) in item.objectValue ?? [:]
                where !open.contains(path) && !path.hasSuffix("/auth/callback") {
                    let target = Self.filled(path)
                    func status(_ probe: HTTPProbe, _ headers: [String: String] = [:]) async throws -> Int {
                        let stream = try await probe.open(
                            method.uppercased(), target, headers: headers, json: method == "get" ? nil : ["zz": 1])
                        defer { stream.close() }
                        return try await stream.head().status
                    }
                    #expect(try await status(world.stranger) == 401, "\(method) \(target)")
                    #expect(try await status(evil) == 401, "\(method) \(target)")
                    #expect(try await status(world.http, ["host": "evil.example"]) == 403, "\(method) \(target)")
                    #expect(
                        try await status(world.http, ["origin": "https://evil.example"]) == 403, "\(method) \(target)")
                    #expect(try await status(world.stranger, ["origin": "null"]) == 403, "\(method) \(target)")
                    let right = try await status(world.http, ["origin": good, "host": "box.example"])
                    #expect(![401, 403, 405, 500].contains(right), "\(method) \(target): \(right)")
                    count += 1
                }
            }
            #expect(count > 60)
        }
    }

    @Test("OPC-029.4 CORS answers the configured origins alone, on errors too; a preflight needs no credential")
    func cors() async throws {
        let good = "https://app.example"
        try await ServeWorld.with([], arguments: ["--cors", good]) { world in
            let ok = try await world.http.send("GET", "/api/session", headers: ["origin": good])
            #expect(ok.status == 200)
            #expect(ok["access-control-allow-origin"] == good)
            #expect(ok["vary"]?.lowercased().contains("origin") == true)
            let refused = try await world.stranger.send("GET", "/api/session", headers: ["origin": good])
            #expect(refused.status == 401)
            #expect(refused["access-control-allow-origin"] == good)
            let preflight = try await world.stranger.send(
                "OPTIONS", "/api/session", headers: ["origin": good, "access-control-request-method": "POST"])
            #expect(preflight.status == 204)
            #expect(preflight["access-control-allow-origin"] == good)
            #expect(preflight["access-control-allow-methods"]?.contains("POST") == true)
            let evil = try await world.stranger.send(
                "OPTIONS", "/api/session",
                headers: ["origin": "https://evil.example", "access-control-request-method": "POST"])
            #expect(evil.status == 403)
            #expect(evil["access-control-allow-origin"] == nil)
            let own = "http://127.0.0.1:\(world.port)"
            #expect(try await world.http.send("GET", "/api/session", headers: ["origin": own]).status == 200)
            let neighbour = "http://127.0.0.1:\(world.port + 1)"
            #expect(try await world.http.send("GET", "/api/session", headers: ["origin": neighbour]).status == 403)
        }
    }

    @Test("OPC-029.4 Basic authentication works with the configured password and both names, beside the token")
    func basic() async throws {
        try await ServeWorld.with([], environment: ["CODETETHER_PASSWORD": "s3cret-words"]) { world in
            func status(_ user: String, _ password: String) async throws -> Int {
                let value = Base64.encode(Array("\(user):\(password)".utf8))
                return try await world.stranger.send(
                    "GET", "/api/session", headers: ["authorization": "Basic \(value)"]
                ).status
            }
            #expect(try await status("codetether", "s3cret-words") == 200)
            #expect(try await status("opencode", "s3cret-words") == 200)
            #expect(try await status("root", "s3cret-words") == 401)
            #expect(try await status("codetether", "wrong") == 401)
            #expect(try await status("codetether", "") == 401)
            #expect(try await world.http.send("GET", "/api/session").status == 200)
            let inQuery = try await world.stranger.send("GET", "/api/session?token=\(world.token)")
            #expect(inQuery.status == 401)
        }
    }

    @Test("OPC-029.4 The token is 256 bits in a 0600 file that survives a restart; discovery says where the server is")
    func files() async throws {
        try await StoryWorld.with([]) { story in
            let first = try await ServeWorld.start(story) { world in
                #expect(world.token.utf8.count == 64)
                let file = FilePath(world.ready["tokenFile"]?.stringValue ?? "")
                #expect(TestFiles.mode(of: file) == 0o600)
                let discovery = story.home.path.appending("state/server/\(world.ready["pid"]?.intValue ?? 0).json")
                #expect(TestFiles.mode(of: discovery) == 0o600)
                let json = try JSON(parsing: TestFiles.read(discovery))
                #expect(json["url"] == world.ready["url"])
                #expect(json["url"]?.stringValue == "http://127.0.0.1:\(world.port)")
                #expect(json["token"]?.stringValue == world.token)
                #expect(json["pid"] == world.ready["pid"])
                #expect(json["version"]?.stringValue?.isEmpty == false)
                #expect((json["started"]?.intValue ?? 0) > 0)
                world.process.send(15)
                let end = try await world.process.finish()
                #expect(end.code == 143, "\(end.story)")
                #expect(!TestFiles.exists(discovery))
                return world.token
            }
            try await ServeWorld.start(story) { world in #expect(world.token == first) }
        }
    }

    @Test("OPC-029.4 --no-auth beyond loopback is refused with 78 before anything listens")
    func openLAN() async throws {
        try await StoryWorld.with([]) { story in
            let refused = try await story.cli.run("serve", "--no-auth", "--hostname", "0.0.0.0", "--port", "0")
            #expect(refused.code == 78, "\(refused.story)")
            try await ServeWorld.start(story, arguments: ["--no-auth"]) { world in
                #expect(try await world.stranger.send("GET", "/api/session").status == 200)
                let evil = try await world.stranger.send("GET", "/api/session", headers: ["host": "evil.example"])
                #expect(evil.status == 403)
            }
        }
    }

    @Test("A one-time login code sets an HttpOnly, SameSite=Strict cookie once, and the cookie is a credential")
    func login() async throws {
        try await ServeWorld.with { world in
            let made = try await world.http.send("POST", "/api/login")
            let url = try #require(try made.json().at("data", "url")?.stringValue)
            let path = "/" + url.split(separator: "/").dropFirst(2).joined(separator: "/")
            let first = try await world.stranger.send("GET", path)
            #expect(first.status == 303)
            let cookie = try #require(first["set-cookie"])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let value = String(cookie.prefix { $0 != ";" })
            #expect(try await world.stranger.send("GET", "/api/session", headers: ["cookie": value]).status == 200)
            #expect(
                try await world.stranger.send("GET", "/api/session", headers: ["cookie": value + "0"]).status == 401)
            #expect(try await world.stranger.send("GET", path).status == 401)
        }
    }

    @Test("A scoped token may what it says until it ends")
    func scopes() async throws {
        try await ServeWorld.with { world in
            let made = try await world.http.send("POST", "/api/token", json: ["scopes": ["read"]])
            #expect(made.status == 201, "\(made.text)")
            let reader = HTTPProbe(port: world.port, token: try made.json().at("data", "token")?.stringValue)
            #expect(try await reader.send("GET", "/api/session").status == 200)
            let refused = try await reader.send("POST", "/api/session", json: [:])
            #expect(refused.status == 403)
            #expect(try refused.json()["_tag"] == "ForbiddenError")
            let short = try await world.http.send(
                "POST", "/api/token", json: ["scopes": ["read"], "expiresInMs": 1])
            let late = HTTPProbe(port: world.port, token: try short.json().at("data", "token")?.stringValue)
            // Its millisecond is over when the answer is here.
            _ = try await world.http.send("GET", "/health")
            #expect(try await late.send("GET", "/api/session").status == 401)
        }
    }

    @Test("--base-path mounts everything below a path")
    func basePath() async throws {
        try await ServeWorld.with([], arguments: ["--base-path", "/ct/"]) { world in
            let version = try await world.http.send("GET", "/ct/api/version")
            #expect(version.status == 200)
            let health = try await world.stranger.send("GET", "/ct/health")
            #expect(health.status == 200)
            let outside = try await world.http.send("GET", "/api/version")
            #expect(outside.status == 404)
        }
    }

    @Test(
        "serve --stdio prints one JSON line and stops with 0 when stdin closes; SIGINT is 130",
        arguments: [true, false])
    func stops(_ closes: Bool) async throws {
        try await StoryWorld.with([]) { story in
            let result = try await story.cli.start(
                ["serve", "--stdio", "--hostname", "127.0.0.1", "--port", "0"], change: { $0.input = .open }
            ) { process in
                #expect(await process.waitForOutput("\n"))
                if closes { process.closeInput() } else { process.send(2) }
                return try await process.finish()
            }
            #expect(result.code == (closes ? 0 : 130), "\(result.story)")
            let lines = result.out.split(separator: "\n")
            #expect(lines.count == 1)
            let line = try JSON(parsing: String(lines.first ?? ""))
            #expect(line["url"]?.stringValue?.hasPrefix("http://127.0.0.1:") == true)
        }
    }

    @Test("SIGTERM tells the clients, stores what runs as interrupted and ends with 143, also with open streams")
    func graceful() async throws {
        let gate = Gate()
        try await StoryWorld.with([.stalled("half", at: gate, then: ".")]) { story in
            let session = try await ServeWorld.start(story) { world in
                let session = try await world.session()
                let events = try await world.http.open("GET", "/api/event")
                _ = try await events.event()
                _ = try await world.http.send("POST", "/api/session/\(session)/prompt", json: ["text": "long"])
                #expect(await gate.waitUntilReached())
                world.process.send(15)
                let seen = try await events.events { _ in false }.map(\.json).types
                #expect(seen.contains("server.stopping"))
                let end = try await world.process.finish()
                #expect(end.code == 143, "\(end.story)")
                return session
            }
            gate.open()
            let stored = try await story.show(session)
            #expect(stored.info["outcome"] == "interrupted")
        }
    }

    @Test("The access log names who, what and the outcome of each request, without tokens, passwords or queries")
    func accessLog() async throws {
        try await ServeWorld.with { world in
            _ = try await world.http.send("GET", "/api/session?search=needle-in-query")
            _ = try await world.stranger.send("GET", "/api/session")
            world.process.send(15)
            _ = try await world.process.finish()
            let logs = TestFiles.tree(world.story.home.path.appending("state/log"))
            let text = try logs.map { try TestFiles.text($0) }.joined()
            #expect(text.contains("path=/api/session") && text.contains("status=200") && text.contains("status=401"))
            #expect(!text.contains(world.token) && !text.contains("needle-in-query"))
        }
    }
}
