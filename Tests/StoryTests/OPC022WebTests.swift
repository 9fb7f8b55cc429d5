import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-022 Web command")
struct OPC022WebTests {
    /// A running `codetether web --json`.
    private static func with<Result: Sendable>(
        _ script: [Turn] = [], arguments: [String] = [], environment: [String: String] = [:], config: JSONObject = [:],
        files: [String: String] = [:], at location: SourceLocation = #_sourceLocation,
        _ body: (ServeWorld) async throws -> Result
    ) async throws -> Result {
        try await StoryWorld.with(script, files: files, config: config, at: location) { story in
            try await ServeWorld.start(
                story, command: "web", arguments: ["--no-open"] + arguments, environment: environment, body)
        }
    }

    private static func login(_ world: ServeWorld) throws -> String {
        try #require(world.ready["loginUrls"]?.arrayValue?.first?.stringValue)
    }

    /// The path and query of a URL.
    private static func target(_ url: String) -> String {
        "/" + url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).joined()
    }

    @Test(
        "OPC-022.1 `codetether web` starts the server with serve's network options, and the page works below a base path"
    )
    func network() async throws {
        try await Self.with(arguments: [
            "--base-path", "/ct/", "--cors", "https://ui.example", "--allowed-host", "box.test",
        ]) { world in
            #expect(world.ready["url"] == .string("http://127.0.0.1:\(world.port)/ct"))
            #expect(world.ready["urls"]?.arrayValue == [world.ready["url"] ?? .null])
            #expect(world.ready["pid"] == .int(Int64(world.process.pid)))
            let stranger = world.stranger
            let page = try await stranger.send("GET", "/ct/")
            #expect(page.status == 200)
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page["content-security-policy"]?.hasPrefix("default-src 'self'") == true)
            let bare = try await stranger.send("GET", "/ct")
            #expect(bare.status == 308 && bare["location"] == "/ct/")
            #expect(try await stranger.send("GET", "/").status == 401)
            try await Self.checkAssets(page.text, stranger)
            // Network options.
            #expect(try await stranger.send("GET", "/ct/", headers: ["host": "box.test"]).status == 200)
            #expect(try await stranger.send("GET", "/ct/", headers: ["host": "evil.test"]).status == 403)
            let allowed = try await world.http.send(
                "GET", "/ct/api/session", headers: ["origin": "https://ui.example"])
            #expect(allowed.status == 200 && allowed["access-control-allow-origin"] == "https://ui.example")
            #expect(
                try await world.http.send("GET", "/ct/api/session", headers: ["origin": "https://evil.example"]).status
                    == 403)
            try await PageDriver.run("opened", try Self.login(world), ["out=/dev/null"])
            // The port is taken now.
            let second = try await world.story.cli.run("web", "--no-open", "--port", "\(world.port)")
            #expect(second.code == 69 && second.err.contains("\(world.port)"), "\(second.story)")
        }
        for wrong in [["--port", "70000"], ["--cors", "*"], ["--base-path", "x"], ["--port", "x"]] {
            try await StoryWorld.with([]) { story in
                let result = try await story.cli.run(["web", "--no-open"] + wrong)
                #expect(result.code == 64, "\(wrong): \(result.story)")
            }
        }
    }

    /// Every file that the page or one of its modules names is there, cacheable, and without inline script or style.
    private static func checkAssets(_ page: String, _ http: HTTPProbe) async throws {
        #expect(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="))
        #expect(page.components(of: "<script").dropFirst().allSatisfy { $0.contains("src=\"assets/") })
        var names = page.components(of: "\"assets/").dropFirst().map { String($0.prefix { $0 != "\"" }) }
        #expect(names.contains("app.js") && names.contains("app.css"))
        var total = page.utf8.count
        var seen: Set<String> = []
        while let name = names.popLast() {
            guard seen.insert(name).inserted else { continue }
            let file = try await http.send("GET", "/ct/assets/\(name)")
            #expect(file.status == 200, "\(name)")
            total += file.body.count
            let type = name.hasSuffix(".js") ? "text/javascript" : name.hasSuffix(".css") ? "text/css" : "image/svg+xml"
            #expect(file["content-type"]?.hasPrefix(type) == true, "\(name)")
            let tag = try #require(file["etag"])
            let again = try await http.send("GET", "/ct/assets/\(name)", headers: ["if-none-match": tag])
            #expect(again.status == 304 && again.body.isEmpty)
            names += file.text.components(of: "from \"./").dropFirst().map { String($0.prefix { $0 != "\"" }) }
            #expect(!file.text.contains("innerHTML") && !file.text.contains("eval("), "\(name)")
        }
        #expect(total < 200_000)
        #expect(seen.count > 10)
        for path in ["/ct/assets/none.js", "/ct/assets/../index.html", "/ct/assets/%2e%2e%2fapp.js", "/ct/assets/"] {
            #expect(try await http.send("GET", path).status >= 400, "\(path)")
        }
    }

    @Test("OPC-022.2 It prints a login URL for this machine and one for every other address, each good for one login")
    func addresses() async throws {
        try await StoryWorld.with([]) { story in
            try await story.cli.start(["web", "--no-open", "--port", "0", "--hostname", "0.0.0.0"]) { process in
                #expect(await process.waitForError("Other machines can reach this server"))
                for address in ["127.0.0.1"] + Self.otherAddresses() {
                    #expect(await process.waitForOutput("http://\(address):"))
                }
                let lines = String(decoding: process.output, as: UTF8.self).split(separator: "\n").map(String.init)
                let hosts = lines.compactMap { $0.split(separator: "/").dropFirst().first?.split(separator: ":").first }
                #expect(hosts.first == "127.0.0.1")
                #expect(Set(hosts.dropFirst().map(String.init)) == Self.otherAddresses())
                #expect(hosts.count == Set(hosts).count)
                #expect(!lines.joined().contains("0.0.0.0"))
                let port = try #require(
                    lines.first?.split(separator: "/").dropFirst().first?.split(separator: ":").last.flatMap { Int($0) }
                )
                let http = HTTPProbe(port: port)
                for line in lines {
                    let target = Self.target(line)
                    let first = try await http.send("GET", target)
                    #expect(first.status == 303 && first["location"] == "./", "\(line)")
                    let cookie = try #require(first["set-cookie"])
                    #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
                    let value = String(cookie.prefix { $0 != ";" })
                    #expect(try await http.send("GET", "/api/session", headers: ["cookie": value]).status == 200)
                    #expect(try await http.send("GET", target).status == 401, "a second time")
                    let shown = try await http.send("GET", target, headers: ["accept": "text/html"])
                    #expect(shown.status == 401 && shown.text.contains("codetether web"))
                }
                process.send(SIGTERM)
                #expect(try await process.finish().code == 143)
            }
        }
        // On one address there is one URL.
        try await Self.with { world in
            #expect(world.ready["urls"]?.arrayValue?.count == 1)
            #expect(world.ready["url"] == .string("http://127.0.0.1:\(world.port)"))
        }
    }

    /// IPv4 addresses of interfaces that are up, without loopback and link-local.
    private static func otherAddresses() -> Set<String> {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: Set<String> = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_INET,
                entry.ifa_flags & UInt32(IFF_UP) != 0, entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { continue }
            let bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr.s_addr) { Array($0) }
            }
            let text = bytes.map { String($0) }.joined(separator: ".")
            if !text.hasPrefix("169.254.") { found.insert(text) }
        }
        return found
    }

    @Test("OPC-022.3 The browser is opened when there is one, with a login URL of its own; without one nothing fails")
    func browser() async throws {
        let python = try TestPython.path()
        try await StoryWorld.with([]) { story in
            let fifo = story.home.path.appending("opened")
            #expect(mkfifo(fifo.string, 0o600) == 0)
            // The world reads every file of the home at its end.
            defer { TestFiles.remove(fifo) }
            var cli = story.cli
            cli.environment["BROWSER"] = "\(python) \(PageDriver.script) opened %s out=\(fifo)"
            try await cli.start(["web", "--port", "0"]) { process in
                #expect(await process.waitForError("Opening the browser."))
                // The real browser tells what it saw.
                let seen = try await ChildProcess.run(
                    ChildOptions("/bin/cat", [fifo.string], directory: "/", environment: [:]))
                let report = try JSON(parsing: seen.stdout)
                let printed = String(decoding: process.output, as: UTF8.self).split(separator: "\n").map(String.init)
                let given = try #require(report["given"]?.stringValue)
                #expect(given.contains("/login?code=") && !printed.contains(given))
                #expect(report["address"]?.stringValue?.hasSuffix("/") == true, "\(report.text())")
                #expect(report["title"]?.stringValue?.contains("codetether") == true)
                let port = given.split(separator: "/").dropFirst().first?.split(separator: ":").last.flatMap { Int($0) }
                let http = HTTPProbe(port: try #require(port))
                #expect(try await http.send("GET", Self.target(given)).status == 401, "it was used")
                #expect(try await http.send("GET", Self.target(try #require(printed.first))).status == 303)
            }
        }
        try await StoryWorld.with([], files: ["bin/xdg-open": "#!/bin/sh\necho \"$1\" >\"$FIFO\"\n"]) { story in
            let bin = story.workspace.path.appending("bin")
            TestFiles.setMode(0o755, of: bin.appending("xdg-open"))
            let fifo = story.home.path.appending("opened")
            #expect(mkfifo(fifo.string, 0o600) == 0)
            // The world reads every file of the home at its end.
            defer { TestFiles.remove(fifo) }
            // With a desktop, its opener.
            var cli = story.cli
            cli.environment.merge(["DISPLAY": ":9", "PATH": "\(bin):/usr/bin:/bin", "FIFO": fifo.string]) { $1 }
            try await cli.start(["web", "--port", "0", "--json"]) { process in
                let seen = try await ChildProcess.run(
                    ChildOptions("/bin/cat", [fifo.string], directory: "/", environment: [:]))
                #expect(seen.out.hasPrefix("http://127.0.0.1:"), "\(seen.story)")
                _ = process
            }
            // None over SSH, without a display, and with a program that is not there: a sentence, and the server runs.
            for more in [["SSH_CONNECTION": "1 2 3 4"], ["DISPLAY": ""], ["BROWSER": "/nowhere/browser"]] {
                var cli = cli
                cli.environment.merge(more) { $1 }
                try await ServeWorld.start(story.with(cli), command: "web") { world in
                    #expect(await world.process.waitForError("no browser"), "\(more)")
                    let health = try await world.stranger.send("GET", "/health")
                    #expect(health.status == 200)
                }
            }
            try await ServeWorld.start(story.with(cli), command: "web", arguments: ["--no-open"]) { world in
                #expect(await world.process.waitForError("Each link works once"))
                world.process.send(SIGTERM)
                let ended = try await world.process.finish()
                #expect(ended.code == 143 && !ended.err.contains("browser"), "\(ended.story)")
            }
        }
    }

    @Test(
        "OPC-022.4 Without a credential it serves nobody but loopback with --no-auth; the password and the token sign a browser in"
    )
    func security() async throws {
        try await StoryWorld.with([]) { story in
            for (arguments, host) in [(["--hostname", "0.0.0.0"], "0.0.0.0"), (["--hostname", "::"], "::")] {
                let result = try await story.cli.run(["web", "--no-open", "--no-auth", "--port", "0"] + arguments)
                #expect(result.code == 78, "\(result.story)")
                #expect(result.out.isEmpty && result.err.contains(host), "\(result.story)")
            }
        }
        try await StoryWorld.with([], config: ["server": ["auth": "none", "hostname": "0.0.0.0"]]) { story in
            let result = try await story.cli.run("web", "--no-open", "--port", "0", "--json")
            #expect(result.code == 78, "\(result.story)")
            #expect(try result.json().at("error", "message")?.stringValue?.contains("0.0.0.0") == true)
        }
        try await Self.with(arguments: ["--no-auth"]) { world in
            let page = try Self.login(world)
            #expect(page == "http://127.0.0.1:\(world.port)/")
            #expect(try await world.stranger.send("GET", "/api/session").status == 200)
            #expect(
                try await world.stranger.send("GET", "/api/session", headers: ["host": "evil.test"]).status == 403)
        }
        try await Self.with(environment: ["CODETETHER_PASSWORD": "open sesame"]) { world in
            let stranger = world.stranger
            func status(_ secret: String) async throws -> Int {
                let basic = Base64.encode(Array("codetether:\(secret)".utf8))
                return try await stranger.send("GET", "/api/session", headers: ["authorization": "Basic \(basic)"])
                    .status
            }
            #expect(try await stranger.send("GET", "/api/session").status == 401)
            #expect(try await status("open sesame") == 200)
            #expect(try await status("close sesame") == 401)
            #expect(
                try await stranger.send("GET", "/api/session", headers: ["cookie": "codetether=ct1.read.9.a.b"]).status
                    == 401)
            for address in ["/", "/assets/app.js"] {
                #expect(try await stranger.send("GET", address).status == 200)
                #expect(try await stranger.send("GET", address, headers: ["host": "evil.test"]).status == 403)
                #expect(try await stranger.send("GET", address, headers: ["origin": "http://evil.test"]).status == 403)
            }
            let url = world.ready["url"]?.stringValue ?? ""
            try await PageDriver.run("signin", url, ["secret=open sesame"])
            try await PageDriver.run("signin", url, ["secret=\(world.token)"])
        }
    }

    // MARK: The page

    @Test(
        "OPC-022.3 In a browser: streamed answer, asks by keyboard, question, diff, undo, stop, reload, search, themes, phone"
    )
    func session() async throws {
        let (streaming, long) = (Gate(), Gate())
        let question: JSON = [
            "questions": [
                [
                    "question": "Which database?", "header": "Database",
                    "options": [
                        ["label": "SQLite", "description": "one file"],
                        ["label": "Postgres", "description": "many nodes"],
                    ],
                ]
            ]
        ]
        try await Self.with(
            [
                .stalled("First words ", at: streaming, then: "and the rest. **bold**"),
                .call("read", ["filePath": "a.txt"]),
                .call("edit", ["filePath": "a.txt", "oldString": "one", "newString": "two"]),
                .call("bash", ["command": "rm -rf build"]),
                .call("question", question),
                .text("All done."),
                .stalled("Long work ", at: long, then: "never seen"),
            ], config: ["permission": ["*": "allow", "edit": "ask", "bash": "ask"]], files: ["a.txt": "one\n"]
        ) { world in
            func expectFile(_ text: String, at location: SourceLocation = #_sourceLocation) throws {
                #expect(try world.story.workspace.text("a.txt") == text, sourceLocation: location)
            }
            try await PageDriver.run("chat", try Self.login(world)) { page in
                try await page.step("streaming") { streaming.open() }
                try await page.step("asked") { try expectFile("one\n") }
                try await page.step("undo-preview") { try expectFile("two\n") }
                try await page.step("undone") { try expectFile("one\n") }
                try await page.step("redone") { try expectFile("two\n") }
            }
            long.open()
            let results = world.story.server.agentRequests.last?.toolResults.map(\.text) ?? []
            #expect(results.contains { $0.contains("use make clean") }, "\(results)")
            #expect(results.contains { $0.contains("Postgres") }, "\(results)")
            let saved = try await world.http.send("GET", "/api/permission/saved").json()
            #expect(saved["data"]?.arrayValue?.count == 1, "\(saved.text())")
        }
    }

    @Test("OPC-022.3 In a browser: a terminal takes what is typed, outlives a reload, tells its end and starts anew")
    func terminal() async throws {
        try await Self.with { world in
            try await PageDriver.run("terminal", try Self.login(world))
        }
    }

    @Test("OPC-022.4 In a browser: scripts, links and deceiving characters of a model, a tool and a prompt stay text")
    func hostile() async throws {
        let evil = """
            <script>window.hacked=1</script><img src=x onerror="window.hacked=2"> [a](javascript:window.hacked=3) \
            [b](data:text/html,<script>parent.hacked=4</script>) [c](\u{1}javascript:window.hacked=5) ![i](javascript:alert(1)) \
            [ok](https://example.com/a_(b)) \u{202E}txt.exe\u{2066} \u{1B}[31mred <svg onload="window.hacked=6"> \
            <iframe srcdoc="<script>parent.hacked=7</script>"></iframe>

            ```html" onclick="window.hacked=8
            <script>window.hacked=9</script>
            ```

            | <img src=x onerror="window.hacked=10"> | [x](vbscript:x) |
            |---|---|
            | <style>*{display:none}</style> | <a href="javascript:window.hacked=11">x</a> |

            The end.
            """
        try await Self.with(
            [.call("read", ["filePath": "<b>evil.txt"]), Turn(.stream([.text(evil)]))],
            files: ["<b>evil.txt": "<script>window.hacked=12</script>\n"]
        ) { world in
            try await PageDriver.run("hostile", try Self.login(world))
        }
    }

    @Test("OPC-022.1 In a browser: a lost connection is shown, and after it nothing is missing, doubled or sent twice")
    func offline() async throws {
        let gate = Gate()
        try await StoryWorld.with([
            .stalled("one two ", at: gate, then: "three four"), .text("Found."), .text("Yes."),
        ]) { story in
            func start(_ port: Int, _ body: (ServeWorld) async throws -> Void) async throws {
                try await ServeWorld.start(
                    story, command: "web", arguments: ["--no-open", "--port", "\(port)"], body)
            }
            try await start(0) { first in
                try await PageDriver.run("offline", try Self.login(first)) { page in
                    try await page.step("away") {
                        gate.open()
                        let session = try await first.http.send("GET", "/api/session").json()["data"]?.arrayValue?.first
                        let id = try #require(session?["id"]?.stringValue)
                        _ = try await first.http.send("POST", "/api/session/\(id)/wait")
                    }
                    try await page.step("stop-server") {
                        first.process.send(SIGTERM)
                        let ended = try await first.process.finish()
                        #expect(ended.code == 143, "\(ended.story)")
                    }
                    try await start(first.port) { _ in
                        try await page.step("start-server")
                        _ = try await page.process.finish()
                    }
                }
            }
            let users = try await story.show(try await story.onlySession()).users
            #expect(users == ["Count", "Lost?", "Still there?"])
        }
    }
}

extension StoryWorld {
    /// The same with another command line.
    fileprivate func with(_ cli: CLIProcess) -> StoryWorld {
        var copy = self
        copy.cli = cli
        return copy
    }
}

extension String {
    /// The pieces between occurrences of a text.
    fileprivate func components(of text: String) -> [String] {
        split(separator: text, omittingEmptySubsequences: false).map(String.init)
    }
}
