import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Crash sweep", .serialized)
struct CrashSweepTests {
    static let calls = ["pwrite64", "write", "fsync", "fdatasync", "rename", "ftruncate", "unlink"]

    /// Every call in a full sweep; else the first, the last and some between, so that it stays within seconds.
    private func chosen(_ counts: [String: Int]) -> [(call: String, number: Int)] {
        let all = Self.calls.flatMap { call in (1...max(1, counts[call] ?? 0)).map { (call, $0) } }
            .filter { (counts[$0.0] ?? 0) >= $0.1 }
        guard !CrashWorld.isFull, all.count > 14 else { return all }
        return (0..<14).map { all[$0 * (all.count - 1) / 13] }
    }

    @Test(
        "SIGKILL at the Nth write, sync, rename or truncation: what was acknowledged is back, and the next start is quick",
        arguments: ["sqlite", "filesystem"])
    func everyCall(backend: String) async throws {
        let counts = try await CrashWorld.points(backend: backend, Self.calls)
        #expect(counts.values.reduce(0, +) > 40, "\(counts)")
        var slowest = Duration.zero
        var crashed = 0
        for (call, number) in chosen(counts) {
            try await CrashWorld.with(backend: backend) { world in
                let result = try await world.traced(
                    ["-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(call):signal=KILL:when=\(number)"],
                    CrashWorld.run)
                if result.code != 0 { crashed += 1 }
                let start = ContinuousClock.now
                let list = try await world.cli.run("session", "list", "--all", "--json")
                slowest = max(slowest, ContinuousClock.now - start)
                try await check(world, list, Acknowledged(result.stdout), "\(backend) \(call) \(number)")
            }
        }
        #expect(crashed > 8, "\(crashed) crashes")
        if CrashWorld.isFull {
            #expect(slowest < .seconds(2), "the slowest next start took \(slowest)")
            print("crash sweep \(backend): \(counts), \(crashed) crashes, slowest start \(slowest)")
        }
    }

    private func check(_ world: CrashWorld, _ list: ChildResult, _ known: Acknowledged, _ place: String) async throws {
        #expect(list.code == 0 && !list.err.contains("warning"), "\(place): \(list.story)")
        let doctor = try await world.cli.run("storage", "doctor", "--json")
        #expect(doctor.code == 0, "\(place): \(doctor.story)")
        guard let id = known.sessionID else { return }
        let before = try await world.cli.run("session", "show", id, "--json")
        #expect(before.code == 0, "\(place): \(before.story)")
        let stored = StoredSession(try before.json())
        #expect((stored.info["seq"]?.intValue ?? 0) >= known.seq, "\(place): \(before.out)")
        for text in known.texts { #expect(stored.answers.contains(text), "\(place): \(text) is lost") }
        for tool in known.tools {
            let item = stored.tools.first { $0["id"]?.stringValue == tool }
            #expect(item?.at("state", "status")?.stringValue == "completed", "\(place): \(tool) is lost")
        }
        // The session goes on, nothing is left open, and no prompt is lost.
        let again = try await world.cli.run("run", "-s", id, "--fake-responses", "again.json", "Go on")
        #expect(again.code == 0 && again.out.contains("Still here."), "\(place): \(again.story)")
        let after = StoredSession(try await world.cli.run("session", "show", id, "--json").json())
        if known.isPrompted { #expect(after.users == ["Write a", "Go on"], "\(place): \(after.users)") }
        #expect(after.answers.last == "Still here.", "\(place)")
        #expect(
            after.toolStates.allSatisfy { ["completed", "error"].contains($0) }, "\(place): \(after.toolStates)")
        if known.isDone { #expect(after.answers == ["First I write.", "All is done.", "Still here."], "\(place)") }
    }
}
