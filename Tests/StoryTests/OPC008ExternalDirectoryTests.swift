import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-008 External directory guard")
struct OPC008ExternalDirectoryTests {
    /// A world with a folder outside its workspace, links to it, and `turns` that get the folder's path.
    private func with(
        permission: JSON, _ turns: (String) -> [Turn],
        _ body: @escaping (StoryWorld, TempWorkspace) async throws -> Void
    ) async throws {
        try await TempWorkspace.with(files: ["secret.txt": "OUTSIDE\n", "sub/deep.txt": "OUTSIDE\n"]) { outside in
            try await StoryWorld.with(
                turns(outside.path.string), files: ["in.txt": "inside\n"], config: ["permission": permission]
            ) { world in
                #expect(symlink(outside.path.string, world.workspace.path.appending("link").string) == 0)
                try await body(world, outside)
            }
        }
    }

    private static func calls(_ path: String) -> [Turn] {
        [
            .call("read", ["filePath": .string(path)]),
            .call("write", ["filePath": .string(path), "content": "CHANGED\n"]),
            .call("edit", ["filePath": .string(path), "oldString": "OUTSIDE", "newString": "CHANGED"]),
            .call(
                "apply_patch",
                ["patchText": .string("*** Begin Patch\n*** Delete File: \(path)\n*** End Patch\n")]),
        ]
    }

    private static let allButOutside: JSON = ["*": "allow", "external_directory": "deny"]

    @Test(
        "OPC-008.1 read, write and edit notice a path outside, written plainly, with .., or through a link",
        arguments: ["plain", "dots", "link"])
    func detected(form: String) async throws {
        try await with(
            permission: Self.allButOutside,
            { outside in
                let path =
                    switch form {
                    case "plain": "\(outside)/secret.txt"
                    case "dots": "../\(FilePath(outside).lastComponent?.string ?? "")/secret.txt"
                    default: "link/secret.txt"
                    }
                return Self.calls(path) + [.text("No.")]
            }
        ) { world, outside in
            let (result, json) = try await world.run("Go outside")
            #expect(result.code == 77, "\(result.story)")
            let calls = json["toolCalls"]?.arrayValue ?? []
            #expect(calls.count == 4 && calls.allSatisfy { $0["status"] == "denied" }, "\(json.text())")
            let results = world.server.agentRequests.last?.toolResults ?? []
            #expect(results.count == 4 && !results.contains { $0.text.contains("OUTSIDE") })
            for text in results.map(\.text) {
                let error = try #require(try JSON(parsing: text)["error"])
                #expect(error["permission"] == "external_directory", "\(text)")
                #expect(error["pattern"]?.stringValue == "\(outside.path)/secret.txt", "the resolved target: \(text)")
            }
            #expect(outside.files == ["secret.txt", "sub/deep.txt"])
            #expect(try outside.text("secret.txt") == "OUTSIDE\n")
        }
    }

    @Test("OPC-008.2 Access outside asks the permission external_directory, whatever else is allowed")
    func mapped() async throws {
        try await with(
            permission: ["read": "allow", "edit": "allow"], { Self.calls("\($0)/secret.txt") + [.text("No.")] }
        ) { world, outside in
            let (result, events) = try await world.events("Go outside")
            #expect(result.code == 77, "\(result.story)")
            let asked = events.of("permission.asked")
            #expect(asked.count == 4)
            for event in asked {
                #expect(event.at("data", "action") == "external_directory")
                #expect(event.at("data", "resources")?[0]?.stringValue == "\(outside.path)/secret.txt")
                #expect(event.at("data", "save")?[0]?.stringValue == "\(outside.path)/*")
            }
            #expect(events.of("permission.replied").count == 4)
            for (tool, path) in [("read", "/etc/passwd"), ("list", "/etc"), ("edit", "link/secret.txt")] {
                let json = try await world.cli.run("permission", "explain", tool, path, "--json").json()
                #expect(json["permission"] == "external_directory" && json["action"] == "ask", "\(json.text())")
            }
        }
    }

    @Test("OPC-008.3 An approved outside folder is saved with always and used by later runs, and no other folder")
    func persisted() async throws {
        try await with(
            permission: ["*": "allow", "external_directory": "ask"],
            { outside in
                [
                    .call("read", ["filePath": .string("\(outside)/secret.txt")]), .text("One."),
                    .call("read", ["filePath": .string("\(outside)/sub/deep.txt")]),
                    .call("write", ["filePath": .string("\(outside)/new.txt"), "content": "NEW\n"]),
                    .call("read", ["filePath": "/etc/hostname"]), .text("Two."),
                ]
            }
        ) { world, outside in
            let first = try await world.cli.start(
                ["run", "--title", "Story", "Read"],
                change: {
                    $0.terminal = .init()
                    $0.environment["TERM"] = "xterm-256color"
                }
            ) { process in
                #expect(await process.waitForOutput("Allow?"))
                await process.write("a\r".utf8)
                return try await process.finish()
            }
            #expect(first.code == 0, "\(first.story)")
            let saved = try await world.cli.run("permission", "list", "--json").json()
            #expect(saved[0]?["action"] == "external_directory")
            #expect(saved[0]?["resource"]?.stringValue == "\(outside.path)/*" && saved[1] == nil)
            let (second, json) = try await world.run("Go on")
            #expect(second.code == 77, "\(second.story)")
            let statuses = json["toolCalls"]?.arrayValue?.compactMap { $0["status"]?.stringValue }
            #expect(statuses == ["completed", "completed", "denied"], "\(json.text())")
            #expect(try outside.text("new.txt") == "NEW\n")
        }
    }

    @Test("OPC-008.3 A pattern of the configuration opens a folder for good")
    func configured() async throws {
        try await TempWorkspace.with(files: ["a/x.txt": "OUTSIDE\n", "b/y.txt": "OUTSIDE\n"]) { outside in
            let base = outside.path.string
            try await StoryWorld.with(
                [
                    .call("read", ["filePath": .string("\(base)/a/x.txt")]),
                    .call("read", ["filePath": .string("\(base)/b/y.txt")]), .text("Done."),
                ], config: ["permission": ["*": "allow", "external_directory": ["*": "deny", "\(base)/a/*": "allow"]]]
            ) { world in
                let (_, json) = try await world.run("Read both")
                let statuses = json["toolCalls"]?.arrayValue?.compactMap { $0["status"]?.stringValue }
                #expect(statuses == ["completed", "denied"], "\(json.text())")
            }
        }
    }

    @Test("OPC-008.4 Denied access changes nothing on disk: no file, no folder, no time stamp")
    func unchanged() async throws {
        try await with(
            permission: Self.allButOutside,
            { outside in
                Self.calls("\(outside)/secret.txt") + Self.calls("link/sub/deep.txt") + [
                    .call("write", ["filePath": .string("\(outside)/new/deep/file.txt"), "content": "x"]),
                    .call(
                        "apply_patch",
                        [
                            "patchText": .string(
                                "*** Begin Patch\n*** Add File: in-new.txt\n+x\n*** Add File: \(outside)/p.txt\n+x\n"
                                    + "*** End Patch\n")
                        ]), .text("No."),
                ]
            }
        ) { world, outside in
            func tree() throws -> [String] {
                try ([outside.path] + TestFiles.tree(outside.path)).map { path in
                    let info = try FileIO.stat(path)
                    return "\(path) \(info.size) \(info.mtimeNs) \(info.inode) \(info.mode)"
                }
            }
            let before = try tree()
            let (result, _) = try await world.run("Change it")
            #expect(result.code == 77, "\(result.story)")
            #expect(try tree() == before)
            #expect(world.workspace.files.contains("in.txt") && !world.workspace.exists("in-new.txt"))
        }
    }

    @Test("Searches show nothing that read rules keep from the model")
    func searches() async throws {
        let permission: JSON = ["*": "allow", "read": ["*": "allow", "secret/*": "deny", "*.env": "ask"]]
        try await StoryWorld.with(
            [
                .calls([
                    (name: "grep", arguments: ["pattern": "NEEDLE"]), (name: "glob", arguments: ["pattern": "**/*"]),
                    (name: "list", arguments: [:]), (name: "codesearch", arguments: ["query": "NEEDLE"]),
                ]), .text("Done."),
            ],
            files: ["a.txt": "NEEDLE 1\n", "secret/key.txt": "NEEDLE 2\n", "prod.env": "NEEDLE 3\n"],
            config: ["permission": permission]
        ) { world in
            let (result, _) = try await world.run("Search")
            #expect(result.code == 0, "\(result.story)")
            let results = world.server.agentRequests.last?.toolResults.map(\.text) ?? []
            #expect(results.count == 4)
            for text in results { #expect(!text.contains("key.txt") && !text.contains("NEEDLE 2"), "\(text)") }
            #expect(!results.contains { $0.contains("NEEDLE 3") })
            #expect(results.first?.contains("NEEDLE 1") == true)
        }
    }
}
