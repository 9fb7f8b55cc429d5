import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("schema/events.schema.json")
struct EventSchemaTests {
    private func document() throws -> JSON {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        return try JSON(parsing: try FileIO.read(root.pushing("schema/events.schema.json")))
    }

    @Test("Every event of the Swift types fits it")
    func samples() throws {
        let schema = try document()
        let validator = JSONSchemaValidator(schema)
        for sample in EventSamples.all {
            for isFull in [true, false] {
                let json = try JSON(encoding: EventSamples.event(sample, isFull: isFull))
                let violations = validator.violations(of: json, against: schema)
                #expect(violations.isEmpty, "\(sample.type): \(violations.prefix(3))")
            }
        }
    }

    @Test("It knows every type once, ours too, and refuses what no event is")
    func types() throws {
        let document = try document()
        let types = (document["anyOf"]?.arrayValue ?? []).compactMap {
            $0["properties"]?["type"]?["const"]?.stringValue
        }
        #expect(Set(types).count == types.count)
        #expect(Set(types).isSuperset(of: EventSamples.all.map(\.type)))
        for ours in [
            "session.forked", "session.reverted", "session.unreverted", "session.shared", "session.unshared",
            "snapshot.created", "snapshot.restored", "snapshot.collected", "mcp.tools.changed", "plugin.loaded",
            "plugin.failed", "scheduler.job.finished", "scheduler.job.failed", "permission.saved", "permission.revoked",
            "server.connected", "server.heartbeat", "server.gap", "server.stopping",
        ] { #expect(types.contains(ours), "\(ours) is missing") }
        let validator = JSONSchemaValidator(document)
        #expect(
            !validator.violations(of: ["id": "evt_1", "created": 1, "type": "no.such", "data": [:]], against: document)
                .isEmpty)
        #expect(
            !validator.violations(
                of: ["id": "evt_1", "created": 1, "type": "server.gap", "data": [:]], against: document
            ).isEmpty)
        #expect(!validator.violations(of: ["type": "server.heartbeat", "data": [:]], against: document).isEmpty)
    }
}
