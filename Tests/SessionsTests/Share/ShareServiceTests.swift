import Logging
import Schema
import Storage
import Support
import Synchronization
import TestSupport
import Testing

@testable import Sessions

@Suite("Shares of sessions")
struct ShareServiceTests {
    @Test(
        "A share shows the session, the session knows its address, and sharing again changes nothing",
        arguments: [false, true])
    func share(filesystem: Bool) async throws {
        try await ShareWorld.with(filesystem: filesystem) { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            #expect(record.id.utf8.count == 32 && record.secret.utf8.count == 64)
            #expect(record.url == "https://share.example/v1/share/\(record.id)")
            #expect(try await world.sessions.service.get(id).share?.url == record.url)
            let document = try #require(try await world.document(record))
            #expect(document == (try await world.expected(id)))
            #expect(document["messages"]?.arrayValue?.contains { $0["text"] == "Hello" } == true)
            #expect(document["info"]?["location"]?["directory"] == ".")
            #expect(try await world.shares.share(id, world.context).id == record.id)
            #expect(world.remote.state.withLock { $0.creates } == 1)
            let listed = try await world.shares.list()
            #expect(listed.map(\.sessionID) == [id])
            #expect(listed.first?.json.text().contains(record.secret) == false)
        }
    }

    @Test("Only what changed is sent, once, whether the process is the same or another one")
    func incremental() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            try await world.shares.sync(id, world.context)
            let first = world.remote.syncs.count
            #expect(try await !world.shares.sync(id, world.context))
            try await world.turn(id, "More", tag: "y")
            #expect(try await world.shares.sync(id, world.context))
            let sent = world.remote.syncs.dropFirst(first).flatMap { $0 }
            #expect(sent.allSatisfy { item in !(item["id"] ?? item["message"] ?? "").text().contains("msg_x") })
            #expect(sent.contains { $0["kind"] == "part" })
            #expect(try await world.document(record) == (try await world.expected(id)))
            // Another process finds out from the log what the service has.
            let other = world.restarted
            try await world.sessions.service.rename(id, to: "A title")
            let before = world.remote.syncs.count
            #expect(try await other.sync(id, world.context))
            #expect(world.remote.syncs.dropFirst(before).flatMap { $0 }.map { $0["kind"] } == ["session"])
            #expect(try await world.document(record)?["info"]?["title"] == "A title")
        }
    }

    @Test("What a service missed is sent when it is back, with growing pauses, and late or repeated items do no harm")
    func retries() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            let old = world.remote.syncs.flatMap { $0 }
            try await world.turn(id, "More", tag: "y")
            var pauses: [Int64] = []
            for _ in 0..<14 {
                world.remote.fail(ShareError(.failing, "down"))
                #expect(await shareFailure { try await world.shares.sync(id, world.context) }?.kind == .failing)
                let stored = try #require(try await world.shares.record(id))
                pauses.append(stored.nextAttempt - world.sessions.time.nowMs())
                #expect(stored.error == "down")
            }
            #expect(pauses[0] >= 1_000 && pauses[0] <= 1_250)
            #expect(zip(pauses, pauses.dropFirst()).prefix(8).allSatisfy { $0 < $1 })
            #expect(pauses.allSatisfy { $0 <= ShareRecord.longestDelayMs * 5 / 4 })
            #expect(try await world.restarted.sync(id, world.context))
            #expect(try await world.shares.record(id)?.attempts == 0)
            let expected = try await world.expected(id)
            #expect(try await world.document(record) == expected)
            _ = try await world.remote.hub.sync(id: record.id, secret: record.secret, seq: 1, items: old)
            #expect(try await world.document(record)?["messages"] == expected["messages"])
        }
    }

    @Test("A request that fails half way leaves nothing out the next time")
    func halfWay() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            for number in 0..<60 { try await world.turn(id, "Prompt \(number)", tag: "n\(number)") }
            world.remote.fail(nil, ShareError(.timeout, "slow"))
            #expect(await shareFailure { try await world.shares.sync(id, world.context) }?.kind == .timeout)
            #expect(try await world.shares.sync(id, world.context))
            #expect(try await world.document(record) == (try await world.expected(id)))
            #expect(world.remote.syncs.allSatisfy { $0.count <= 200 })
        }
    }

    @Test("A revert hides messages in the share too, and taking it back shows them again")
    func reverts() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            try await world.turn(id, "Second", tag: "y")
            try await world.shares.sync(id, world.context)
            let whole = try #require(try await world.document(record)?["messages"]?.arrayValue)
            try await world.sessions.service.append(
                id, [.sessionRevertStaged(.init(sessionID: id, revert: SessionRevert(messageID: "msg_yu")))])
            try await world.shares.sync(id, world.context)
            let cut = try #require(try await world.document(record)?["messages"]?.arrayValue)
            #expect(cut.count < whole.count)
            #expect(!cut.contains { $0["text"] == "Second" })
            try await world.sessions.service.append(id, [.sessionRevertCleared(.init(sessionID: id))])
            try await world.restarted.sync(id, world.context)
            #expect(try await world.document(record)?["messages"] == .array(whole))
        }
    }

    @Test("A share is forgotten only after the service said that it is gone, and nothing is sent to it meanwhile")
    func unshare() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            world.remote.fail(ShareError(.failing, "500"))
            #expect(await shareFailure { try await world.shares.revoke(id) }?.kind == .failing)
            let kept = try #require(try await world.shares.record(id))
            #expect(kept.state == .revoking && kept.attempts == 1 && kept.secret == record.secret)
            #expect(try await world.sessions.service.get(id).share?.url == record.url)
            try await world.turn(id, "Private", tag: "y")
            #expect(try await !world.shares.sync(id, world.context))
            try await world.shares.revoke(record.url)
            #expect(try await world.shares.list().isEmpty)
            #expect(try await world.document(record) == nil)
            #expect(try await world.sessions.service.get(id).share == nil)
            // `auto` leaves it alone; a person may share it again.
            #expect(try await !world.shares.finish(id, ShareWorld.context(.auto)))
            let again = try await world.shares.share(id, world.context)
            #expect(again.id != record.id)
            #expect(await shareFailure { try await world.shares.revoke(record.id) }?.kind == .notFound)
        }
    }

    @Test("The share of a deleted session stays listed until it is revoked")
    func deleted() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            let record = try await world.shares.share(id, world.context)
            try await world.sessions.service.delete(id)
            let kept = try #require(try await world.shares.list().first)
            #expect(kept.state == .revoking && kept.isOrphan == true && kept.url == record.url)
            world.remote.fail(ShareError(.unreachable, "away"))
            #expect(await shareFailure { try await world.shares.revoke(record.id) }?.kind == .unreachable)
            #expect(try await world.shares.list().count == 1)
            try await world.shares.revoke(record.id)
            #expect(try await world.shares.list().isEmpty)
            #expect(try await world.document(record) == nil)
        }
    }

    @Test("A share that cannot be made leaves no trace; one that may have been made stays listed until it is gone")
    func failedCreation() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            world.remote.fail(ShareError(.unreachable, "nobody there"))
            #expect(await shareFailure { try await world.shares.share(id, world.context) }?.kind == .unreachable)
            #expect(try await world.shares.list().isEmpty)
            #expect(try await world.sessions.service.get(id).share == nil)
            let lost = ShareError(.timeout, "no answer", isUncertain: true)
            world.remote.fail(lost, lost)
            #expect(await shareFailure { try await world.shares.share(id, world.context) }?.kind == .timeout)
            #expect(try await world.shares.list().map(\.state) == [.revoking])
            // The next try puts that in order first.
            let record = try await world.shares.share(id, world.context)
            #expect(try await world.shares.list().map(\.id) == [record.id])
            // Made, but its content was refused: taken back at once.
            let other = try await world.session("Other", tag: "o")
            world.remote.fail(nil, ShareError(.refused, "full"))
            #expect(await shareFailure { try await world.shares.share(other, world.context) }?.kind == .refused)
            #expect(try await world.shares.record(other) == nil)
            #expect(await failure { try await world.shares.share("ses_none", world.context) }?.kind == .notFound)
        }
    }

    @Test("Sharing can be disabled, and needs a service")
    func settings() async throws {
        try await ShareWorld.with { world in
            let id = try await world.session()
            var context = world.context
            context.mode = .disabled
            #expect(await shareFailure { try await world.shares.share(id, context) }?.kind == .disabled)
            #expect(await shareFailure { try await world.shares.preview(id, context) }?.kind == .disabled)
            context = world.context
            context.address = nil
            #expect(await shareFailure { try await world.shares.share(id, context) }?.kind == .notConfigured)
            #expect(world.remote.state.withLock { $0.creates } == 0)
            _ = try await world.shares.share(id, world.context)
            try await world.turn(id, "More", tag: "y")
            context.mode = .disabled
            #expect(try await !world.shares.sync(id, context))
        }
    }

    @Test("A syncer sends what happens, tries again what failed, and shares new sessions where that is automatic")
    func syncer() async throws {
        try await ShareWorld.with { world in
            let time = world.sessions.time
            let syncer = ShareSyncer(
                shares: world.shares, sessions: world.sessions.service, bus: world.sessions.bus, time: time,
                logger: Logger(label: "test")
            ) { _ in ShareWorld.context(.auto) }
            let quiet = try await world.session("Quiet", tag: "q")
            await syncer.start()
            #expect(await time.waitForSleepers())
            time.advance(by: .milliseconds(500))
            // The pass is over when it waits for the next one.
            #expect(await time.waitForSleepers())
            #expect(try await world.shares.record(quiet) == nil)
            let id = try await world.session("Loud", tag: "l")
            var record: ShareRecord?
            for _ in 0..<200 where record?.state != .active {
                _ = await time.waitForSleepers()
                time.advance(by: .milliseconds(500))
                record = try await world.shares.record(id)
            }
            #expect(record?.state == .active)
            let made = try #require(record)
            world.remote.fail(ShareError(.failing, "down"))
            try await world.turn(id, "More", tag: "m")
            let expected = try await world.expected(id)["messages"]
            var seen: JSON?
            for _ in 0..<200 where seen != expected {
                _ = await time.waitForSleepers()
                time.advance(by: .milliseconds(500))
                seen = try await world.document(made)?["messages"]
            }
            #expect(seen == expected)
            try await world.sessions.service.delete(id)
            for _ in 0..<200 where try await world.shares.record(id) != nil {
                _ = await time.waitForSleepers()
                time.advance(by: .milliseconds(500))
            }
            #expect(try await world.shares.record(id) == nil)
            await syncer.stop()
        }
    }
}
