import Configuration
import Permissions
import Storage
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Asks as records, answered from anywhere")
struct PermissionBrokerTests {
    @Test("An open ask is listed until it is answered once; a second answer is refused and an unknown id not found")
    func answeredOnce() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        let call = Task { try await service.check(fixture.bash("make", always: ["make *"]), fixture.context()) }
        #expect(await fixture.waitForAsks(1))
        let ask = try #require(await service.pending().first)
        #expect(ask.patterns == ["make"] && ask.always == ["make *"] && ask.sessionID == "ses_1" && !ask.isOrphan)
        #expect(await service.pending(sessionID: "ses_2").isEmpty)
        try await service.reply(ask.id, .once)
        try await call.value
        #expect(await service.pending().isEmpty)
        #expect(fixture.events == ["permission.asked \(ask.id)", "permission.replied \(ask.id) once"])
        await #expect { try await service.reply(ask.id, .once) } throws: {
            ($0 as? PermissionReplyError)?.kind == .alreadyAnswered
        }
        await #expect { try await service.reply("per_nothing", .once) } throws: {
            ($0 as? PermissionReplyError)?.kind == .notFound
        }
        #expect(try await fixture.store.allApprovals().isEmpty)
    }

    @Test("A rejection tells the model what the person said")
    func feedback() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        let call = Task { try await service.check(fixture.bash("make"), fixture.context()) }
        #expect(await fixture.waitForAsks(1))
        let ask = try #require(await service.pending().first)
        try await service.reply(ask.id, .reject(feedback: "use ninja"))
        let error = await #expect(throws: PermissionDenied.self) { try await call.value }
        #expect(error?.rule == "rejected")
        #expect(error?.json["error"]?["feedback"] == "use ninja")
        #expect(error?.json["error"]?["message"] == "The user rejected bash make. They said: use ninja")
    }

    @Test(
        "An always reaches as far as its scope, in every process, until it is revoked",
        arguments: [PermissionScope.session, .project, .global])
    func scopes(scope: PermissionScope) async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service(["bash": ["make clean": "deny"]])
        let call = Task { try await service.check(fixture.bash("make a", always: ["make *"]), fixture.context()) }
        #expect(await fixture.waitForAsks(1))
        let first = try #require(await service.pending().first)
        try await service.reply(first.id, .always(scope))
        try await call.value
        let saved = try #require(try await fixture.store.allApprovals().first)
        #expect(saved.scope == scope && saved.action == "bash" && saved.resource == "make *")
        #expect(fixture.events.contains("permission.saved \(saved.id) \(scope.rawValue)"))

        // Other services are other processes: they have only the store in common.
        func passes(_ session: String, _ directory: String) async -> Bool {
            let other = fixture.service(
                ["bash": ["make clean": "deny"]], directory: directory == "/w" ? "/w" : "/v", onAsk: .deny)
            do {
                try await other.check(fixture.bash("make b"), fixture.context(session))
                return true
            } catch { return false }
        }
        #expect(await passes("ses_1", "/w"))
        #expect(await passes("ses_2", "/w") == (scope != .session))
        #expect(await passes("ses_2", "/v") == (scope == .global))
        await #expect(throws: PermissionDenied.self, "a deny stays a deny") {
            try await service.check(fixture.bash("make clean"), fixture.context())
        }
        let decision = try await service.decisions(fixture.bash("make b"), fixture.context()).first
        #expect(decision?.action == .allow && decision?.source == "saved:\(saved.id)")
        #expect(try await service.revoke(saved.id))
        #expect(try await !service.revoke(saved.id))
        #expect(await !passes("ses_1", "/w"))
        let last = fixture.events.suffix(2).map { $0.prefix { $0 != " " } }
        #expect(last == ["permission.asked", "permission.replied"], "revoked, it is asked again, and nobody answers")
        #expect(fixture.events.contains("permission.revoked \(saved.id)"))
    }

    @Test("An approval that has expired counts no more")
    func expiry() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        let call = Task { try await service.check(fixture.bash("make", always: ["make"]), fixture.context()) }
        #expect(await fixture.waitForAsks(1))
        let ask = try #require(await service.pending().first)
        try await service.reply(ask.id, .always(.project, expiresMs: fixture.time.nowMs() + 1_000))
        try await call.value
        let decide = { try await service.decisions(fixture.bash("make"), fixture.context()).first?.action }
        #expect(try await decide() == .allow)
        fixture.time.advance(by: .milliseconds(1_001))
        #expect(try await decide() == .ask)
        #expect(try await fixture.store.allApprovals().isEmpty)
    }

    @Test("Fifty asks at once are answered exactly once each; an always answers those it covers")
    func fifty() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        let calls = (0..<50).map { number in
            Task {
                let word = number % 2 == 0 ? "make" : "ninja"
                try await service.check(
                    fixture.bash("\(word) \(number)", always: ["\(word) *"]), fixture.context("ses_\(number % 3)"))
            }
        }
        #expect(await fixture.waitForAsks(50))
        #expect(await service.pending().count == 50)
        let make = try #require(await service.pending().first { $0.patterns == ["make 0"] })
        try await service.reply(make.id, .always(.project))
        let left = await service.pending()
        #expect(left.count == 25 && left.allSatisfy { $0.patterns.first?.hasPrefix("ninja") == true })
        await withTaskGroup(of: Void.self) { group in
            for ask in left {
                for _ in 0..<3 { group.addTask { try? await service.reply(ask.id, .reject(feedback: nil)) } }
            }
        }
        var passed = 0
        for call in calls { if (try? await call.value) != nil { passed += 1 } }
        #expect(passed == 25)
        let replies = fixture.events.filter { $0.hasPrefix("permission.replied") }
        #expect(replies.count == 50 && Set(replies).count == 50)
    }

    @Test("An ask of a subagent shows in the session at the top with the agent's name, and is found from both")
    func nested() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        let context = fixture.context("ses_child", agent: "explore", root: "ses_root")
        let call = Task { try await service.check(fixture.bash("make"), context) }
        #expect(await fixture.waitForAsks(1))
        let ask = try #require(await service.pending(sessionID: "ses_root").first)
        #expect(await service.pending(sessionID: "ses_child") == [ask])
        #expect(ask.json["sessionID"] == "ses_root")
        #expect(ask.json["metadata"]?["agent"] == "explore")
        #expect(ask.json["metadata"]?["subagentSessionID"] == "ses_child")
        #expect(PermissionPrompt.lines(ask).first == "bash (agent explore): make")
        try await service.reply(ask.id, .once)
        try await call.value
    }

    @Test("An ask of a dead process is listed after a restart; an answer saves what it says, a new prompt withdraws it")
    func orphans() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        func leaveBehind(_ id: String, _ session: String) async throws {
            let record: JSON = [
                "id": .string(id), "sessionID": .string(session), "root": .string(session), "messageID": "msg_1",
                "callID": "call_1", "agent": "build", "callers": [], "permission": "bash", "patterns": ["make"],
                "always": ["make *"], "metadata": [:], "title": "make", "created": 5, "pid": 1,
                "started": "another boot",
            ]
            try await fixture.storage.write(
                RecordKey("permission-ask", id), record.bytes(), updatedMs: 5,
                group: SHA256Hash.hex(of: Array("/w".utf8)))
        }
        try await leaveBehind("per_a", "ses_1")
        try await leaveBehind("per_b", "ses_2")
        let asks = await service.pending()
        #expect(asks.map(\.id) == ["per_a", "per_b"] && asks.allSatisfy(\.isOrphan))
        try await service.reply("per_a", .always(.project))
        #expect(await service.pending().map(\.id) == ["per_b"])
        try await service.check(fixture.bash("make all"), fixture.context("ses_9"))
        await #expect { try await service.reply("per_a", .once) } throws: {
            ($0 as? PermissionReplyError)?.kind == .alreadyAnswered
        }
        await service.sessionStarts("ses_1")
        #expect(await service.pending().count == 1)
        await service.sessionStarts("ses_2")
        #expect(await service.pending().isEmpty)
        #expect(fixture.events.last == "permission.replied per_b reject")
    }

    @Test("Cancelling the call withdraws its ask; a time limit denies it as unanswered")
    func withdrawn() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        let call = Task { try await service.check(fixture.bash("make"), fixture.context()) }
        #expect(await fixture.waitForAsks(1))
        call.cancel()
        let cancelled = await #expect(throws: PermissionDenied.self) { try await call.value }
        #expect(cancelled?.rule == "cancelled")
        #expect(await service.pending().isEmpty)
        var limited = fixture.context()
        limited.onAsk = .wait(timeoutMs: 500)
        let context = limited
        let second = Task { try await service.check(fixture.bash("make"), context) }
        #expect(await fixture.time.waitForSleepers())
        fixture.time.advance(by: .milliseconds(500))
        let late = await #expect(throws: PermissionDenied.self) { try await second.value }
        #expect(late?.rule == "unanswered" && late?.message.contains("500 ms") == true)
        #expect(await service.pending().isEmpty)
        #expect(fixture.events.filter { $0.hasSuffix("reject") }.count == 2)
    }

    @Test("A call whose prompt says deny is denied at once although others wait")
    func denyPolicy() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service()
        var context = fixture.context()
        context.onAsk = .deny
        let denied = context
        let error = await #expect(throws: PermissionDenied.self) {
            try await service.check(fixture.bash("make"), denied)
        }
        #expect(error?.rule == "unanswered")
        #expect(await service.pending().isEmpty)
        #expect(await service.deniedCount(sessionID: "ses_1") == 1)
    }

    @Test("A client's own ask is decided by the rules or waits in the list")
    func opened() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service(["bash": ["ls": "allow", "rm *": "deny"]])
        #expect(try await service.open(fixture.bash("ls"), fixture.context()).effect == .allow)
        #expect(try await service.open(fixture.bash("rm x"), fixture.context()).effect == .deny)
        let (id, effect) = try await service.open(fixture.bash("make", always: ["make"]), fixture.context())
        #expect(effect == .ask)
        #expect(await service.pending().map(\.id) == [id])
        try await service.reply(id, .always(.global))
        #expect(await service.pending().isEmpty)
        #expect(try await service.open(fixture.bash("make"), fixture.context("ses_5")).effect == .allow)
    }

    @Test("A search is filtered by what the read rules and approvals say now")
    func filter() async throws {
        let fixture = try await PermissionFixture()
        let service = fixture.service(["read": ["*": "allow", "secret/*": "deny", "*.env": "ask"]])
        var filter = await service.filter("read", fixture.context())
        #expect(filter("a.swift") == .allow && filter("secret/x") == .deny && filter(".env") == .ask)
        _ = try await fixture.store.save([
            SavedApproval(
                id: "per_00000000000000000000000001", scope: .project, projectID: "p", directory: "/w",
                action: "read", resource: ".env", createdMs: 0)
        ])
        filter = await service.filter("read", fixture.context())
        #expect(filter(".env") == .allow && filter("x/.env") == .ask && filter("secret/x") == .deny)
    }

    @Test("At most a thousand approvals of a scope are kept, and the ask stays open when one more is refused")
    func bound() async throws {
        let fixture = try await PermissionFixture()
        func approval(_ number: Int) -> SavedApproval {
            SavedApproval(
                id: fixture.ids.next(.permission), scope: .global, projectID: "p", directory: "/w", action: "bash",
                resource: "cmd \(number)", createdMs: 0)
        }
        _ = try await fixture.store.save((0..<PermissionStore.maxApprovals).map(approval))
        #expect(try await fixture.store.allApprovals().count == PermissionStore.maxApprovals)
        _ = try await fixture.store.save([approval(5)])
        #expect(try await fixture.store.allApprovals().count == PermissionStore.maxApprovals)
        let service = fixture.service()
        let call = Task { try await service.check(fixture.bash("one more", always: ["one more"]), fixture.context()) }
        #expect(await fixture.waitForAsks(1))
        let ask = try #require(await service.pending().first)
        await #expect { try await service.reply(ask.id, .always(.global)) } throws: {
            ($0 as? PermissionReplyError)?.kind == .storage
        }
        #expect(await service.pending() == [ask])
        try await service.reply(ask.id, .once)
        try await call.value
    }
}
