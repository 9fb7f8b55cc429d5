import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-016 Storage backends")
struct OPC016StorageTests {
    static let backends = ["sqlite", "filesystem"]
    static let script: [Turn] = [
        .call("write", ["filePath": "a.txt", "content": "one\n"], id: "call_fixed"), .text("First."), .text("Second."),
    ]

    private func storage(_ backend: String) -> JSONObject { ["storage": ["backend": .string(backend)]] }

    @Test(
        "OPC-016.1 Sessions are written, read, updated, listed and removed alike on each backend", arguments: backends)
    func operations(backend: String) async throws {
        try await StoryWorld.with(Self.script, config: storage(backend)) { world in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            #expect(try await world.show(id).answers == ["First."])
            let (second, _) = try await world.run("-s", id, "More")
            #expect(second.code == 0, "\(second.story)")
            #expect(try await world.show(id).answers == ["First.", "Second."])
            let list = try await world.sessions()
            #expect(list.compactMap { $0["id"]?.stringValue } == [id])
            let deleted = try await world.cli.run("session", "delete", id)
            #expect(deleted.code == 0, "\(deleted.story)")
            #expect(try await world.sessions().isEmpty)
            let gone = try await world.cli.run("session", "show", id, "--json")
            #expect(gone.code == 66, "\(gone.story)")
        }
    }

    @Test("OPC-016.1 The storage protocol offers read, write, update, list and remove")
    func abstraction() throws {
        let text = try SourceTree.files("Storage").map(\.text).joined()
        #expect(text.contains("protocol StorageBackend"))
        for operation in ["read", "list", "commit", "write", "update", "remove"] {
            #expect(text.contains("func \(operation)("), "no \(operation)")
        }
    }

    @Test("OPC-016.2 The filesystem backend keeps sessions as files, without a database, and shows the same as SQLite")
    func filesystem() async throws {
        var shapes: [String: [String]] = [:]
        for backend in Self.backends {
            try await StoryWorld.with(Self.script, config: storage(backend)) { world in
                let (result, json) = try await world.run("Write a")
                #expect(result.code == 0, "\(result.story)")
                let (again, _) = try await world.run("-c", "More")
                #expect(again.code == 0, "\(again.story)")
                let stored = try await world.show(try #require(json["sessionID"]?.stringValue))
                shapes[backend] =
                    stored.users + stored.answers + stored.toolStates
                    + stored.messages.compactMap { $0["type"]?.stringValue } + [
                        stored.info["tokens"]?.text(sortedKeys: true) ?? "no tokens",
                        stored.info["usage"]?.text(sortedKeys: true) ?? "no usage",
                    ]
                let hasDatabase = TestFiles.exists(world.home.data.appending("codetether.db"))
                let files = TestFiles.tree(world.home.data.appending("storage"))
                #expect(hasDatabase == (backend == "sqlite"))
                #expect(files.isEmpty == (backend == "sqlite"))
            }
        }
        #expect(shapes["sqlite"] == shapes["filesystem"])
    }

    @Test("OPC-016.3 Only Storage and Support know how sessions reach the disk")
    func callSites() throws {
        let everywhereForbidden = ["import CSQLite", "sqlite3_"]
        let sessionCode = ["Sessions", "Agents", "Events", "Schema", "Providers", "CLI", "App"]
        let directAccess = ["AtomicFile.write", "FileDescriptor.open", "fopen(", "FileIO.remove", "FileManager"]
        #expect(SourceTree.targets.contains("Storage"), "the sources are not where this test looks for them")
        for target in SourceTree.targets where !["Storage", "Support", "CSQLite", "CSupport"].contains(target) {
            for (path, text) in try SourceTree.files(target) {
                for word in everywhereForbidden + (sessionCode.contains(target) ? directAccess : [])
                where text.contains(word) {
                    // Logs, a server's discovery files and the cache of models are files, not session storage.
                    let name = path.lastComponent?.string ?? ""
                    let isOther =
                        name.contains("Log") || ["ServerFiles.swift", "ModelCacheRefresh.swift"].contains(name)
                    #expect(isOther, "\(path) uses \(word); sessions are stored through StorageBackend")
                }
            }
        }
    }

    @Test("OPC-016.4 A damaged store gives a typed error that names it, and its bytes are kept", arguments: backends)
    func damage(backend: String) async throws {
        try await StoryWorld.with(Self.script, config: storage(backend)) { world in
            let (first, json) = try await world.run("Write a")
            #expect(first.code == 0, "\(first.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let garbage = Array(String(repeating: "this is no storage. ", count: 500).utf8)
            for file in TestFiles.tree(world.home.data) where !file.string.contains("tool-output") {
                if file.string.hasSuffix("-wal") || file.string.hasSuffix("-shm") {
                    TestFiles.remove(file)
                } else {
                    try TestFiles.write(garbage, to: file, mode: 0o600)
                }
            }
            let broken = try await world.cli.run("session", "show", id, "--json")
            guard let code = broken.code, code != 0 else {
                Issue.record("a damaged store was shown as if it were whole, or crashed: \(broken.story)")
                return
            }
            let error = try #require(try broken.json()["error"])
            #expect(error["name"]?.stringValue?.hasSuffix("Error") == true, "\(error.text())")
            let message = error["message"]?.stringValue ?? ""
            #expect(message.utf8.count > 20 && !message.contains("Swift."), "\(message)")
            #expect(broken.err.contains(".") && !broken.err.contains("Fatal error"), "\(broken.story)")
            let kept = try TestFiles.tree(world.home.data).contains { try TestFiles.read($0) == garbage }
            #expect(kept, "the damaged bytes are gone")
        }
    }

    @Test("OPC-016.4 A data directory that is no directory is an error that names the path", arguments: backends)
    func noDirectory(backend: String) async throws {
        try await StoryWorld.with([], config: storage(backend)) { world in
            TestFiles.remove(world.home.data)
            try TestFiles.write("in the way".utf8, to: world.home.data)
            let result = try await world.cli.run("session", "list", "--json")
            let code = try #require(result.code, "\(result.story)")
            #expect(code != 0)
            let error = try #require(try result.json()["error"])
            #expect(error["name"]?.stringValue?.hasSuffix("Error") == true)
            #expect(error["message"]?.stringValue?.contains(world.home.data.string) == true, "\(error.text())")
            #expect(try TestFiles.text(world.home.data) == "in the way")
        }
    }

    @Test(
        "OPC-016.4 storage doctor names the damaged session, keeps its bytes, and the others are served; then all is well"
    )
    func doctor() async throws {
        try await StoryWorld.with(
            [.text("One."), .text("Two."), .text("Three.")], config: storage("filesystem")
        ) { world in
            var ids: [String] = []
            for text in ["a", "b", "c"] {
                let (result, json) = try await world.run(text)
                #expect(result.code == 0, "\(result.story)")
                ids.append(try #require(json["sessionID"]?.stringValue))
            }
            let sound = try await world.cli.run("storage", "doctor", "--json")
            #expect(sound.code == 0, "\(sound.story)")
            #expect(try sound.json()["damaged"] == [])
            let victim = try #require(ids.first)
            let files = TestFiles.tree(world.home.data.appending("storage")).filter { $0.string.contains(victim) }
            #expect(files.count >= 2)
            let file = try #require(files.first { $0.string.contains("session") })
            let bytes = try TestFiles.read(file)
            try TestFiles.write(bytes.prefix(bytes.count / 2), to: file)
            let list = try await world.cli.run("session", "list", "--json")
            #expect(list.code == 0, "\(list.story)")
            for id in ids.dropFirst() { #expect(list.out.contains(id)) }
            let found = try await world.cli.run("storage", "doctor", "--json")
            #expect(found.code == 1, "\(found.story)")
            let damaged = try found.json()["damaged"]?.arrayValue ?? []
            #expect(damaged.contains { $0["sessionID"]?.stringValue == victim }, "\(found.out)")
            for damage in damaged {
                let path = try #require(damage["path"]?.stringValue)
                #expect(try TestFiles.read(FilePath(path)) == Array(bytes.prefix(bytes.count / 2)))
                #expect(damage["error"]?.stringValue?.isEmpty == false)
            }
            #expect(try await world.show(victim).answers == ["One."], "the session is made anew from its log")
            let again = try await world.cli.run("storage", "doctor", "--json")
            #expect(again.code == 0, "\(again.story)")
            #expect(try await world.sessions().count == 3)
        }
    }

    @Test("OPC-016.1 storage stats, migrate and gc tell of the store and lose nothing", arguments: backends)
    func maintenance(backend: String) async throws {
        try await StoryWorld.with(Self.script, config: storage(backend)) { world in
            let (result, json) = try await world.run("Write a")
            #expect(result.code == 0, "\(result.story)")
            let id = try #require(json["sessionID"]?.stringValue)
            let before = try await world.show(id)
            for command in ["stats", "migrate", "gc"] {
                let done = try await world.cli.run("storage", command, "--json")
                #expect(done.code == 0, "\(done.story)")
                #expect(try done.json()["backend"]?.stringValue == backend)
                let text = try await world.cli.run("storage", command)
                #expect(text.code == 0 && !text.out.isEmpty)
            }
            let stats = try await world.cli.run("storage", "stats", "--json").json()
            #expect(stats["sessions"] == 1)
            #expect(stats["messages"]?.intValue == Int64(before.messages.count))
            #expect((stats["events"]?.intValue ?? 0) > 5)
            #expect(try await world.show(id).messages == before.messages)
        }
    }
}
