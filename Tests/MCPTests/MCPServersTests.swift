import Glibc
import MCP
import Providers
import Schema
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Running MCP servers")
struct MCPServersTests {
    /// Servers that are `Fixtures/hostile_peer.py` in some mode.
    struct World: Sendable {
        let servers: MCPServers
        let events = Watchable<[EventPayload]>([])
        let lines = Watchable(0)

        init(limitMs: Int = 20_000) {
            // As the program does: a server that died must not take us along when it is written to.
            ProcessSupervision.ignoreSIGPIPE()
            let (events, lines) = (events, lines)
            let limits = MCPTimeouts(connect: .milliseconds(limitMs), call: .milliseconds(limitMs))
            servers = MCPServers(
                make: { (entry, onNotice) throws(MCPError) in
                    guard case .process(let program, let arguments, _, _) = entry.kind else {
                        throw MCPError(.config, "a program is wanted")
                    }
                    var command = Command(
                        executable: FilePath(program), arguments: arguments, directory: "/",
                        environment: ["PATH": "/usr/bin:/bin"])
                    command.isSupervised = true
                    return MCPClient(
                        name: entry.name, endpoint: .process(command), host: RefusingHost(), version: "0",
                        transport: NoTransport(), runner: ProcessRunner(), timeouts: limits, time: SystemTime(),
                        onNotice: onNotice)
                }, time: SystemTime(), publish: { payload in events.change { $0.append(payload) } },
                log: { _ in lines.change { $0 += 1 } })
        }

        func add(_ name: String, _ arguments: String...) async throws {
            let script = FilePath(#filePath).removingLastComponent().appending("Fixtures/hostile_peer.py").string
            let list = JSON.array(([script] + arguments).map { .string($0) })
            await servers.put(
                try MCPServerEntry(
                    name: name, scope: .user, json: ["command": "/usr/bin/python3", "args": list], file: "test",
                    variables: nil))
        }

        func call(_ server: String, _ tool: String = "hello") async throws(MCPError) -> MCPToolResult {
            let client = try await servers.client(server)
            guard let found = try await client.tools().tools.first(where: { $0.name == tool }) else {
                throw MCPError(.notFound, tool)
            }
            return try await client.call(found, .object([:]))
        }

        /// Runs `body` and ends all servers.
        static func with(_ world: World = World(), _ body: (World) async throws -> Void) async throws {
            do {
                try await body(world)
                await world.servers.close()
            } catch {
                await world.servers.close()
                throw error
            }
        }
    }

    /// No test here speaks HTTP.
    struct NoTransport: HTTPTransport {
        func send(_ call: HTTPCall) async throws(ProviderError) -> Providers.HTTPReply {
            throw ProviderError(.network, "no network")
        }
        func shutdown() async {}
    }

    @Test("One that floods, one that prints junk and one that is mute do not touch the others")
    func hostile() async throws {
        try await World.with { world in
            try await world.add("good", "ok")
            try await world.add("flood", "flood", "10000")
            try await world.add("junk", "junk", "200")
            try await world.add("mute", "mute")
            #expect(try await world.call("flood").text == "hello")
            #expect(try await world.call("junk").text == "hello")
            #expect(try await world.call("good").text == "hello")
            #expect(try await world.call("flood").text == "hello")
            let states = await world.servers.statuses()
            #expect(states.first { $0.name == "mute" }?.state.word == "pending")
            #expect(await world.servers.tools().map(\.server) == ["flood", "flood", "good", "good", "junk", "junk"])
            #expect(world.lines.state < 1_000, "log lines beyond 100 a second are dropped")
        }
    }

    @Test("Too much junk or a line without end ends that server, which is told and tried again")
    func junk() async throws {
        try await World.with { world in
            try await world.add("good", "ok")
            try await world.add("big", "bigline", "20")
            await #expect(throws: MCPError.self) { try await world.call("big") }
            #expect(try await world.call("good").text == "hello")
            // What comes after the answer to a call is there again.
            try await world.servers.connect("big")
            #expect(try await world.servers.status("big").state == .connected)
            try await world.add("chatty", "junk", "5000")
            await #expect(throws: MCPError.self) { try await world.call("chatty") }
        }
    }

    @Test(
        "One that dies in the middle of a call is told with its last words, its child does not stay, and it comes back")
    func dies() async throws {
        try await World.with { world in
            try await world.add("die", "die")
            do throws(MCPError) {
                _ = try await world.call("die")
                Issue.record("a dead server answered")
            } catch {
                #expect(error.kind == .spawn, "\(error.message)")
                #expect(
                    error.message.contains("I die") || error.metadata["stderr"]?.contains("I die") == true, "\(error)")
            }
            #expect(await world.events.wait(atMost: .seconds(20)) { $0.contains { $0.type == "mcp.status.changed" } })
            try await world.servers.connect("die")
            #expect(try await world.servers.status("die").state == .connected)
        }
    }

    @Test("A call that takes too long is cancelled at the server, and the next one goes on")
    func timeout() async throws {
        try await World.with(World(limitMs: 1_500)) { world in
            try await world.add("hang", "hang")
            do throws(MCPError) {
                _ = try await world.call("hang")
                Issue.record("a call without answer came back")
            } catch { #expect(error.kind == .timeout, "\(error.message)") }
            let client = try await world.servers.client("hang")
            #expect(try await client.tools().tools.count == 2, "the connection is still good")
            #expect(client.stderrTail.contains("cancelled"))
        }
    }

    @Test("A task that is cancelled ends its call, and the server is told")
    func cancellation() async throws {
        try await World.with { world in
            try await world.add("hang", "hang")
            _ = try await world.servers.client("hang")
            let call = Task { () -> MCPError? in
                do throws(MCPError) {
                    _ = try await world.call("hang")
                    return nil
                } catch { return error }
            }
            call.cancel()
            #expect(await call.value?.kind == .cancelled)
        }
    }

    @Test("What is removed, replaced and added is told by events, and a file's list leaves what was added alone")
    func changes() async throws {
        try await World.with { world in
            try await world.add("a", "ok")
            #expect(try await world.call("a").text == "hello")
            #expect(
                world.events.state.contains { payload in
                    if case .mcpToolsChanged(let change) = payload { return change.added == ["hello", "pid"] }
                    return false
                })
            await world.servers.apply(MCPRegistry.Contents())
            #expect(try await world.call("a").text == "hello", "it was added for this process")
            let pid = try await world.call("a", "pid").text
            try await world.add("a", "ok")
            #expect(try await world.call("a", "pid").text != pid)
            #expect(await world.servers.remove("a"))
            #expect(await world.servers.remove("a") == false)
            await #expect(throws: MCPError.self) { try await world.servers.connect("a") }
        }
    }

    @Test("After many connects, replacements and failures the descriptors, threads and processes are as before")
    func leaks() async throws {
        let asked = getenv("CODETETHER_MCP_CYCLES").flatMap { Int(String(cString: $0)) }
        let cycles = asked ?? 32
        // Other tests of this process open and close theirs; what every cycle left would be 90 and more.
        let noise = asked == nil ? 40 : 4
        func counts() -> (descriptors: Int, threads: Int, children: Int) {
            let own = "/proc/self"
            return (
                TestFiles.list(FilePath("\(own)/fd")).count, TestFiles.list(FilePath("\(own)/task")).count,
                (try? String(decoding: TestFiles.read(FilePath("\(own)/task/\(getpid())/children")), as: UTF8.self))
                    .map { $0.split(separator: " ").count } ?? 0
            )
        }
        try await World.with { world in
            for name in ["a", "b"] { try await world.add(name, "ok") }
            _ = try await world.call("a")
            _ = try await world.call("b")
            let before = counts()
            for cycle in 0..<cycles {
                switch cycle % 4 {
                case 0: try await world.servers.connect("a")
                case 1: try await world.add("b", "ok")
                case 2:
                    try await world.add("c", "die")
                    await #expect(throws: MCPError.self) { try await world.call("c") }
                    _ = await world.servers.remove("c")
                default:
                    await world.servers.put(
                        try MCPServerEntry(
                            name: "d", scope: .user, json: ["command": "/does/not/exist"], file: "test", variables: nil)
                    )
                    await #expect(throws: MCPError.self) { try await world.servers.client("d") }
                    _ = await world.servers.remove("d")
                }
                _ = try await world.call("a")
                _ = try await world.call("b")
            }
            // Closing goes on in the background: wait for the count, not for a time.
            var after = counts()
            for _ in 0..<4_800 where after.descriptors > before.descriptors + noise {
                try await Task.sleep(for: .milliseconds(25))
                after = counts()
            }
            #expect(
                after.descriptors <= before.descriptors + noise,
                "descriptors \(before.descriptors) → \(after.descriptors)")
            if asked != nil {
                #expect(after.threads <= before.threads + 8, "threads \(before.threads) → \(after.threads)")
                #expect(after.children <= before.children + 2, "children \(before.children) → \(after.children)")
                print("mcp cycles: \(cycles), before \(before), after \(after)")
            }
        }
    }
}
