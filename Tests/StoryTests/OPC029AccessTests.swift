import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-029 Who may call which operation")
struct OPC029AccessTests {
    private struct Operation {
        var name: String
        var method: String
        var path: String
        /// Nil: no credential is needed.
        var scope: String?
    }

    /// The operations that the server documents, paths filled in with what does not exist.
    private static func operations(_ world: ServeWorld) async throws -> [Operation] {
        let document = try await world.http.send("GET", "/openapi.json").json()
        var found: [Operation] = []
        for (path, item) in document["paths"]?.objectValue ?? [:] {
            for (method, operation) in item.objectValue ?? [:] {
                let scope = operation["description"]?.stringValue?.split(separator: "`")
                found.append(
                    Operation(
                        name: operation["operationId"]?.stringValue ?? "", method: method.uppercased(),
                        path: OPC029ServerRoutesTests.filled(path),
                        scope: operation["security"] == [] ? nil : scope.map { String($0.count > 1 ? $0[1] : "") }))
            }
        }
        return found
    }

    private static func status(
        _ operation: Operation, _ probe: HTTPProbe, _ headers: [String: String] = [:]
    ) async throws -> Int {
        let stream = try await probe.open(
            operation.method, operation.path, headers: headers, json: operation.method == "GET" ? nil : ["zz": 1])
        defer { stream.close() }
        return try await stream.head().status
    }

    private static func token(_ world: ServeWorld, _ scopes: [String], lifetimeMs: Int64 = 60_000) async throws
        -> String
    {
        let made = try await world.http.send(
            "POST", "/api/token",
            json: ["scopes": .array(scopes.map { .string($0) }), "expiresInMs": .int(lifetimeMs)])
        #expect(made.status == 201, "\(made.text)")
        return try made.json().at("data", "token")?.stringValue ?? ""
    }

    @Test(
        "OPC-029.4 Every operation × no, wrong, expired and right token × no, allowed and foreign Origin × allowed and foreign Host answers as it must"
    )
    func matrix() async throws {
        let good = "https://app.example"
        try await ServeWorld.with([], arguments: ["--cors", good, "--allowed-host", "box.example"]) { world in
            let expired = try await Self.token(world, ["read", "prompt", "pty", "admin"], lifetimeMs: 1)
            let wrong = String(repeating: "0", count: 64)
            let operations = try await Self.operations(world)
            #expect(operations.count > 95)
            for (index, operation) in operations.enumerated() {
                for token in [nil, wrong, expired, world.token] {
                    for origin in ["", good, "https://evil.example"] {
                        for host in ["box.example", "evil.example"] {
                            var probe = HTTPProbe(port: world.port, token: token)
                            // Wrong credentials are slowed down by address.
                            probe.source = UInt8(index % 250 + 2)
                            let status = try await Self.status(operation, probe, ["origin": origin, "host": host])
                            let what = "\(operation.name), \(token ?? "no token"), \(origin), \(host): \(status)"
                            if host == "evil.example" || origin == "https://evil.example" {
                                #expect(status == 403, "\(what)")
                            } else if operation.scope != nil, token != world.token {
                                #expect(status == 401, "\(what)")
                            } else {
                                #expect(status < 500 && ![403, 405].contains(status), "\(what)")
                                #expect(status != 401 || operation.scope == nil, "\(what)")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("OPC-029.4 A token with one scope reaches the operations of that scope and no other, of whatever kind")
    func scopes() async throws {
        try await ServeWorld.with { world in
            let operations = try await Self.operations(world)
            for scope in ["read", "prompt", "pty", "admin"] {
                let probe = HTTPProbe(port: world.port, token: try await Self.token(world, [scope]))
                for operation in operations {
                    guard let wanted = operation.scope else { continue }
                    #expect(["read", "prompt", "pty", "admin"].contains(wanted), "\(operation.name): \(wanted)")
                    // Waiting and calls of the web page's own kind change nothing.
                    let isReading = operation.method == "GET" || operation.name.hasPrefix("Session.wait")
                    #expect(wanted != "read" || isReading, "\(operation.name) changes something with `read`")
                    let status = try await Self.status(operation, probe)
                    #expect((status == 403) == (wanted != scope), "\(operation.name) with \(scope): \(status)")
                    #expect(status < 500 && status != 401, "\(operation.name) with \(scope): \(status)")
                }
            }
        }
    }

    @Test("A token without `admin` reads neither directories that have no session nor codetether's own files")
    func places() async throws {
        try await ServeWorld.with(files: ["a.txt": "text"]) { world in
            let reader = HTTPProbe(port: world.port, token: try await Self.token(world, ["read", "prompt"]))
            let home = world.story.home.path.string
            #expect(try await reader.send("GET", "/api/fs/read/a.txt").text == "text")
            let token = "/api/fs/read/state/server/token?location%5Bdirectory%5D=\(home)"
            let refused = try await reader.send("GET", token)
            #expect(refused.status == 403, "\(refused.text)")
            #expect(try refused.json()["_tag"] == "ForbiddenError")
            #expect(try await reader.send("GET", "/api/agent?location%5Bdirectory%5D=/").status == 403)
            let elsewhere: JSON = ["location": ["directory": .string(home)]]
            #expect(try await reader.send("POST", "/api/session", json: elsewhere).status == 403)
            // A session there, made by somebody who may, opens the directory; our own files stay closed.
            #expect(try await world.http.send("POST", "/api/session", json: elsewhere).status == 200)
            #expect(
                try await reader.send("GET", "/api/agent?location%5Bdirectory%5D=\(home)").status == 200)
            #expect(try await reader.send("GET", token).status == 403)
            #expect(try await world.http.send("GET", token).text == world.token)
        }
    }

    @Test("Discovery files of servers that are dead go when the next one starts, those of living ones stay")
    func stale() async throws {
        try await StoryWorld.with([]) { story in
            let folder = story.home.path.appending("state/server")
            try await ServeWorld.start(story) { first in
                try TestFiles.write("{}".utf8, to: folder.appending("999999999.json"))
                try TestFiles.write("{}".utf8, to: folder.appending("1.json"))
                try await ServeWorld.start(story) { second in
                    #expect(second.token == first.token)
                    let files = Set(TestFiles.list(folder).filter { $0.hasSuffix(".json") })
                    let living = [first, second].map { "\($0.ready["pid"]?.intValue ?? 0).json" }
                    #expect(files == Set(living))
                }
            }
        }
    }
}
