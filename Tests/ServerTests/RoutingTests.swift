import Support
import Testing

@testable import Server

@Suite("The route table")
struct RoutingTests {
    @Test("Every operation has one name, and no two routes answer the same method and path")
    func unique() {
        let routes = RouteTable.standard.routes
        #expect(Set(routes.map(\.operation)).count == routes.count)
        var places: Set<String> = []
        for route in routes {
            for path in [route.path] + route.aliases {
                #expect(places.insert("\(route.method) \(path.text)").inserted, "\(route.method) \(path.text)")
            }
        }
    }

    @Test("All 142 operations of 2.1 are routed; those without a handler are not documented")
    func complete() {
        let routes = RouteTable.standard.routes
        let names = Set(routes.map(\.operation))
        #expect(OpenCodeOperation.all.count == 142)
        #expect(OpenCodeOperation.all.filter(\.isInScope).count == 108)
        for operation in OpenCodeOperation.all { #expect(names.contains(operation.name), "\(operation.name)") }
        for route in routes where OpenCodeOperation.byName[route.operation]?.isInScope == false {
            #expect(!route.isDocumented, "\(route.operation)")
        }
    }

    @Test("Literal segments win over parameters; rests take slashes; escapes are decoded once")
    func paths() {
        let table = RouteTable.standard
        func operation(_ method: String, _ path: String) -> String? {
            if case .route(let route, _) = table.match(method, path) { return route.operation }
            return nil
        }
        #expect(operation("GET", "/api/session/active") == "Session.active")
        #expect(operation("GET", "/api/session/ses_1") == "Session.get")
        #expect(operation("GET", "/api/session/stats") == "Session.stats")
        #expect(operation("POST", "/api/session/ses_1/wait") == "Session.wait")
        #expect(operation("POST", "/api/experimental/session/ses_1/wait") == "Session.wait")
        #expect(operation("GET", "/api/fs/read/a/b%20c.txt") == "File.read")
        #expect(operation("HEAD", "/health") == "Server.health")
        #expect(operation("GET", "/api/session/") == nil)
        #expect(operation("GET", "api/session") == nil)
        let values = RoutePath("/a/{x}/{rest...}").match(RoutePath.split("/a/%2e%2e/b%2Fc/d") ?? [])
        #expect(values == ["x": "..", "rest": "b/c/d"])
    }

    @Test("A wrong method lists the right ones")
    func methods() {
        guard case .otherMethods(let methods) = RouteTable.standard.match("PUT", "/api/session") else {
            Issue.record("PUT /api/session is routed")
            return
        }
        #expect(Set(methods).isSuperset(of: ["GET", "POST", "HEAD", "OPTIONS"]))
    }

    @Test("Queries are decoded, null counts as not given, and their number is bounded")
    func queries() {
        let query = QueryString("a=1&b=x%20y+z&c=null&location%5Bdirectory%5D=%2Fr&d&bad=%zz")
        #expect(query["a"] == "1")
        #expect(query["b"] == "x y z")
        #expect(query["c"] == nil)
        #expect(query["location[directory]"] == "/r")
        #expect(query["d"] == "")
        #expect(query["bad"] == "%zz")
        #expect(QueryString(String(repeating: "a=1&", count: 5_000)).pairs.count <= 257)
    }

    @Test(
        "A body that does not fit is refused with the place that does not fit",
        arguments: [
            (#"{"text":5}"#, "text"), (#"{"text":"x","n":1.5}"#, "n"), (#"{"text":"x","n":11}"#, "n"),
            (#"{"text":"x","list":[1,"a"]}"#, "list[1]"), (#"{"text":"x","zz":1}"#, "zz"), (#"{}"#, "text"),
            (#"{"text":"x","word":"c"}"#, "word"), (#"{"text":"x","id":"ses_"}"#, "id"),
            (#"{"text":"x","model":{"id":"m"}}"#, "model.providerID"), (#"{"text":""}"#, "text"),
        ])
    func schema(_ text: String, _ path: String) throws {
        let schema = Shape.object(
            [
                "text": Shape.name, "n": Shape.integer(1...10), "list": Shape.list(Shape.integer),
                "word": Shape.optional(Shape.word("a", "b")), "id": Shape.id("ses_"), "model": Prompts.model,
            ], required: ["text"])
        let json = try JSON(parsing: text)
        do throws(SchemaCheck.Mismatch) {
            try SchemaCheck.check(json, schema)
            Issue.record("\(text) was taken")
        } catch {
            #expect(error.path == path)
            #expect(!error.message.isEmpty)
        }
        try SchemaCheck.check(["text": "x", "word": nil, "n": 10, "model": "a/b", "id": "ses_1"], schema)
    }

    @Test("The document is the same every time and names only what is routed")
    func document() {
        let first = OpenAPIDocument.make(.standard, version: "1")
        #expect(first.bytes() == OpenAPIDocument.make(.standard, version: "1").bytes())
        for (path, item) in first["paths"]?.objectValue ?? [:] {
            for (method, _) in item.objectValue ?? [:] {
                let filled = path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.joined(
                    separator: "/")
                guard case .route = RouteTable.standard.match(method.uppercased(), "/" + filled) else {
                    Issue.record("\(method) \(path) is documented but not routed")
                    continue
                }
            }
        }
    }
}
