import Storage
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Sessions

@Suite("The share service")
struct ShareHubTests {
    private static let id = String(repeating: "0a", count: 16)
    private static let secret = "the secret"
    private static var hash: String { SHA256Hash.hex(of: secret.utf8) }

    private func with(
        _ limits: ShareHub.Limits = .init(), _ body: (ShareHub, any StorageBackend) async throws -> Void
    ) async throws {
        try await TempWorkspace.with { workspace in
            let store = try await SQLiteStorage.open(workspace.path.appending("hub.db"))
            try await body(ShareHub(storage: store, time: TestTime(), limits: limits), store)
            await store.close()
        }
    }

    private func refusal<T>(_ body: () async throws -> T) async -> ShareHub.Refusal? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? ShareHub.Refusal
        }
    }

    private func message(_ id: String, _ seq: Int64, order: Int64 = 1, text: String) -> JSON {
        [
            "kind": "message", "id": .string(id), "order": .int(order), "seq": .int(seq),
            "data": ["id": .string(id), "type": "user", "text": .string(text), "time": ["created": 1]],
        ]
    }

    @Test("Only the secret writes, and only its hash is kept")
    func secrets() async throws {
        try await with { hub, store in
            try await hub.create(id: Self.id, secretHash: Self.hash)
            try await hub.create(id: Self.id, secretHash: Self.hash)
            let other = SHA256Hash.hex(of: "other".utf8)
            #expect(await refusal { try await hub.create(id: Self.id, secretHash: other) } == .taken)
            #expect(try await hub.document(Self.id) == nil)
            let item = message("msg_1", 1, text: "x")
            #expect(
                await refusal { try await hub.sync(id: Self.id, secret: "no", seq: 1, items: [item]) } == .wrongSecret)
            #expect(await refusal { try await hub.remove(id: Self.id, secret: "") } == .wrongSecret)
            _ = try await hub.sync(id: Self.id, secret: Self.secret, seq: 1, items: [item])
            let stored = try await store.list(RecordQuery(collection: "shared")).records
            #expect(stored.allSatisfy { !UTF8Text.lossy($0.bytes).contains(Self.secret) })
            try await hub.remove(id: Self.id, secret: Self.secret)
            #expect(try await hub.document(Self.id) == nil)
            #expect(await refusal { try await hub.remove(id: Self.id, secret: Self.secret) } == .notFound)
            #expect(try await store.list(RecordQuery(collection: "shared-item/\(Self.id)")).records.isEmpty)
        }
    }

    @Test("Items are put in order, older ones change nothing, removed ones are not shown")
    func order() async throws {
        try await with { hub, _ in
            try await hub.create(id: Self.id, secretHash: Self.hash)
            func sync(_ seq: Int64, _ items: JSON...) async throws {
                _ = try await hub.sync(id: Self.id, secret: Self.secret, seq: seq, items: items)
            }
            func texts() async throws -> [String] {
                (try await hub.document(Self.id)?["messages"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
            }
            try await sync(9, message("b", 9, order: 7, text: "two"), message("a", 9, order: 2, text: "one"))
            #expect(try await texts() == ["one", "two"])
            try await sync(3, message("a", 3, order: 2, text: "old"))
            #expect(try await texts() == ["one", "two"])
            try await sync(10, message("a", 10, order: 2, text: "new"), ShareItem.removed("b", seq: 10))
            #expect(try await texts() == ["new"])
            try await sync(9, message("b", 9, order: 7, text: "two"))
            #expect(try await texts() == ["new"])
            try await sync(11, message("b", 11, order: 7, text: "again"))
            #expect(try await texts() == ["new", "again"])
        }
    }

    @Test("A service is bounded in shares, items and bytes, and refuses what is no item")
    func bounds() async throws {
        var limits = ShareHub.Limits()
        limits.shares = 2
        limits.items = 3
        limits.bytes = 2_000
        limits.itemBytes = 1_000
        try await with(limits) { hub, _ in
            try await hub.create(id: Self.id, secretHash: Self.hash)
            func sync(_ items: [JSON]) async throws {
                _ = try await hub.sync(id: Self.id, secret: Self.secret, seq: 1, items: items)
            }
            let long = String(repeating: "x", count: 800)
            for items in [
                (0..<4).map { message("m\($0)", 1, text: "x") }, (0..<3).map { message("m\($0)", 1, text: long) },
                [message("m", 1, text: long + long)],
            ] {
                guard case .full? = await refusal({ try await sync(items) }) else {
                    Issue.record("\(items.count) items were taken")
                    continue
                }
            }
            #expect(try await hub.document(Self.id) == nil)
            for bad: JSON in [
                [:], ["kind": "x", "seq": 1, "data": [:]], ["kind": "message", "seq": 1, "data": [:]],
                ["kind": "session", "data": [:]], ["kind": "part", "message": "m", "index": -1, "seq": 1, "data": [:]],
                ["kind": "session", "seq": 1, "data": "text"],
            ] { #expect(await refusal { try await sync([bad]) } == .invalid("items"), "\(bad.text())") }
            for bad in ["", "../../etc/passwd", Self.id.uppercased(), Self.id + "0"] {
                #expect(await refusal { try await hub.create(id: bad, secretHash: Self.hash) } == .invalid("id"))
                #expect(try await hub.document(bad) == nil)
            }
            try await hub.create(id: String(repeating: "b", count: 32), secretHash: Self.hash)
            guard
                case .full? = await refusal({
                    try await hub.create(id: String(repeating: "c", count: 32), secretHash: Self.hash)
                })
            else {
                Issue.record("A third share was taken")
                return
            }
        }
    }

    @Test("Large items are shortened before they are sent, and stay messages")
    func large() throws {
        let text = String(repeating: "0123456789", count: 60_000)
        for data: JSON in [
            ["id": "m", "type": "user", "time": ["created": 1], "text": .string(text)],
            [
                "id": "m", "type": "user", "time": ["created": 1], "text": "x",
                "files": .array(Array(repeating: ["uri": .string("data:image/png;base64," + text)], count: 4)),
            ],
            [
                "id": "m", "type": "user", "time": ["created": 1], "text": "x",
                "files": .array((0..<60_000).map { .int(Int64($0)) }),
            ],
        ] {
            let item = ShareItem.message("m", order: 1, parts: nil, data, seq: 1)
            #expect(item.bytes().count <= ShareItem.maximumBytes + 1_000)
            #expect(item["data"]?["id"] == "m")
            #expect(item["data"]?["text"]?.stringValue != nil)
        }
    }
}
