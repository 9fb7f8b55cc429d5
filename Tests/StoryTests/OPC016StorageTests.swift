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
                    // Telemetry and prompts' attachments are files, not session storage.
                    let isLog = path.lastComponent?.string.contains("Log") == true
                    #expect(isLog, "\(path) uses \(word); sessions are stored through StorageBackend")
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
}
