import Schema
import Sessions
import Support
import TestSupport
import Testing

@Suite("Forks")
struct SessionForkTests {
    @Test("A fork copies what stands before a message, with new ids, and leaves its source as it is")
    func before() async throws {
        try await SessionWorld.with { world, _ in
            let source = try await SessionTransferTests.fill(world)
            let messages = try await world.service.messages(source.id)
            for (index, boundary) in messages.enumerated() {
                let fork = try await world.service.fork(source.id, before: boundary.id)
                #expect(fork.forkedFrom == SessionOrigin(sessionID: source.id, messageID: boundary.id))
                #expect(fork.fork?.boundary == .before(messageID: boundary.id))
                #expect(fork.parentID == nil)
                let copies = try await world.service.messages(fork.id)
                #expect(copies.count == index)
                #expect(copies.map(\.type) == messages[..<index].map(\.type))
                #expect(Set(copies.map(\.id)).isDisjoint(with: messages.map(\.id)))
                let replayed = try await world.replayed(fork.id)
                #expect(replayed.messages == copies)
                #expect(replayed.info == (try await world.service.get(fork.id)))
            }
            let after = try await world.service.projection(source.id)
            #expect(after.messages == messages)
            #expect(after.seq == source.seq)
            #expect(try await world.service.forkIDs(of: source.id).count == messages.count)
        }
    }

    @Test("A whole fork has no messageID; forks of forks count on, and only rules that forbid are taken over")
    func whole() async throws {
        try await SessionWorld.with { world, _ in
            let source = try await SessionTransferTests.fill(world)
            let one = try await world.service.fork(source.id)
            #expect(one.forkedFrom == SessionOrigin(sessionID: source.id))
            #expect(one.title == "Töst (fork #1)")
            #expect(one.permissions == [.init(action: "bash", resource: "*", effect: .deny)])
            #expect(one.cost == 0)
            let json = try JSON(encoding: one)
            #expect(json["forkedFrom"]?["messageID"]?.isNull == true)
            let two = try await world.service.fork(one.id, directory: "/other", projectID: "p9")
            #expect(two.title == "Töst (fork #2)")
            #expect(two.location.directory == "/other")
            #expect(try await world.service.messages(two.id).count == world.service.messages(source.id).count)
            try await world.service.delete(one.id)
            #expect(try await world.service.forkIDs(of: source.id).isEmpty)
            #expect(try await world.service.get(two.id).forkedFrom?.sessionID == one.id, "a fork outlives its source")
        }
    }

    @Test("A message that is not there is told by name, and nothing is created")
    func unknownMessage() async throws {
        try await SessionWorld.with { world, _ in
            let source = try await SessionTransferTests.fill(world)
            let error = await #expect(throws: SessionError.self) {
                try await world.service.fork(source.id, before: "msg_nowhere")
            }
            #expect(error?.kind == .messageNotFound)
            #expect(error?.message.contains("msg_nowhere") == true)
            #expect(try await world.service.forkIDs(of: source.id).isEmpty)
        }
    }

    @Test("In a fork of a running session the open call is an error; the source still runs")
    func running() async throws {
        try await SessionWorld.with { world, _ in
            let info = try await world.create()
            let batches = script(info.id, prompt: "Hello", tag: "00000000000000000000000y")
            for batch in batches.prefix(5) { try await world.service.append(info.id, batch) }
            let fork = try await world.service.fork(info.id)
            let copy = try await world.service.projection(fork.id)
            #expect(!copy.running)
            guard case .assistant(let answer)? = copy.messages.last else {
                Issue.record("no answer")
                return
            }
            #expect(answer.time.completed != nil)
            for case .tool(let tool) in answer.content {
                guard case .error(_, let error, _, _) = tool.state else {
                    Issue.record("\(tool.name) is still open")
                    continue
                }
                #expect(error.type == "interrupted")
            }
            #expect(try await world.service.projection(info.id).running)
        }
    }
}
