import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Many processes on one home", .serialized)
struct CrashConcurrencyTests {
    /// The operations of one process slot: new sessions, more turns, renames of its own and of the session of all.
    private func work(_ world: CrashWorld, slot: Int, operations: Int, shared: String) async throws -> [String: Int] {
        var turns: [String: Int] = [:]
        var last: String?
        for number in 0..<operations {
            let result: ChildResult
            switch number % 5 {
            case 0:
                result = try await world.cli.run(
                    "run", "--format", "json", "--title", "s\(slot)-\(number)", "--fake-responses", "again.json",
                    "Turn \(number)")
                last = try result.json()["sessionID"]?.stringValue
                if let last { turns[last] = 1 }
            case 1, 3:
                let id = try #require(last)
                result = try await world.cli.run(
                    "run", "--format", "json", "-s", id, "--fake-responses", "again.json", "Turn \(number)")
                turns[id, default: 0] += 1
            case 2: result = try await world.cli.run("session", "rename", shared, "by \(slot) at \(number)")
            default: result = try await world.cli.run("session", "list", "--all", "-n", "5", "--json")
            }
            #expect(result.code == 0, "process \(slot), operation \(number): \(result.story)")
        }
        return turns
    }

    @Test(
        "16 processes, each one operation after the other on one home: no error, and nothing is lost",
        arguments: ["sqlite", "filesystem"])
    func together(backend: String) async throws {
        let operations = CrashWorld.isFull ? 100 : 5
        try await CrashWorld.with(backend: backend) { world in
            let first = try await world.cli.run(
                "run", "--format", "json", "--title", "shared", "--fake-responses", "again.json", "Hello")
            let shared = try #require(try first.json()["sessionID"]?.stringValue)
            let start = try await seq(world, shared)
            let turns = try await withThrowingTaskGroup(of: [String: Int].self) { group in
                for slot in 0..<16 {
                    group.addTask { try await work(world, slot: slot, operations: operations, shared: shared) }
                }
                return try await group.reduce(into: [String: Int]()) { $0.merge($1) { $1 } }
            }
            let begun = ContinuousClock.now
            let list = try await world.cli.run("session", "list", "--all", "-n", "10000", "--json")
            #expect(list.code == 0 && !list.err.contains("warning"), "\(list.story)")
            let ids = try list.json().arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
            #expect(Set(ids) == Set(turns.keys).union([shared]) && ids.count == turns.count + 1)
            #expect(try await seq(world, shared) == start + Int64(16 * operations / 5))
            for (id, count) in turns {
                let stored = StoredSession(try await world.cli.run("session", "show", id, "--json").json())
                #expect(stored.users.count == count && stored.answers.count == count, "\(id): \(stored.users)")
            }
            let doctor = try await world.cli.run("storage", "doctor", "--json")
            #expect(doctor.code == 0, "\(doctor.story)")
            if CrashWorld.isFull {
                print(
                    "concurrency \(backend): 16 x \(operations), \(ids.count) sessions, check \(ContinuousClock.now - begun)"
                )
            }
        }
    }

    private func seq(_ world: CrashWorld, _ id: String) async throws -> Int64 {
        let result = try await world.cli.run("session", "show", id, "--json")
        return try #require(try result.json().at("info", "seq")?.intValue)
    }
}
