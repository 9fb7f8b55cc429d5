import Configuration
import Permissions
import Schema
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Answers from a list; keeps what it was asked and checks that nobody asks twice at a time.
private final class ScriptedAsker: PermissionAsker {
    private struct State {
        var replies: [PermissionReply]
        var asks: [PermissionAsk] = []
        var isAsking = false
        var overlapped = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state: Mutex<State>
    private let isHeld: Bool

    init(_ replies: [PermissionReply], isHeld: Bool = false) {
        state = Mutex(State(replies: replies))
        self.isHeld = isHeld
    }

    var asks: [PermissionAsk] { state.withLock { $0.asks } }
    var overlapped: Bool { state.withLock { $0.overlapped } }

    func ask(_ request: PermissionAsk) async -> PermissionReply {
        state.withLock {
            $0.overlapped = $0.overlapped || $0.isAsking
            $0.isAsking = true
            $0.asks.append(request)
        }
        if isHeld {
            await withCheckedContinuation { continuation in state.withLock { $0.waiter = continuation } }
        } else {
            for _ in 0..<5 { await Task.yield() }
        }
        return state.withLock {
            $0.isAsking = false
            return $0.replies.isEmpty ? .reject(feedback: nil) : $0.replies.removeFirst()
        }
    }

    /// Waits until somebody asks, then lets that ask be answered.
    func release() async {
        while true {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            if let waiter { return waiter.resume() }
            await Task.yield()
        }
    }
}

@Suite("The permission service")
struct PermissionServiceTests {
    private let context = PermissionContext(sessionID: "ses_1", messageID: "msg_1", callID: "call_1", agent: "build")

    private func service(
        _ json: JSON = .object(JSONObject()), yes: Bool = false, asker: (any PermissionAsker)? = nil,
        store: PermissionStore? = nil, onAsk: AskPolicy? = nil,
        publish: @escaping @Sendable (PermissionNotice) async -> Void = { _ in }
    ) -> PermissionService {
        let layer = PermissionLayer(
            name: "user", authority: .overrides, config: PermissionConfig(json: json) { _ in "cfg:1" })
        return PermissionService(
            rules: PermissionRules(layers: [layer], agents: [], workspace: "/w", home: "/h"), store: store,
            project: PermissionProject(id: "p", directory: "/w"), approvesAsks: yes, asker: asker, onAsk: onAsk,
            ruleFile: "/cfg/codetether.jsonc", ids: TestIDs(), time: TestTime(), publish: publish)
    }

    private func bash(_ commands: String..., always: [String] = []) -> PermissionDemand {
        PermissionDemand(permission: "bash", patterns: commands, always: always, title: commands.first ?? "")
    }

    @Test("Without anybody to ask, an ask is a denial with its rule; it is counted and published")
    func headless() async throws {
        let notices = Mutex<[String]>([])
        let service = service { notice in
            notices.withLock { $0.append("\(notice.payload.type) \(notice.sessionID)") }
        }
        let error = await #expect(throws: PermissionDenied.self) { try await service.check(bash("ls"), context) }
        #expect(error?.rule == "unanswered" && error?.source == "built-in" && error?.pattern == "ls")
        #expect(
            error?.hint
                == #"Run it with --yes, or add {"permission":{"bash":{"ls":"allow"}}} to /cfg/codetether.jsonc."#)
        #expect(error?.message.contains("/cfg/codetether.jsonc") == true)
        #expect(await service.deniedCount(sessionID: "ses_1") == 1)
        #expect(notices.withLock { $0 } == ["permission.asked ses_1", "permission.replied ses_1"])
        #expect(error?.json["error"]?["name"] == "PermissionDeniedError")
    }

    @Test("--yes allows what would be asked; a denial stays a denial")
    func yes() async throws {
        let service = service(["bash": ["*": "ask", "rm *": "deny"]], yes: true)
        try await service.check(bash("ls"), context)
        let error = await #expect(throws: PermissionDenied.self) {
            try await service.check(bash("ls", "rm x"), context)
        }
        #expect(error?.pattern == "rm x" && error?.rule == "bash \"rm *\" = deny" && error?.source == "cfg:1")
    }

    @Test("Only the resources that need it are asked about, and a denial is found before anyone is asked")
    func onlyOpen() async throws {
        let asker = ScriptedAsker([.once])
        let service = service(["bash": ["git *": "allow", "rm *": "deny"]], asker: asker)
        try await service.check(bash("git log", "make", "cc"), context)
        #expect(asker.asks.map(\.patterns) == [["make", "cc"]])
        await #expect(throws: PermissionDenied.self) { try await service.check(bash("make", "rm x"), context) }
        #expect(asker.asks.count == 1)
    }

    @Test("Concurrent asks come one after the other; an always also answers those that wait")
    func serialised() async throws {
        let asker = ScriptedAsker([.always(.session)])
        let store = try await PermissionFixture()
        let service = service(asker: asker, store: store.store)
        let context = context
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let demand = bash("make \(number)", always: ["make *"])
                group.addTask { try await service.check(demand, context) }
            }
            try await group.waitForAll()
        }
        #expect(asker.asks.count == 1)
        #expect(!asker.overlapped)
    }

    @Test("Twenty asks answered once each never overlap")
    func once() async throws {
        let asker = ScriptedAsker(Array(repeating: .once, count: 20))
        let service = service(asker: asker)
        let context = context
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let demand = bash("cmd \(number)")
                group.addTask { try await service.check(demand, context) }
            }
            try await group.waitForAll()
        }
        #expect(asker.asks.count == 20)
        #expect(!asker.overlapped)
    }

    @Test("A cancelled ask leaves the queue and the next one gets its turn")
    func cancellation() async throws {
        let asker = ScriptedAsker([.once, .once], isHeld: true)
        let service = service(asker: asker)
        let context = context
        let (one, two, three) = (bash("one"), bash("two"), bash("three"))
        let first = Task { try await service.check(one, context) }
        while asker.asks.isEmpty { await Task.yield() }
        let second = Task { try await service.check(two, context) }
        for _ in 0..<50 { await Task.yield() }
        let third = Task { try await service.check(three, context) }
        for _ in 0..<50 { await Task.yield() }
        second.cancel()
        let error = await #expect(throws: PermissionDenied.self) { try await second.value }
        #expect(error?.rule == "cancelled")
        await asker.release()
        await asker.release()
        try await first.value
        try await third.value
        #expect(asker.asks.map(\.patterns) == [["one"], ["three"]])
    }
}
