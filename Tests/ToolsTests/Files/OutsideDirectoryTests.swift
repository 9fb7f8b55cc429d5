import Configuration
import Permissions
import Schema
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Tools

#if canImport(Glibc)
    import Glibc
#endif

/// Answers every demand and remembers it.
private final class OutsideGate: PermissionGate {
    private let seen = Mutex<[PermissionDemand]>([])
    private let allows: @Sendable (PermissionDemand) -> Bool
    private let reads: ReadFilter

    init(reads: @escaping ReadFilter = { _ in .allow }, allows: @escaping @Sendable (PermissionDemand) -> Bool) {
        self.allows = allows
        self.reads = reads
    }

    var demands: [PermissionDemand] { seen.withLock { $0 } }

    func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied) {
        seen.withLock { $0.append(demand) }
        guard allows(demand) else {
            throw PermissionDenied(
                permission: demand.permission, pattern: demand.patterns.first ?? "", rule: "test", source: "test")
        }
    }

    func filter(_ permission: String, _ context: PermissionContext) async -> ReadFilter { reads }
}

/// Tells a thread to end.
private final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set() { value.withLock { $0 = true } }
}

@Suite("Paths outside the workspace")
struct OutsideDirectoryTests {
    /// A folder with `ws` (the workspace) and `out` (not) in it.
    private struct World {
        let folder: TempWorkspace
        let root: WorkspaceRoot
        let registry = ToolRegistry([
            ReadTool(), WriteTool(), EditTool(), MultiEditTool(), ApplyPatchTool(), ListTool(), GlobTool(),
            GrepTool(ripgrep: .never), CodeSearchTool(),
        ])
        let ledger = FileLedger()

        static func with(_ body: (World) async throws -> Void) async throws {
            let files = [
                "ws/in.txt": "inside\n", "out/secret.txt": "SECRET\n", "out/sub/deep.txt": "SECRET\n",
                "ws-evil/near.txt": "SECRET\n",
            ]
            try await TempWorkspace.with(files: files) { folder in
                let world = World(folder: folder, root: try WorkspaceRoot(folder.path.appending("ws")))
                try await body(world)
            }
        }

        var outside: FilePath { folder.path.appending("out") }

        func link(_ name: String, to target: String) {
            #expect(symlink(target, root.path.appending(name).string) == 0)
        }

        func call(_ tool: String, _ input: JSON, _ gate: OutsideGate) async -> Result<String, ToolError> {
            let context = ToolEnvironment(
                workspace: root, directory: root.path, dataDirectory: folder.path.appending("data"),
                runner: ProcessRunner(), http: HTTPWebFetcher(), ids: ULIDSource(), time: SystemTime(),
                environment: Environment(["PATH": "/usr/bin:/bin", "HOME": folder.path.string])
            ).context(
                sessionID: "ses_1", messageID: "msg_1", callID: "call_1", agent: "build", permissions: gate,
                files: ledger, model: ModelRef(id: "m", providerID: "p"))
            do throws(ToolError) {
                return .success(try await registry.execute(tool, input: input, context: context).text)
            } catch {
                return .failure(error)
            }
        }

        /// Every file outside with its bytes.
        func outsideTree() throws -> [String: [UInt8]] {
            var tree: [String: [UInt8]] = [:]
            for name in folder.files where !name.hasPrefix("ws/") { tree[name] = try folder.bytes(name) }
            return tree
        }

        static func input(_ tool: String, _ path: String) -> JSON {
            switch tool {
            case "write": ["filePath": .string(path), "content": "CHANGED\n"]
            case "edit": ["filePath": .string(path), "oldString": "SECRET", "newString": "CHANGED"]
            case "multiedit":
                ["filePath": .string(path), "edits": [["oldString": "SECRET", "newString": "CHANGED"]]]
            case "apply_patch":
                [
                    "patchText": .string(
                        "*** Begin Patch\n*** Delete File: \(path)\n*** End Patch\n")
                ]
            case "glob": ["pattern": "*", "path": .string(path)]
            case "grep": ["pattern": "SECRET", "path": .string(path)]
            case "codesearch": ["query": "SECRET", "path": .string(path)]
            case "list": ["path": .string(path)]
            default: ["filePath": .string(path)]
            }
        }
    }

    private static let tools = [
        "read", "write", "edit", "multiedit", "apply_patch", "list", "glob", "grep", "codesearch",
    ]

    @Test("Every tool asks external_directory for every spelling of a path outside; denied, nothing is read or changed")
    func denied() async throws {
        try await World.with { world in
            let base = world.folder.path.string
            world.link("file-link", to: "\(base)/out/secret.txt")
            world.link("dir-link", to: "\(base)/out")
            world.link("relative-link", to: "../out")
            world.link("chain", to: "dir-link")
            world.link("dangling", to: "\(base)/out/new.txt")
            world.link("proc", to: "/proc/self/root")
            let before = try world.outsideTree()
            let spellings = [
                "\(base)/out/secret.txt", "../out/secret.txt", "./../out/../out/secret.txt",
                "\(base)//out///secret.txt",
                "~/out/secret.txt", "file-link", "dir-link/secret.txt", "relative-link/secret.txt", "chain/secret.txt",
                "chain/sub/deep.txt", "\(base)/ws-evil/near.txt", "../ws-evil/near.txt", "dangling", "dir-link/new/x",
                "proc\(base)/out/secret.txt", "\(base)/out", "dir-link", "/etc/passwd", "/", "..",
            ]
            for tool in Self.tools {
                for spelling in spellings {
                    let gate = OutsideGate { $0.permission != "external_directory" }
                    let result = await world.call(tool, World.input(tool, spelling), gate)
                    guard case .failure(let error) = result else {
                        Issue.record("\(tool) \(spelling) passed: \(result)")
                        continue
                    }
                    guard gate.demands.first?.permission == "external_directory" else {
                        // A directory where a file is needed is refused before anything is asked.
                        #expect(error.kind != .denied || gate.demands.isEmpty, "\(tool) \(spelling): \(error)")
                        continue
                    }
                    let resource = gate.demands.first?.patterns.first ?? ""
                    #expect(resource.hasPrefix("/") && !resource.contains("link"), "\(tool) \(spelling): \(resource)")
                    #expect(error.denial?.permission == "external_directory", "\(tool) \(spelling): \(error)")
                }
            }
            #expect(try world.outsideTree() == before)
        }
    }

    @Test("Allowed, each tool does its work outside, and the ask shows where a link leads")
    func allowed() async throws {
        try await World.with { world in
            let base = world.outside.string
            world.link("out-link", to: base)
            let gate = OutsideGate { _ in true }
            let read = await world.call("read", ["filePath": "out-link/secret.txt"], gate)
            #expect(try read.get().contains("SECRET"))
            let first = try #require(gate.demands.first)
            #expect(first.permission == "external_directory")
            #expect(first.patterns == ["\(base)/secret.txt"] && first.always == ["\(base)/*"])
            #expect(first.title == "Read outside the workspace: out-link/secret.txt -> \(base)/secret.txt")
            #expect(gate.demands.last?.permission == "read")
            #expect(gate.demands.last?.patterns == ["\(base)/secret.txt", "out-link/secret.txt"])
            _ = try await world.call("edit", World.input("edit", "\(base)/secret.txt"), gate).get()
            _ = try await world.call(
                "write", ["filePath": .string("\(base)/a/b/new.txt"), "content": "NEW\n"], gate
            ).get()
            #expect(try world.folder.text("out/secret.txt") == "CHANGED\n")
            #expect(try world.folder.text("out/a/b/new.txt") == "NEW\n")
            #expect(try await world.call("list", ["path": .string(base)], gate).get().contains("deep.txt"))
            #expect(
                try await world.call("glob", ["pattern": "**/*.txt", "path": .string(base)], gate).get()
                    .contains("\(base)/sub/deep.txt"))
            #expect(
                try await world.call("grep", ["pattern": "SECRET", "path": .string(base)], gate).get()
                    .contains("\(base)/sub/deep.txt"))
            #expect(
                try await world.call("read", ["filePath": .string("\(base)/sub/deep.txt")], gate).get().contains(
                    "SECRET"))
            _ = try await world.call("apply_patch", World.input("apply_patch", "\(base)/sub/deep.txt"), gate).get()
            #expect(!world.folder.exists("out/sub/deep.txt"))
            #expect(
                gate.demands.filter { $0.permission == "edit" }.allSatisfy { $0.patterns.first?.hasPrefix("/") == true }
            )
        }
    }

    @Test("What changed its target between the approval and the call is refused")
    func swapped() async throws {
        try await World.with { world in
            let base = world.folder.path.string
            let link = world.root.path.appending("link")
            for (tool, approved) in [("read", "in.txt"), ("write", "in.txt"), ("read", "\(base)/ws-evil/near.txt")] {
                unlink(link.string)
                #expect(symlink(approved, link.string) == 0)
                let gate = OutsideGate { demand in
                    // Somebody swaps the link while the person reads the ask.
                    unlink(link.string)
                    return symlink("\(base)/out/secret.txt", link.string) == 0
                }
                let result = await world.call(tool, World.input(tool, "link"), gate)
                guard case .failure(let error) = result else {
                    Issue.record("\(tool) followed the swapped link")
                    continue
                }
                #expect(error.denial?.permission == "external_directory")
            }
            let left = try world.folder.text("out/secret.txt")
            #expect(left == "SECRET\n")
        }
    }

    @Test("A link flipped all the time while outside files are used never reaches another directory")
    func race() async throws {
        try await World.with { world in
            let base = world.folder.path.string
            try world.folder.write("fine\n", to: "granted/secret.txt")
            let place = "\(base)/granted"
            let spare = "\(base)/spare"
            let gate = OutsideGate { $0.permission != "external_directory" || $0.patterns == ["\(place)/secret.txt"] }
            let stop = Flag()
            async let flipping: Void = BlockingWork.run {
                while !stop.isSet {
                    _ = rename(place, "\(base)/kept")
                    _ = symlink("\(base)/out", spare)
                    _ = rename(spare, place)
                    _ = unlink(place)
                    _ = rename("\(base)/kept", place)
                }
            }
            for round in 0..<400 {
                let tool = round % 2 == 0 ? "read" : "grep"
                let result = await world.call(tool, World.input(tool, "\(place)/secret.txt"), gate)
                if case .success(let text) = result {
                    #expect(!text.contains("1: SECRET") && !text.contains("| SECRET"))
                }
            }
            stop.set()
            try await flipping
            #expect(try world.folder.text("out/secret.txt") == "SECRET\n")
        }
    }

    @Test("Our own tool output may be read without an ask, and not written")
    func own() async throws {
        try await World.with { world in
            try world.folder.write("full text\n", to: "data/tool-output/call_1.txt")
            let path = world.folder.path.pushing("data/tool-output/call_1.txt").string
            let gate = OutsideGate { $0.permission == "read" }
            #expect(try await world.call("read", ["filePath": .string(path)], gate).get().contains("full text"))
            #expect(gate.demands.map(\.permission) == ["read"])
            let write = await world.call("write", World.input("write", path), gate)
            #expect(throws: ToolError.self) { try write.get() }
            #expect(try world.folder.text("data/tool-output/call_1.txt") == "full text\n")
        }
    }

    @Test("Searches leave out what the read rules deny, and contents that they would ask about")
    func filtered() async throws {
        try await World.with { world in
            for name in ["ws/a.txt", "ws/secret/b.txt", "ws/maybe/c.txt"] {
                try world.folder.write("NEEDLE\n", to: name)
            }
            let gate = OutsideGate(reads: { path in
                path.hasPrefix("secret/") ? .deny : path.hasPrefix("maybe/") ? .ask : .allow
            }) { _ in true }
            let grep = try await world.call("grep", ["pattern": "NEEDLE"], gate).get()
            #expect(grep.contains("a.txt") && !grep.contains("b.txt") && !grep.contains("c.txt"))
            let search = try await world.call("codesearch", ["query": "NEEDLE"], gate).get()
            #expect(search.contains("a.txt") && !search.contains("b.txt") && !search.contains("c.txt"))
            let glob = try await world.call("glob", ["pattern": "**/*.txt"], gate).get()
            #expect(glob.contains("a.txt") && !glob.contains("b.txt") && glob.contains("c.txt"))
            let list = try await world.call("list", [:], gate).get()
            #expect(list.contains("a.txt") && !list.contains("b.txt"))
            let named = try await world.call("grep", ["pattern": "NEEDLE", "path": "maybe/c.txt"], gate).get()
            #expect(named.contains("NEEDLE"), "a named file is asked about by itself")
        }
    }
}
