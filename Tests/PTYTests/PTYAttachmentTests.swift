import Events
import Glibc
import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import PTY

@Suite("Attaching to terminals", .serialized)
struct PTYAttachmentTests {
    @Test("the ring keeps the last bytes, whatever the sizes", arguments: [1, 3, 7, 64])
    func ring(capacity: Int) {
        var ring = PTYRing(capacity: capacity)
        var all: [UInt8] = []
        for step in 0..<200 {
            let piece = (0..<(step * 7 % 23)).map { UInt8(truncatingIfNeeded: all.count + $0) }
            piece.withUnsafeBytes { ring.append($0) }
            all += piece
            #expect(ring.end == Int64(all.count))
            #expect(ring.start == Int64(max(0, all.count - capacity)))
            for position in ring.start..<max(ring.start, ring.end) {
                let expected = Array(all[Int(position)...].prefix(5))
                #expect(ring.read(from: position, limit: 5) == expected)
            }
            #expect(ring.read(from: ring.end, limit: 5).isEmpty)
        }
    }

    @Test(
        "a reader that waits is woken by every byte, also when it comes at the moment the wait begins",
        .timeLimit(.minutes(5)))
    func wakes() async throws {
        try await PTYWorld.with { (world) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    let info = try await world.open("stty raw -echo; printf ready; exec cat")
                    group.addTask {
                        let attachment = try await world.host.attach(info.id)
                        #expect(await PTYWorld.read(attachment, until: "ready"))
                        for _ in 0..<300 {
                            try await world.host.write(info.id, [0x6B])
                            #expect(await PTYWorld.read(attachment, until: "k"))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a cursor counts bytes: replay from anywhere, a cursor frame, what comes, and a gap for what is gone")
    func cursors() async throws {
        var limits = PTYLimits()
        limits.ringBytes = 1_000
        try await PTYWorld.with(limits: limits) { (world) async throws in
            let info = try await world.open(
                "stty -onlcr; printf 'ü%.0s' {1..400}; printf X; read x; printf 'é%.0s' {1..200}; exit 0")
            let first = try await world.host.attach(info.id)
            #expect(await PTYWorld.read(first, until: "X"))
            func frames(_ cursor: Int64?, _ count: Int) async throws -> [PTYFrame] {
                let attachment = try await world.host.attach(info.id, cursor: cursor)
                var found: [PTYFrame] = []
                while found.count < count, let frame = await attachment.next() { found.append(frame) }
                await attachment.close()
                return found
            }
            let all = [UInt8](String(repeating: "ü", count: 400).utf8) + [0x58]
            #expect(try await frames(nil, 2) == [.bytes(all), .cursor(801)])
            #expect(try await frames(0, 2) == [.bytes(all), .cursor(801)])
            #expect(try await frames(799, 2) == [.bytes(Array(all[799...])), .cursor(801)])
            #expect(try await frames(-1, 1) == [.cursor(801)])
            #expect(try await frames(99_999, 1) == [.cursor(801)])
            try await world.host.write(info.id, [0x0A])
            _ = try await world.output(of: info.id)
            let total = try #require(try await world.host.get(info.id).cursor)
            #expect(total >= 1_201)
            let late = try await frames(0, 4)
            #expect(late.first == .gap(from: 0, to: total - 1_000))
            #expect(late.dropFirst(2) == [.cursor(total), .exit(code: 0, signal: nil)])
            #expect(try await frames(nil, 1) == Array(late.dropFirst().prefix(1)))
            if case .bytes(let bytes)? = late.dropFirst().first { #expect(bytes.count == 1_000) }
        }
    }

    @Test("the output of one terminal never gets into another")
    func isolation() async throws {
        try await PTYWorld.with { (world) async throws in
            var infos: [Pty] = []
            for index in 0..<20 {
                infos.append(try await world.open("for i in {1..50}; do echo mine-\(index)-$i; done"))
            }
            for (index, info) in infos.enumerated() {
                let text = try await world.output(of: info.id).text
                #expect(text == (1...50).map { "mine-\(index)-\($0)\r\n" }.joined())
            }
        }
    }

    @Test("a writer that does not read holds up the program, and nothing is lost; after its time it is dropped")
    func flowControl() async throws {
        var limits = PTYLimits()
        limits.ringBytes = 300_000
        limits.writerLag = 100_000
        try await PTYWorld.with(limits: limits) { (world) async throws in
            // It begins when somebody is there to be waited for.
            let info = try await world.open(
                "stty -onlcr -echo; printf g; read x; head -c 2000000 /dev/zero | tr '\\0' a; echo; exit 0")
            let slow = try await world.host.attach(info.id)
            var count = 0
            var pauses = 0
            while let frame = await slow.next() {
                if case .bytes(let bytes) = frame {
                    if count == 0 { try await world.host.write(info.id, [0x0A]) }
                    count += bytes.count
                }
                if case .gap = frame { Issue.record("the writer lost output") }
                let cursor = try await world.host.get(info.id).cursor ?? 0
                #expect(cursor - Int64(count) <= 300_000)
                if cursor - Int64(count) > 100_000 { pauses += 1 }
            }
            #expect(count == 2_000_002)
            // One that never reads again.
            let stuck = try await world.open("head -c 2000000 /dev/zero | tr '\\0' a; exit 0")
            let dead = try await world.host.attach(stuck.id)
            for _ in 0..<2_000 where try await world.host.get(stuck.id).cursor ?? 0 <= 100_000 { poll(nil, 0, 5) }
            #expect(try await world.host.get(stuck.id).status == "running")
            world.time.advance(by: .seconds(31))
            await world.host.expire()
            #expect(try await world.output(of: stuck.id, cursor: -1).exit == .exit(code: 0, signal: nil))
            #expect(await dead.next() == nil)
        }
    }

    @Test("a viewer that does not read is dropped and holds up nothing")
    func slowViewer() async throws {
        var limits = PTYLimits()
        limits.ringBytes = 100_000
        try await PTYWorld.with(limits: limits) { (world) async throws in
            let info = try await world.open("read x; head -c 1000000 /dev/zero | tr '\\0' a; exit 0")
            let viewer = try await world.host.attach(info.id, role: .viewer)
            var first: PTYFrame?
            while first == nil || first.map({ if case .bytes = $0 { true } else { false } }) == true {
                first = await viewer.next()
            }
            #expect(first.map { if case .cursor = $0 { true } else { false } } == true)
            try await world.host.write(info.id, [0x0A])
            let end = try await world.output(of: info.id, cursor: -1)
            #expect(end.exit == .exit(code: 0, signal: nil))
            let total = try #require(try await world.host.get(info.id).cursor)
            #expect(await viewer.next().map { if case .gap(_, let to) = $0 { to <= total } else { false } } == true)
            #expect(await viewer.next() == nil)
            #expect(await world.host.end(of: info.id) == .tooSlow)
        }
    }

    @Test("typing into a program that does not read is refused at the limit, with nothing taken")
    func inputLimit() async throws {
        var limits = PTYLimits()
        limits.inputBytes = 10_000
        try await PTYWorld.with(limits: limits) { (world) async throws in
            let info = try await world.open("stty raw -echo; echo ready; sleep 100")
            let attachment = try await world.host.attach(info.id)
            #expect(await PTYWorld.read(attachment, until: "ready"))
            var failure: PTYError?
            for _ in 0..<100 where failure == nil {
                do throws(PTYError) {
                    try await world.host.write(info.id, [UInt8](repeating: 0x61, count: 5_000))
                } catch {
                    failure = error
                }
            }
            #expect(failure?.kind == .inputFull)
        }
    }

    @Test("cancelling a reader ends its attachment, and too many are refused")
    func cancelled() async throws {
        var limits = PTYLimits()
        limits.attachments = 3
        try await PTYWorld.with(limits: limits) { (world) async throws in
            let info = try await world.open("sleep 100")
            for _ in 0..<20 {
                let attachment = try await world.host.attach(info.id, cursor: -1)
                let reader = Task { for await _ in attachment {} }
                reader.cancel()
                await reader.value
                await attachment.close()
            }
            let held = [
                try await world.host.attach(info.id), try await world.host.attach(info.id),
                try await world.host.attach(info.id),
            ]
            let error = await #expect(throws: PTYError.self) { try await world.host.attach(info.id) }
            #expect(error?.kind == .exhausted && held.count == 3)
        }
    }
}
