import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-017 PostgreSQL storage", .postgresServer)
struct OPC017PostgresTests {
    static let script: [Turn] = [
        .call("write", ["filePath": "a.txt", "content": "one\n"], id: "call_fixed"), .text("First needle."),
        .text("Second."),
    ]

    /// A world whose config names a database of its own.
    private func with(
        _ script: [Turn] = script, database: String, config: JSONObject = [:],
        _ body: (StoryWorld, _ url: String) async throws -> Void
    ) async throws {
        let url = try await PostgresServer.shared().database(database)
        var extra = config
        if extra["storage"] == nil { extra["storage"] = ["backend": "postgres", "url": .string(url)] }
        try await StoryWorld.with(script, config: extra) { world in
            try await body(world, url)
            try expectNoPassword(in: world)
        }
    }

    /// The password is in the config file only.
    private func expectNoPassword(in world: StoryWorld) throws {
        let secret = Array(PostgresServer.password.utf8)
        for file in TestFiles.tree(world.home.path) where file != world.home.configFile {
            #expect(try !TestFiles.read(file).holds(secret), "\(file) holds the password")
        }
    }

    private func expectNoFiles(_ world: StoryWorld) {
        #expect(!TestFiles.exists(world.home.data.appending("codetether.db")), "a fallback to SQLite")
        #expect(!TestFiles.exists(world.home.data.appending("storage")), "a fallback to files")
    }

    @Test("OPC-017.1 Sessions are written, read, updated, searched, listed and removed in PostgreSQL")
    func operations() async throws {
        try await with(database: "story1") { world, _ in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let (second, _) = try await world.run("-s", id, "More")
            #expect(second.code == 0, "\(second.story)")
            let stored = try await world.show(id)
            #expect(stored.answers == ["First needle.", "Second."])
            #expect(stored.toolStates == ["completed"])
            #expect(try await world.sessions().compactMap { $0["id"]?.stringValue } == [id])
            let found = try await world.cli.run("session", "list", "--json", "--search", "NEEDLE")
            #expect(try found.json().arrayValue?.count == 1, "\(found.story)")
            let none = try await world.cli.run("session", "list", "--json", "--search", "nee_le")
            #expect(try none.json().arrayValue?.isEmpty == true, "\(none.story)")
            let deleted = try await world.cli.run("session", "delete", id)
            #expect(deleted.code == 0, "\(deleted.story)")
            #expect(try await world.sessions().isEmpty)
            let gone = try await world.cli.run("session", "show", id, "--json")
            #expect(gone.code == 66, "\(gone.story)")
            expectNoFiles(world)
        }
    }

    @Test("OPC-017.1 Two homes on one database share their sessions, and one continues what the other began")
    func twoHomes() async throws {
        try await with(database: "story2") { world, url in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            try await CodetetherHome.with(config: try JSON(parsing: TestFiles.read(world.home.configFile))) { other in
                var second = world
                second.cli = CLIProcess(
                    home: other, directory: world.workspace.path, environment: world.cli.environment)
                #expect(try await second.sessions().compactMap { $0["id"]?.stringValue } == [id])
                let (result, answer) = try await second.run("-c", "More")
                #expect(result.code == 0, "\(result.story)")
                #expect(answer["sessionID"]?.stringValue == id)
            }
            #expect(try await world.show(id).answers == ["First needle.", "Second."])
            _ = url
        }
    }

    @Test("OPC-017.1 An execution whose machine died is ended as interrupted once, by the machine that continues")
    func takeover() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await with(
            [.stalled("Half a", at: gate, then: " sentence."), .text("Whole.")], database: "story3"
        ) { world, url in
            try await world.cli.start(["run", "--title", "Story", "Speak"]) { process in
                #expect(await process.waitForOutput("Half a"))
                process.send(SIGKILL)
                _ = try await process.finish()
            }
            let id = try await world.onlySession()
            try await CodetetherHome.with(config: try JSON(parsing: TestFiles.read(world.home.configFile))) { other in
                var second = world
                second.cli = CLIProcess(
                    home: other, directory: world.workspace.path, environment: world.cli.environment)
                var busy = 0
                while true {
                    let (result, json) = try await second.run("-s", id, "Again")
                    if result.code == 75 {
                        // The dead machine's lease has not run out yet.
                        busy += 1
                        #expect(busy < 10, "\(result.story)")
                        #expect(json["error"]?["message"]?.stringValue?.contains("process") == true, "\(result.story)")
                        if busy < 10 { continue }
                    }
                    #expect(result.code == 0, "\(result.story)")
                    #expect(json["text"] == "Whole.")
                    break
                }
            }
            let sql =
                "SELECT type FROM codetether.event WHERE aggregate='\(id)' AND type LIKE 'session.execution.%' ORDER BY seq"
            let types = try await PostgresServer.shared().sql(sql, in: "story3").split(separator: "\n")
            #expect(
                types == [
                    "session.execution.started", "session.execution.interrupted", "session.execution.started",
                    "session.execution.succeeded",
                ])
            _ = url
        }
    }

    @Test("OPC-017.2 The environment selects PostgreSQL over a config that says otherwise")
    func selection() async throws {
        let url = try await PostgresServer.shared().database("story4")
        try await with(database: "story4", config: ["storage": ["backend": "sqlite"]]) { world, _ in
            var byEnvironment = world
            byEnvironment.cli.environment["CODETETHER_STORAGE_URL"] = url
            let (first, json) = try await byEnvironment.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            expectNoFiles(world)
            let id = try #require(json["sessionID"]?.stringValue)
            #expect(try await byEnvironment.sessions().compactMap { $0["id"]?.stringValue } == [id])
            #expect(try await world.sessions().isEmpty, "without the variable the config decides")
            #expect(TestFiles.exists(world.home.data.appending("codetether.db")))
            let shown = try await byEnvironment.cli.run("storage", "stats", "--json")
            #expect(shown.code == 0, "\(shown.story)")
            #expect(try shown.json()["backend"] == "postgres")
            #expect(try shown.json()["sessions"] == 1)
            #expect(!shown.story.contains(PostgresServer.password))
        }
    }

    @Test("OPC-017.2 A configuration that names no usable database is refused before anything is touched")
    func badConfiguration() async throws {
        let cases: [(JSON, Int32)] = [
            (["backend": "postgres"], 78), (["backend": "postgres", "url": "mysql://u:canary-pg-pw@h/d"], 78),
            (["backend": "oracle"], 78),
        ]
        for (storage, code) in cases {
            try await CodetetherHome.with(config: ["storage": storage]) { home in
                try await TempWorkspace.with { workspace in
                    let result = try await CLIProcess(home: home, directory: workspace.path).run(
                        "session", "list", "--json")
                    #expect(result.code == code, "\(result.story)")
                    #expect(try result.json()["error"]?["message"]?.stringValue?.isEmpty == false)
                    #expect(!result.story.contains("canary-pg-pw"))
                    #expect(TestFiles.list(home.data).isEmpty)
                }
            }
        }
    }

    @Test("OPC-017.3 The first command creates the schema, eight at once do so once, and later ones leave it alone")
    func schema() async throws {
        try await with(database: "story5") { world, _ in
            try await withThrowingTaskGroup(of: ChildResult.self) { group in
                for _ in 0..<8 { group.addTask { try await world.cli.run("session", "list", "--json") } }
                for try await result in group { #expect(result.code == 0, "\(result.story)") }
            }
            let server = try PostgresServer.shared()
            let migrations = "SELECT number, applied FROM codetether.migration ORDER BY number"
            let before = try await server.sql(migrations, in: "story5")
            #expect(!before.isEmpty)
            let again = try await world.cli.run("storage", "migrate", "--json")
            #expect(again.code == 0, "\(again.story)")
            #expect(try again.json()["schema"]?.intValue ?? 0 >= 1)
            #expect(try await server.sql(migrations, in: "story5") == before)
        }
    }

    @Test(
        "OPC-017.4 A database that is away is 69, a wrong password 77, within 8 s, and nothing is kept in files instead"
    )
    func unreachable() async throws {
        let server = try PostgresServer.shared()
        let cases: [(String, Int32)] = [
            ("postgres://codetether:\(PostgresServer.password)@127.0.0.1:1/none", 69),
            (server.url("no_such_database"), 69),
            (server.url("postgres", password: "\(PostgresServer.password)-wrong"), 77),
        ]
        for (url, code) in cases {
            try await with(database: "story6", config: ["storage": ["backend": "postgres", "url": .string(url)]]) {
                world, _ in
                let start = SystemTime().uptimeNs()
                for arguments in [["session", "list", "--json"], ["run", "--format", "json", "Hello"]] {
                    let result = try await world.cli.run(arguments)
                    #expect(result.code == code, "\(arguments): \(result.story)")
                    #expect(try result.json()["error"]?["message"]?.stringValue?.contains("127.0.0.1") == true)
                    #expect(!result.story.contains(PostgresServer.password))
                }
                #expect(SystemTime().uptimeNs() - start < 16_000_000_000)
                expectNoFiles(world)
                #expect(world.server.requests.isEmpty, "nothing was sent to the model")
            }
        }
    }

    @Test("OPC-017.4 With PostgreSQL disabled the embedded backends serve", arguments: ["sqlite", "filesystem"])
    func embedded(backend: String) async throws {
        try await StoryWorld.with(Self.script, config: ["storage": ["backend": .string(backend)]]) { world in
            var plain = world
            plain.cli.environment["CODETETHER_STORAGE_URL"] = ""
            let (result, json) = try await plain.run("Write a")
            #expect(result.code == 0, "\(result.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            #expect(try await world.show(id).answers == ["First needle."])
            let stats = try await world.cli.run("storage", "stats", "--json")
            #expect(try stats.json()["backend"]?.stringValue == backend)
        }
    }

    @Test("OPC-017.4 storage copy takes sessions to PostgreSQL and back, verified and repeatable")
    func copy() async throws {
        try await with(database: "story7", config: ["storage": ["backend": "sqlite"]]) { world, url in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let (second, _) = try await world.run("-c", "More")
            #expect(second.code == 0, "\(second.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            var hashes: [String] = []
            for (from, to) in [("sqlite", url), (url, "filesystem")] {
                let copied = try await world.cli.run("storage", "copy", "--from", from, "--to", to, "--json")
                #expect(copied.code == 0, "\(copied.story)")
                let report = try copied.json()
                #expect(report["sessions"] == 1 && report["skipped"] == 0 && report["verified"] == true)
                hashes.append(report["hash"]?.stringValue ?? "")
                #expect(!copied.story.contains(PostgresServer.password))
                let again = try await world.cli.run("storage", "copy", "--from", from, "--to", to, "--json")
                #expect(try again.json()["skipped"] == 1, "\(again.story)")
            }
            #expect(hashes.count == 2 && hashes.first == hashes.last)
            var files = world
            files.cli.environment["CODETETHER_CONFIG_CONTENT"] = "{\"storage\":{\"backend\":\"filesystem\"}}"
            let original = try await world.cli.run("session", "show", id, "--json")
            let copied = try await files.cli.run("session", "show", id, "--json")
            #expect(original.out == copied.out)
            let missing = try await world.cli.run("storage", "copy", "--from", "sqlite", "--to", "sqlite")
            #expect(missing.code == 64, "\(missing.story)")
            let unknown = try await world.cli.run("storage", "copy", "--from", "mongo", "--to", "sqlite")
            #expect(unknown.code == 64, "\(unknown.story)")
        }
    }

    @Test(
        "OPC-017.1 Two servers on one database: a prompt on one is followed live on the other, and when it is killed the other one ends the execution once"
    )
    func twoServers() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await with([.stalled("Half a", at: gate, then: " sentence."), .text("Whole.")], database: "story8") {
            world, _ in
            try await CodetetherHome.with(config: try JSON(parsing: TestFiles.read(world.home.configFile))) { other in
                var second = world
                second.cli = CLIProcess(
                    home: other, directory: world.workspace.path, environment: world.cli.environment)
                try await ServeWorld.start(second) { b in
                    let live = try await b.http.open("GET", "/api/event", atMost: 60)
                    #expect(try await live.event()?.json["type"] == "server.connected")
                    try await ServeWorld.start(world) { a in
                        let session = try await a.session()
                        let receipt = try await a.http.send(
                            "POST", "/api/session/\(session)/prompt", json: ["text": "Speak"])
                        #expect(receipt.status == 200, "\(receipt.text)")
                        let seen = try await live.events { $0["type"] == "session.text.delta" }.map(\.json)
                        #expect(seen.types.contains("session.created"), "\(seen.types)")
                        #expect(seen.types.contains("session.execution.started"), "\(seen.types)")
                        #expect(seen.last?.at("data", "delta")?.stringValue?.hasPrefix("Half a") == true)
                        #expect(try await b.http.send("GET", "/api/session/\(session)").status == 200)
                        a.process.send(SIGKILL)
                        _ = try await a.process.finish()
                        let ended = try await live.events { $0["type"] == "session.execution.interrupted" }.map(\.json)
                        #expect(ended.last?["type"] == "session.execution.interrupted", "\(ended.types)")
                        let answer = try await b.ask(session, "Again")
                        #expect(answer.status == 200, "\(answer.text)")
                        let log = try await b.log(session)
                        #expect(log.of("session.execution.interrupted").count == 1, "\(log.types)")
                        #expect(log.of("session.execution.succeeded").count == 1, "\(log.types)")
                        let numbers = log.compactMap { $0.at("durable", "seq")?.intValue }
                        #expect(numbers == Array(1...Int64(numbers.count)))
                    }
                }
            }
        }
    }

    @Test("OPC-017.1 A server answers 503 while the database is away, and goes on by itself when it is back")
    func restart() async throws {
        try await PostgresServer.with { server in
            let url = try await server.database("story9")
            try await ServeWorld.with(
                [.text("One."), .text("Two.")], config: ["storage": ["backend": "postgres", "url": .string(url)]]
            ) { world in
                let session = try await world.session()
                #expect(try await world.ask(session, "Hi").status == 200)
                await server.crash()
                let down = try await world.http.send("GET", "/api/session")
                #expect(down.status == 503, "\(down.text)")
                #expect(try down.json()["_tag"] == "ServiceUnavailableError")
                #expect(!down.text.contains(PostgresServer.password))
                #expect(try await world.http.send("POST", "/api/session", json: [:]).status == 503)
                try await server.start()
                var status = 503
                for _ in 0..<200 where status == 503 {
                    status = try await world.http.send("GET", "/api/session").status
                }
                #expect(status == 200)
                let answer = try await world.ask(session, "Again")
                #expect(answer.status == 200, "\(answer.text)")
                #expect(!TestFiles.exists(world.story.home.data.appending("codetether.db")))
            }
        }
    }
}
