import Events
import Glibc
import Schema
import Support
import SystemPackage
import TestSupport

@testable import PTY

/// A host with a clock of its own and a subscription to its events.
struct PTYWorld: Sendable {
    let workspace: TempWorkspace
    let host: PTYHost
    let bus: EventBus
    let events: EventSubscription
    let time = TestTime()

    /// Runs `body` with a host; fails when it takes longer than two minutes, whatever it waits for.
    static func with(
        limits: PTYLimits = PTYLimits(), _ body: @escaping @Sendable (PTYWorld) async throws -> Void
    ) async throws {
        try await TempWorkspace.with(files: ["sub/a.txt": "x"]) { (workspace) async throws in
            let bus = EventBus()
            let world = try PTYWorld(workspace: workspace, bus: bus, limits: limits)
            do { try await Bounded.run { try await body(world) } } catch {
                try? await Bounded.run("The shutdown", within: .seconds(10)) { await world.host.shutdown() }
                throw error
            }
            try await Bounded.run("The shutdown", within: .seconds(10)) { await world.host.shutdown() }
        }
    }

    private init(workspace: TempWorkspace, bus: EventBus, limits: PTYLimits) throws {
        self.workspace = workspace
        self.bus = bus
        events = bus.subscribe()
        host = try PTYHost(
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": workspace.path.string, "LANG": "C.UTF-8"],
            directory: workspace.path, bus: bus, ids: ULIDSource(), time: time, limits: limits)
    }

    /// A terminal that runs `bash -c script`.
    func open(_ script: String, change: (inout PTYRequest) -> Void = { _ in }) async throws -> Pty {
        var request = PTYRequest(command: "bash", arguments: ["-c", script])
        change(&request)
        return try await host.create(request)
    }

    /// Everything up to the end, as text, and how the program ended.
    func output(of id: String, cursor: Int64? = nil) async throws -> (text: String, exit: PTYFrame?) {
        var bytes: [UInt8] = []
        var exit: PTYFrame?
        for await frame in try await host.attach(id, cursor: cursor) {
            switch frame {
            case .bytes(let new): bytes += new
            case .exit: exit = frame
            case .cursor, .gap: break
            }
        }
        return (String(decoding: bytes, as: UTF8.self), exit)
    }

    /// Reads until the output holds `text`; false when it ended before.
    static func read(_ attachment: PTYAttachment, until text: String) async -> Bool {
        var bytes: [UInt8] = []
        for await frame in attachment {
            if case .bytes(let new) = frame { bytes += new }
            if bytes.holds(Array(text.utf8)) { return true }
        }
        return false
    }

    /// The types of the next events.
    func nextEvents(_ count: Int) async throws -> [Event] {
        var found: [Event] = []
        var iterator = events.makeAsyncIterator()
        while found.count < count, let event = await iterator.next() { found.append(event) }
        return found
    }

    static func isAlive(_ pid: Int) -> Bool {
        guard let stat = try? FileIO.read(FilePath("/proc/\(pid)/stat")) else { return false }
        return !String(decoding: stat, as: UTF8.self).contains(") Z ")
    }

    static func isGone(_ pid: Int) -> Bool {
        for _ in 0..<1_500 where isAlive(pid) { poll(nil, 0, 10) }
        return !isAlive(pid)
    }
}
