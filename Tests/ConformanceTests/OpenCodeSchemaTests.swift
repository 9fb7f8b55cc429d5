import Schema
import Support
import TestSupport
import Testing

@Suite("Conformance to OpenCode 2.1")
struct OpenCodeSchemaTests {
    /// Read once: a test with arguments makes a suite for each.
    private static let specification = Result {
        try JSONSchemaValidator(spec: "opencode-2.1-types.schema.json", mode: .discriminated)
    }
    private static let definitions = specification.map(eventDefinitions)

    private let schema: JSONSchemaValidator
    private let eventDefinitions: [String: String]

    init() throws {
        schema = try Self.specification.get()
        eventDefinitions = try Self.definitions.get()
    }

    /// The name of 2.1's event definition by its type.
    private static func eventDefinitions(_ schema: JSONSchemaValidator) -> [String: String] {
        var names: [String: String] = [:]
        for name in schema.definitionNames {
            let properties = schema.definition(name)?["properties"]
            if properties?["data"] != nil, let type = properties?["type"]?["const"]?.stringValue { names[type] = name }
        }
        return names
    }

    @Test("2.1 has 97 typed events and this version knows each of them")
    func knowsAll() {
        let theirs = Set(eventDefinitions.keys)
        #expect(theirs.count == 97)
        #expect(theirs.subtracting(EventPayload.knownTypes) == [])
        let ours = Set(EventPayload.knownTypes).subtracting(theirs)
        #expect(
            ours == [
                "session.reverted", "session.unreverted", "session.shared", "session.unshared", "snapshot.created",
                "snapshot.restored", "snapshot.collected", "mcp.tools.changed", "plugin.loaded", "plugin.failed",
                "scheduler.job.finished", "scheduler.job.failed", "permission.saved", "permission.revoked",
                "server.heartbeat", "server.gap", "server.stopping", "session.message.added", "session.imported",
            ])
    }

    @Test("There is a sample of every event type, with and without its optional members")
    func samplesAreComplete() {
        #expect(Set(EventSamples.all.map(\.type)).sorted() == EventPayload.knownTypes)
    }

    @Test("Every event fits its 2.1 definition and comes back unchanged", arguments: EventSamples.all)
    func events(payload: EventPayload) throws {
        let definition = eventDefinitions[payload.type]
        for isFull in [true, false] {
            let event = EventSamples.event(payload, isFull: isFull)
            let json = try JSON(encoding: event)
            if let definition { #expect(schema.violations(of: json, as: definition) == []) }
            let parsed = try JSON(parsing: json.bytes())
            #expect(try parsed.decode(Event.self) == event)
            #expect(try JSON(encoding: parsed.decode(Event.self)) == json)
        }
    }

    @Test("An event fits its definition no longer when a required member is missing or renamed")
    func misfits() throws {
        var checked = 0
        for payload in EventSamples.all {
            guard let name = eventDefinitions[payload.type] else { continue }
            let json = try JSON(encoding: EventSamples.event(payload))
            let reference = schema.definition(name)?["properties"]?["data"]?["$ref"]?.stringValue
            let data = reference.flatMap { schema.definition(String($0.dropFirst("#/$defs/".count))) }
            for member in data?["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] {
                var damaged = json["data"] ?? [:]
                damaged[member + "Renamed"] = damaged[member]
                damaged[member] = nil
                var event = json
                event["data"] = damaged
                #expect(schema.violations(of: event, as: name) != [], "\(payload.type) without \(member)")
                checked += 1
            }
            var other = json
            other["type"] = "other"
            #expect(schema.violations(of: other, as: name) != [])
        }
        #expect(checked > 250)
    }

    @Test("The durable version of every event is the constant of its 2.1 definition")
    func durableVersions() {
        for payload in EventSamples.all {
            guard let name = eventDefinitions[payload.type] else { continue }
            let reference = schema.definition(name)?["properties"]?["durable"]?["$ref"]?.stringValue
            let durable = reference.flatMap { schema.definition(String($0.dropFirst("#/$defs/".count))) }
            let version = durable?["properties"]?["version"]?["const"]?.intValue
            #expect(payload.durableVersion.map(Int64.init) == version, "\(payload.type)")
        }
    }

    @Test("Every message fits 2.1 and comes back unchanged", arguments: MessageSamples.all)
    func messages(message: SessionMessage) throws {
        let json = try JSON(encoding: message)
        let union = try #require(
            schema.definition("SessionTransferData")?["properties"]?["messages"]?["items"])
        #expect(schema.violations(of: json, against: union) == [])
        #expect(try JSON(parsing: json.bytes()).decode(SessionMessage.self) == message)
        #expect(json["type"]?.stringValue == message.type)
        #expect(json["id"]?.stringValue == message.id)
    }

    @Test("Sessions fit 2.1 with all members and with only those that must be there")
    func sessions() throws {
        let bare = SessionInfo(
            id: "ses_1", projectID: "prj", cost: 0, tokens: .zero, time: SessionTime(created: 1, updated: 2),
            location: LocationPublicRef(directory: "/work"))
        var full = bare
        full.parentID = "ses_0"
        full.fork = SessionFork(sessionID: "ses_0", boundary: .through(messageID: "msg_1"))
        full.agent = "build"
        full.model = Sample.model
        full.tokens = Sample.tokens
        full.outcome = .interrupted
        full.time = SessionTime(created: 1, updated: 2, idle: 3, viewed: 4, archived: 5)
        full.title = "Title"
        full.subpath = "sub"
        full.metadata = ["a": 1]
        full.permissions = Sample.rules
        full.revert = Sample.revert
        full.usage = SessionUsage(requests: 4)
        full.forkedFrom = SessionOrigin(sessionID: "ses_0")
        full.share = SessionShare(url: "https://example.com/s/1")
        full.seq = 12
        for session in [bare, full] {
            let json = try JSON(encoding: session)
            #expect(schema.violations(of: json, as: "SessionInfo") == [])
            #expect(try JSON(parsing: json.bytes()).decode(SessionInfo.self) == session)
        }
        #expect(try JSON(encoding: full)["forkedFrom"]?.text() == #"{"sessionID":"ses_0","messageID":null}"#)
        #expect(try !JSON(encoding: bare).text().contains("null"))
    }

    @Test("The receipt of a prompt and every inbox item fit 2.1")
    func inbox() throws {
        let receipt = InboxReceipt(
            id: "msg_1", sessionID: "ses_1", time: MessageTime(created: 1), payload: Sample.prompt, delivery: .steer)
        #expect(schema.violations(of: try JSON(encoding: receipt), as: "SessionInboxUser") == [])
        let move = InboxMovePayload(location: Sample.location, projectID: "prj", subpath: "sub")
        let items: [(InboxItem, String)] = [
            (Sample.inboxItem, "SessionInboxItemUser"),
            (
                .synthetic(.init(text: "t", description: "d", metadata: [:]), delivery: .queue),
                "SessionInboxItemSynthetic"
            ),
            (.compaction(delivery: .steer), "SessionInboxItemCompaction"),
            (.move(move, delivery: .queue), "SessionInboxItemMove"),
        ]
        for (item, definition) in items {
            let json = try JSON(encoding: item)
            #expect(schema.violations(of: json, as: definition) == [])
            #expect(try json.decode(InboxItem.self) == item)
        }
    }

    @Test("Every error body of 2.1 can be made and fits")
    func errors() throws {
        let bodies = schema.definitionNames.filter { $0.hasSuffix("ErrorBody") }
        #expect(Set(ErrorSamples.all.map { $0.tag + "Body" }) == Set(bodies))
        for error in ErrorSamples.all {
            let json = try JSON(encoding: error)
            #expect(schema.violations(of: json, as: error.tag + "Body") == [])
            #expect(try JSON(parsing: json.bytes()).decode(TaggedError.self) == error)
        }
    }
}
