import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-012 Share and unshare")
struct OPC012ShareTests {
    private static let token = "ghp_" + String(repeating: "aB3d", count: 9)

    @Test(
        "OPC-012.1 A session is shared with a service when that is enabled, without secrets and local paths, and read by strangers as a page and as JSON"
    )
    func share() async throws {
        let script: [Turn] = [
            .call("bash", ["command": "pwd; echo '<script>alert(1)</script>'"]),
            .text("Use \(Self.token) and <img src=x onerror=alert(1)>\n```\nlet x = 1 < 2\n```\ndone"),
        ]
        try await ShareStoryWorld.with(script) { world in
            let client = world.client
            let id = try await client.session(["title": "A <b>title</b>"])
            #expect(try await client.ask(id, "In \(client.story.workspace.path) look around").status == 200)

            // A preview first: it says what would leave, and nothing leaves.
            let dry = try await client.http.send("POST", "/api/session/\(id)/share", json: ["dryRun": true]).json()
            #expect(dry["data"]?["service"]?.stringValue == world.address)
            #expect((dry["data"]?["redactions"]?["secrets"]?.intValue ?? 0) > 0)
            #expect((dry["data"]?["redactions"]?["paths"]?.intValue ?? 0) > 0)
            let cli = try await client.story.cli.run("session", "share", id, "--dry-run")
            #expect(cli.code == 0 && cli.out.contains(world.address), "\(cli.story)")
            #expect(try await client.http.send("GET", "/api/share").json()["data"]?.arrayValue?.isEmpty == true)

            let row = try await world.share(id)
            let url = try #require(row["url"]?.stringValue)
            #expect(row["id"]?.stringValue?.utf8.count == 32)
            #expect(row["sessionID"]?.stringValue == id)
            let json = try await world.read(url)
            #expect(json.status == 200)
            #expect(try json.json() == dry["data"]?["document"])
            let page = try await world.read(url, accept: "text/html,*/*")
            #expect(page["content-type"]?.hasPrefix("text/html") == true)
            #expect(page["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
            for reply in [json, page] {
                #expect(!reply.text.contains(Self.token))
                #expect(!reply.text.contains(client.story.workspace.path.string))
                #expect(!reply.text.contains(client.story.home.path.string))
                #expect(reply.text.contains("[redacted]"))
            }
            #expect(
                page.text.contains("&lt;script&gt;") && page.text.contains("&lt;img") && page.text.contains("1 &lt; 2"))
            for element in ["<script", "<img", "<b>title"] { #expect(!page.text.contains(element)) }

            // Only reading is for strangers: all else needs the share's secret, which nobody shows.
            let path = String(url.dropFirst(world.address.utf8.count))
            #expect(try await world.hub.stranger.send("DELETE", path).status == 401)
            #expect(try await world.hub.http.send("DELETE", path).status == 401)
            let sync = try await world.hub.http.send("POST", path + "/sync", json: ["seq": 1, "items": []])
            #expect(sync.status == 401)
            #expect(
                try await world.hub.stranger.send("GET", "/v1/share/\(String(repeating: "0", count: 32))").status == 404
            )
            // A server that is no share service tells strangers nothing.
            let body: JSON = [
                "id": .string(String(repeating: "0", count: 32)),
                "secretHash": .string(String(repeating: "0", count: 64)),
            ]
            #expect(try await client.stranger.send("POST", "/v1/share", json: body).status == 401)
            #expect(try await client.http.send("POST", "/v1/share", json: body).status == 404)
            let proxied = try await world.hub.stranger.send(
                "POST", "/v1/share", headers: ["x-forwarded-for": "10.0.0.1"], json: body)
            #expect(proxied.status == 401)

            // What was shared can be imported by somebody else.
            try await CodetetherHome.with { other in
                let cli = CLIProcess(home: other, directory: client.story.workspace.path)
                let imported = try await cli.run("import", url, "--json")
                #expect(imported.code == 0, "\(imported.story)")
                let messages = try await cli.run(["export", try #require(try imported.json()["id"]?.stringValue)])
                    .json()
                #expect(messages["messages"]?.arrayValue?.count == (try json.json()["messages"]?.arrayValue?.count))
            }
        }
    }

    @Test(
        "OPC-012.1 Nothing is shared where sharing is disabled, without a service, or with one that is away, fails or is none"
    )
    func refused() async throws {
        let pages: [String: StaticWebServer.Page] = [
            "/down/v1/share": .init(status: 500, body: "oops"),
            "/page/v1/share": .init(type: "text/html", body: "<p>Hi"),
            "/moved/v1/share": .init(status: 302, headers: [("location", "/down/v1/share")]),
            "/gone/v1/share": .init(status: 404, body: "{}"), "/auth/v1/share": .init(status: 401, body: "{}"),
        ]
        try await StaticWebServer.with(pages) { web in
            try await StoryWorld.with([.text("Hello.")]) { story in
                let id = try #require(try await story.run("Hi").json["sessionID"]?.stringValue)
                func attempt(_ share: JSON) async throws -> ChildResult {
                    var cli = story.cli
                    cli.environment["CODETETHER_CONFIG_CONTENT"] = JSON.object(["share": share]).text()
                    return try await cli.run("session", "share", id, "--json")
                }
                let cases: [(JSON, Int32)] = [
                    (["mode": "disabled", "url": .string(web.origin)], 78), ([:], 78), (["url": "ftp://nowhere"], 78),
                    (["url": "http://127.0.0.1:1"], 69), (["url": .string("\(web.origin)/down")], 69),
                    (["url": .string("\(web.origin)/page")], 69), (["url": .string("\(web.origin)/moved")], 69),
                    (["url": .string("\(web.origin)/gone")], 69), (["url": .string("\(web.origin)/auth")], 77),
                ]
                for (share, code) in cases {
                    let result = try await attempt(share)
                    #expect(result.code == code, "\(share.text()) \(result.story)")
                    #expect(try result.json()["error"]?["message"]?.stringValue?.isEmpty == false)
                }
                #expect(try await story.cli.run("share", "list", "--json").json().arrayValue?.isEmpty == true)
                #expect(try await story.show(id).info["share"] == nil)
                #expect(web.requests.filter { $0 == "/down/v1/share" }.count == 1)
            }
        }
        // Over HTTP the same are 403 and 502 to 504.
        try await ServeWorld.with(config: ["share": ["url": "http://127.0.0.1:1"]]) { world in
            let id = try await world.session()
            #expect((502...504).contains(try await world.http.send("POST", "/api/session/\(id)/share").status))
            #expect(try await world.http.send("POST", "/api/session/ses_nope/share").status == 404)
            #expect(try await world.http.send("DELETE", "/api/session/\(id)/share").status == 404)
        }
        try await ServeWorld.with(config: ["share": ["mode": "disabled", "url": "http://127.0.0.1:1"]]) { world in
            let id = try await world.session()
            #expect(try await world.http.send("POST", "/api/session/\(id)/share").status == 403)
        }
    }

    @Test("OPC-012.1 The service of an untrusted repository is not used until the repository is trusted")
    func untrusted() async throws {
        try await ServeWorld.with(config: ["share": ["serve": true]]) { hub in
            let project: JSON = ["share": ["mode": "auto", "url": .string("http://127.0.0.1:\(hub.port)")]]
            try await StoryWorld.with(
                [.text("One."), .text("Two.")], files: ["codetether.jsonc": project.text()]
            ) { story in
                let id = try #require(try await story.run("Hi").json["sessionID"]?.stringValue)
                #expect(try await story.cli.run("session", "share", id).code == 78)
                #expect(try await story.cli.run("share", "list", "--json").json().arrayValue?.isEmpty == true)
                #expect(try await story.cli.run("trust").code == 0)
                let again = try await story.run("Hi", "-s", id)
                #expect(again.result.code == 0, "\(again.result.story)")
                #expect(try await story.cli.run("share", "list", "--json").json().ids.count == 1)
            }
        }
    }

    @Test(
        "OPC-012.2 The address of a share is part of the session's metadata, in the log, in lists and after a restart")
    func metadata() async throws {
        try await ShareStoryWorld.with([.text("Hello.")]) { world in
            let client = world.client
            let id = try await client.session()
            _ = try await client.ask(id, "Hi")
            let url = try #require(try await world.share(id)["url"]?.stringValue)
            #expect(
                try await client.http.send("GET", "/api/session/\(id)").json().at("data", "share", "url")?.stringValue
                    == url)
            let shared = try await client.log(id).of("session.shared")
            #expect(shared.map { $0["data"]?["url"]?.stringValue } == [url])
            // Other processes see it too: it is stored.
            #expect(try await client.story.show(id).info.at("share", "url")?.stringValue == url)
            let list = try await client.story.cli.run("share", "list", "--json")
            let row = try #require(try list.json()[0])
            #expect(row["sessionID"]?.stringValue == id && row["url"]?.stringValue == url)
            #expect(row["id"]?.stringValue == url.split(separator: "/").last.map(String.init))
            #expect(row["time"] != nil && !list.out.contains("secret"))
            // Sharing again gives the same address.
            #expect(try await client.story.cli.run("session", "share", id).out == url + "\n")
        }
    }

    @Test("OPC-012.3 What happens in a shared session is sent by itself, also what happened while the service was away")
    func incremental() async throws {
        let turns: [Turn] = [.text("First."), .text("Second."), .text("Third.")]
        try await StoryWorld.with([], config: ["share": ["serve": true]]) { hubStory in
            try await StoryWorld.with(turns) { story in
                func config(_ port: Int) -> [String: String] {
                    ["CODETETHER_CONFIG_CONTENT": "{\"share\":{\"url\":\"http://127.0.0.1:\(port)\"}}"]
                }
                let (port, id, url) = try await ServeWorld.start(hubStory) { hub in
                    try await ServeWorld.start(story, environment: config(hub.port)) { client in
                        let world = ShareStoryWorld(hub: hub, client: client)
                        let id = try await client.session()
                        _ = try await client.ask(id, "One")
                        let url = try #require(try await world.share(id)["url"]?.stringValue)
                        _ = try await client.ask(id, "Two")
                        let reply = try await world.read(url) { $0.text.contains("Second.") && $0.text.contains("Two") }
                        #expect(reply.text.contains("Second."))
                        let patch = try await client.http.send(
                            "PATCH", "/api/session/\(id)", json: ["title": "Renamed by hand"])
                        #expect(patch.status == 204)
                        let renamed = try await world.read(url) { $0.text.contains("Renamed by hand") }
                        #expect(try renamed.json().at("info", "title") == "Renamed by hand")
                        // Asked to stop it gives back what a process that is killed holds for some seconds.
                        client.process.send(SIGTERM)
                        _ = try await client.process.finish()
                        return (hub.port, id, url)
                    }
                }
                // The service is down, and so is our server: a run goes on and says that the share is behind.
                var cli = story.cli
                cli.environment.merge(config(port)) { $1 }
                let run = try await cli.run("run", "--format", "json", "-s", id, "Three")
                #expect(run.code == 0 && run.err.contains("not up to date"), "\(run.story)")
                let row = try await cli.run("share", "list", "--json").json()[0]
                #expect((row?["attempts"]?.intValue ?? 0) >= 1)
                // Both are back: nothing has to be done.
                try await ServeWorld.start(hubStory, arguments: ["--port", String(port)]) { hub in
                    try await ServeWorld.start(story, environment: config(port)) { client in
                        let world = ShareStoryWorld(hub: hub, client: client)
                        let reply = try await world.read(url) { $0.text.contains("Third.") }
                        let messages = try reply.json()["messages"]?.arrayValue ?? []
                        #expect(
                            messages.filter { $0["type"] == "user" }.compactMap { $0["text"]?.stringValue } == [
                                "One", "Two", "Three",
                            ])
                        #expect(reply.text.contains("Third."))
                        // A server offers tools that a run without a terminal does not.
                        story.server.forgetViolations()
                    }
                }
            }
        }
    }

    @Test(
        "OPC-012.4 Unsharing removes the share from the service and from the session; without the service nothing is forgotten"
    )
    func unshare() async throws {
        try await ShareStoryWorld.with([.text("Hello."), .text("Hello.")]) { world in
            let client = world.client
            let id = try await client.session()
            _ = try await client.ask(id, "Hi")
            let url = try #require(try await world.share(id)["url"]?.stringValue)
            #expect(try await client.http.send("DELETE", "/api/session/\(id)/share").status == 204)
            #expect(try await world.read(url).status == 404)
            #expect(try await world.read(url, accept: "text/html").status == 404)
            #expect(try await client.http.send("GET", "/api/session/\(id)").json().at("data", "share") == nil)
            #expect(try await client.log(id).types.contains("session.unshared"))
            #expect(try await client.http.send("GET", "/api/share").json()["data"]?.arrayValue?.isEmpty == true)

            // Shared again under another address, then deleted: the share goes with the session.
            let second = try #require(try await world.share(id)["url"]?.stringValue)
            #expect(second != url)
            #expect(try await client.http.send("DELETE", "/api/session/\(id)").status == 204)
            #expect(try await world.read(second) { $0.status == 404 }.status == 404)

            // The service is away: unsharing says so, and the share stays listed, also after the session is gone.
            let other = try await client.session()
            _ = try await client.ask(other, "Hi")
            let third = try await world.share(other)
            world.hub.process.send(SIGTERM)
            _ = try await world.hub.process.finish()
            let cli = client.story.cli
            let failed = try await cli.run("session", "unshare", other)
            #expect(failed.code == 69, "\(failed.story)")
            #expect(try await client.story.show(other).info.at("share", "url") == third["url"])
            let deleted = try await cli.run("session", "delete", other, "--yes")
            #expect(deleted.code == 0 && deleted.err.contains("still public"), "\(deleted.story)")
            let rows = try await cli.run("share", "list", "--json").json()
            #expect(rows[0]?["state"] == "revoking" && rows[0]?["sessionDeleted"] == true)
            #expect(try await cli.run("share", "revoke", try #require(third["url"]?.stringValue)).code == 69)
            #expect(try await cli.run("share", "revoke", "nothing").code == 66)
        }
    }
}
