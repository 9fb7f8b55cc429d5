import Storage
import Support
import TestSupport
import Testing

/// What a search finds, the same on every backend.
@Suite("Search conformance", .postgresServer) struct SearchConformance {
    private func session(_ id: String, title: String, updated: Int64, group: String? = nil) -> RecordPut {
        let json: JSON = ["info": ["id": .string(id), "title": .string(title)], "inbox": []]
        return RecordPut(key: RecordKey("session", id), bytes: json.bytes(), updatedMs: updated, group: group)
    }

    private func user(_ session: String, _ number: Int, _ text: String, superseded: Bool = false) -> RecordPut {
        var json: JSONObject = ["message": ["id": "msg_\(number)", "type": "user", "text": .string(text)]]
        if superseded { json["superseded"] = true }
        return RecordPut(
            key: RecordKey("message/\(session)", "00\(number)-m"), bytes: JSON.object(json).bytes(), updatedMs: 1)
    }

    private func assistant(_ session: String, _ number: Int, _ text: String, toolInput: String) -> RecordPut {
        let json: JSON = [
            "message": [
                "type": "assistant",
                "content": [
                    ["type": "tool", "state": ["input": ["text": .string(toolInput)]]],
                    ["type": "text", "text": .string(text)],
                ],
            ]
        ]
        return RecordPut(key: RecordKey("message/\(session)", "00\(number)-m"), bytes: json.bytes(), updatedMs: 1)
    }

    private func ids(_ store: any StorageBackend, _ text: String, group: String? = nil) async throws -> [String] {
        try await store.search(RecordSearch(text: text, group: group)).records.map(\.key.id)
    }

    @Test("titles and texts are found literally and case-blind, latest first", arguments: Backend.allCases)
    func finds(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(
                StorageBatch(puts: [
                    session("a", title: "Fix the Parser", updated: 1, group: "g1"),
                    session("b", title: "other", updated: 2, group: "g2"),
                    session("c", title: "100% done_now", updated: 3, group: "g1"),
                    session("d", title: "nothing", updated: 4),
                    user("b", 1, "please fix the pArSeR of the file"),
                    assistant("c", 1, "ÄRGER mit STRASSE und \"quotes\"\nsecond line", toolInput: "hidden needle"),
                    user("d", 1, "a reverted parser", superseded: true),
                    user("d", 2, "zero\u{0}byte, wild*card? [set] back\\slash"),
                ]))
            #expect(try await ids(store, "parser") == ["b", "a"])
            #expect(try await ids(store, "PARSER") == ["b", "a"])
            #expect(try await ids(store, "x the P") == ["b", "a"])
            #expect(try await ids(store, "parser", group: "g1") == ["a"])
            #expect(try await ids(store, "ärger") == ["c"])
            #expect(try await ids(store, "strasse und \"QUOTES\"") == ["c"])
            #expect(try await ids(store, "\"\ns") == ["c"])
            #expect(try await ids(store, "hidden needle").isEmpty, "a tool's input is not searched")
            #expect(try await ids(store, "reverted").isEmpty, "what a revert hides is not found")
            for literal in ["100%", "done_", "*card?", "[set]", "\\sl", "o\u{0}b"] {
                #expect(try await ids(store, literal).count == 1, "\(literal.debugDescription) is taken literally")
            }
            for wildcard in ["fix%parser", "fix*parser", "doneXnow", "p_rser", "pars?r", "[p]arser", "%", "_", "*"] {
                let expected = ["%": ["c"], "_": ["c"], "*": ["d"]][wildcard] ?? []
                #expect(try await ids(store, wildcard) == expected, "\(wildcard) is no wildcard")
            }
            #expect(try await ids(store, "a") == ["d", "c", "b", "a"])
            #expect(try await ids(store, "msg_1").isEmpty, "ids are not searched")
        }
    }

    @Test("a search follows changes and removals", arguments: Backend.allCases)
    func changes(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            _ = try await store.commit(
                StorageBatch(puts: [session("a", title: "first name", updated: 1), user("a", 1, "old words")]))
            _ = try await store.commit(
                StorageBatch(puts: [session("a", title: "second name", updated: 2), user("a", 1, "new words")]))
            #expect(try await ids(store, "first").isEmpty)
            #expect(try await ids(store, "second") == ["a"])
            #expect(try await ids(store, "old words").isEmpty)
            #expect(try await ids(store, "new words") == ["a"])
            _ = try await store.commit(StorageBatch(removeCollections: ["message/a"]))
            #expect(try await ids(store, "new words").isEmpty)
            try await store.remove(RecordKey("session", "a"))
            #expect(try await ids(store, "second").isEmpty)
        }
    }

    @Test("pages of a search continue where the last one ended", arguments: Backend.allCases)
    func pages(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            var puts: [RecordPut] = []
            for index in 0..<30 {
                puts.append(session("s\(index + 10)", title: "title \(index)", updated: Int64(index / 3)))
                if index % 2 == 0 { puts.append(user("s\(index + 10)", 1, "the Needle is here")) }
            }
            _ = try await store.commit(StorageBatch(puts: puts))
            var search = RecordSearch(text: "needle", limit: 4)
            var found: [String] = []
            var pageSizes: [Int] = []
            while true {
                let page = try await store.search(search)
                found += page.records.map(\.key.id)
                pageSizes.append(page.records.count)
                guard let next = page.next else { break }
                search.after = next
            }
            let expected = stride(from: 0, to: 30, by: 2).map { (Int64($0 / 3), "s\($0 + 10)") }.sorted { $0 > $1 }
            #expect(found == expected.map(\.1))
            #expect(pageSizes == [4, 4, 4, 3])
        }
    }

    @Test("empty and too long texts are refused", arguments: Backend.allCases)
    func invalid(_ backend: Backend) async throws {
        try await backend.with { store, _ in
            #expect(await failure { try await store.search(RecordSearch(text: "")) }?.kind == .invalid)
            let long = String(repeating: "x", count: 1_001)
            #expect(await failure { try await store.search(RecordSearch(text: long)) }?.kind == .invalid)
            let cursor = RecordSearch(text: "x", after: "nonsense")
            #expect(await failure { try await store.search(cursor) }?.kind == .invalid)
        }
    }
}
