import Events
import Glibc
import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import PTY

@Suite("Limits of terminals", .serialized)
struct PTYLimitTests {
    @Test("a terminal that nobody looks at is ended after its time, its ttl counts instead, and somebody keeps it")
    func unattached() async throws {
        try await PTYWorld.with { (world) async throws in
            let alone = try await world.open("sleep 1000")
            let patient = try await world.open("sleep 1000") { $0.ttl = .seconds(1_000) }
            let held = try await world.open("sleep 1000") { $0.holdsForCreator = true }
            let watched = try await world.open("sleep 1000")
            let attachment = try await world.host.attach(watched.id)
            world.time.advance(by: .seconds(59))
            await world.host.expire()
            #expect(await world.host.list().allSatisfy { $0.status == "running" })
            world.time.advance(by: .seconds(2))
            await world.host.expire()
            #expect(PTYWorld.isGone(alone.pid))
            for info in [patient, held, watched] { #expect(PTYWorld.isAlive(info.pid)) }
            await attachment.close()
            await world.host.creatorLeft(held.id)
            world.time.advance(by: .seconds(61))
            await world.host.expire()
            #expect(PTYWorld.isGone(held.pid) && PTYWorld.isGone(watched.pid))
            #expect(PTYWorld.isAlive(patient.pid))
        }
    }

    @Test("an exited terminal keeps its code, signal and output for ten minutes, then it is deleted")
    func exited() async throws {
        try await PTYWorld.with { (world) async throws in
            let info = try await world.open("echo kept; kill -TERM $$")
            _ = try await world.output(of: info.id)
            world.time.advance(by: .seconds(599))
            await world.host.expire()
            let after = try await world.host.get(info.id)
            #expect(after.status == "exited" && after.exitCode == 143 && after.signal == 15)
            #expect(try await world.output(of: info.id).text == "kept\r\n")
            world.time.advance(by: .seconds(2))
            await world.host.expire()
            await #expect(throws: PTYError.self) { try await world.host.get(info.id) }
            #expect(try await world.nextEvents(3).map(\.payload.type) == ["pty.created", "pty.exited", "pty.deleted"])
        }
    }

    @Test("at the limit the oldest exited terminal makes room, and running ones do not")
    func count() async throws {
        var limits = PTYLimits()
        limits.terminals = 4
        try await PTYWorld.with(limits: limits) { (world) async throws in
            let first = try await world.open("exit 0")
            _ = try await world.output(of: first.id)
            for _ in 0..<3 { _ = try await world.open("sleep 1000") }
            let fifth = try await world.open("sleep 1000")
            #expect(await world.host.list().contains { $0.id == first.id } == false)
            let error = await #expect(throws: PTYError.self) { try await world.open("sleep 1000") }
            #expect(error?.kind == .exhausted)
            #expect(error?.message.contains("4 terminals") == true)
            try await world.host.remove(fifth.id)
            _ = try await world.open("sleep 1000")
        }
    }

    @Test("terminals that flood starve neither each other nor one that somebody types into", .timeLimit(.minutes(5)))
    func floods() async throws {
        try await PTYWorld.with { (world) async throws in
            var floods: [Pty] = []
            for _ in 0..<12 { floods.append(try await world.open("exec yes")) }
            let typed = try await world.open("stty raw -echo; printf ready; exec cat")
            let attachment = try await world.host.attach(typed.id)
            #expect(await PTYWorld.read(attachment, until: "ready"))
            var cursors: [Int64] = floods.map { _ in 0 }
            for round in 0..<20 {
                try await world.host.write(typed.id, Array("key \(round);".utf8))
                #expect(await PTYWorld.read(attachment, until: "key \(round);"))
                for (index, flood) in floods.enumerated() {
                    // As far as it takes: a call of the host comes between any two of its reads.
                    while try await world.host.get(flood.id).cursor ?? 0 <= cursors[index] { await Task.yield() }
                    cursors[index] = try await world.host.get(flood.id).cursor ?? 0
                }
            }
        }
    }

    @Test("many terminals work at once, each with its own output, and none of their programs is left")
    func many() async throws {
        try await PTYWorld.with { (world) async throws in
            var infos: [Pty] = []
            for _ in 0..<24 {
                infos.append(try await world.open("printf 'b%.0s' {1..5000}; read x; echo \"<$x>\""))
            }
            for (index, info) in infos.enumerated() {
                try await world.host.write(info.id, Array("\(index)\n".utf8))
                let text = try await world.output(of: info.id).text
                #expect(text.hasSuffix("<\(index)>\r\n"))
                #expect(text.utf8.count(where: { $0 == UInt8(ascii: "b") }) == 5_000)
            }
            for info in infos { try await world.host.remove(info.id) }
            #expect(await world.host.list().isEmpty)
            for info in infos { #expect(PTYWorld.isGone(info.pid)) }
        }
    }

    @Test("no call is forgotten when others come at the same moment, with no terminal that would wake the host")
    func wakes() async throws {
        try await PTYWorld.with { (world) async throws in
            for _ in 0..<50 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { for _ in 0..<100 { _ = await world.host.list() } } }
                }
                _ = await world.host.list()
            }
        }
    }

    @Test("a ticket is good once, for one terminal and for 60 seconds")
    func tickets() {
        let time = TestTime()
        let tickets = PTYTickets(time: time)
        let ticket = tickets.issue("pty_1")
        #expect(ticket.utf8.count == 64)
        #expect(tickets.issue("pty_1") != ticket)
        #expect(tickets.redeem(ticket, for: "pty_1"))
        #expect(!tickets.redeem(ticket, for: "pty_1"))
        let bound = tickets.issue("pty_1")
        #expect(!tickets.redeem(bound, for: "pty_2") && !tickets.redeem(bound, for: "pty_1"))
        let late = tickets.issue("pty_1")
        time.advance(by: .seconds(60))
        #expect(!tickets.redeem(late, for: "pty_1"))
        #expect(
            !tickets.redeem("", for: "pty_1") && !tickets.redeem(String(repeating: "x", count: 10_000), for: "pty_1"))
        let oldest = tickets.issue("pty_1")
        for _ in 0..<10_000 { _ = tickets.issue("pty_3") }
        #expect(!tickets.redeem(oldest, for: "pty_1"))
    }
}
