import Schema
import Support
import Synchronization
import TestSupport
import Testing

@testable import Server

@Suite("Frames of event streams")
struct FrameSourceTests {
    private static func event(_ number: Int, durable: Bool = true, title: String = "t") -> Event {
        var event = Event(
            id: "evt_\(number)", created: 1, payload: .sessionRenamed(.init(sessionID: "ses_1", title: title)))
        if durable { event.durable = .init(aggregateID: "ses_1", seq: Int64(number), version: 1) }
        return event
    }

    @Test("A durable event is encoded once for all streams; others are not kept; at most 256 are")
    func shared() {
        let encoded = EncodedEvents()
        let first = encoded.bytes(of: Self.event(1, title: "first"))
        #expect(encoded.bytes(of: Self.event(1, title: "changed")) == first)
        #expect(
            encoded.bytes(of: Self.event(2, durable: false, title: "x"))
                != encoded.bytes(of: Self.event(2, durable: false)))
        for number in 0..<2_000 { _ = encoded.bytes(of: Self.event(number)) }
        #expect(encoded.count == 256)
        for number in 0..<20 {
            _ = encoded.bytes(of: Self.event(number, title: String(repeating: "x", count: 1 << 18)))
        }
        #expect(encoded.count <= 8)
    }

    @Test("Frames come in order, those that wait together; then the end")
    func order() async throws {
        let numbers = Mutex(0)
        let source = FrameSource(encoded: EncodedEvents()) {
            let number = numbers.withLock { number in
                number += 1
                return number
            }
            return number > 3 ? nil : .json(.int(Int64(number)), id: "\(number)")
        }
        await source.pump()
        guard case .frames(let bytes) = try await source.take() else {
            Issue.record("no frames")
            return
        }
        #expect(UTF8Text.lossy(bytes) == "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n")
        guard case .end = try await source.take() else {
            Issue.record("no end")
            return
        }
    }

    @Test("Nothing to write wakes the writer for a heartbeat; a writer that does not come back is given up")
    func watch() async throws {
        let (hold, release) = AsyncStream<Void>.makeStream()
        let source = FrameSource(encoded: EncodedEvents()) {
            for await _ in hold {}
            return nil
        }
        let pump = Task { await source.pump() }
        let abandoned = Watched()
        let watch = Task {
            await source.watch(idle: .milliseconds(5), stuck: .milliseconds(20)) { abandoned.set() }
        }
        guard case .idle = try await source.take() else {
            Issue.record("no heartbeat")
            return
        }
        // The heartbeat is being written, and never ends.
        await watch.value
        #expect(abandoned.isSet)
        release.finish()
        await pump.value
    }

    private final class Watched: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }
}
