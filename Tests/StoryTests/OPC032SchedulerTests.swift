import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("OPC-032 Scheduler")
struct OPC032SchedulerTests {
    private func list(_ cli: CLIProcess) async throws -> [JSON] {
        let result = try await cli.run("scheduler", "list", "--json")
        #expect(result.code == 0, "\(result.story)")
        return try result.json().arrayValue ?? []
    }

    private func row(_ id: String, _ cli: CLIProcess) async throws -> JSON {
        try #require(try await list(cli).first { $0["id"]?.stringValue == id })
    }

    private func with<T: Sendable>(_ body: (CLIProcess) async throws -> T) async throws -> T {
        try await CodetetherHome.with { home in
            try await TempWorkspace.with { workspace in
                try await body(CLIProcess(home: home, directory: workspace.path))
            }
        }
    }

    /// A file of that age.
    private func write(_ text: String, to path: FilePath, days: Int) throws {
        try TestFiles.write(text.utf8, to: path)
        let when = timespec(tv_sec: time(nil) - days * 86_400, tv_nsec: 0)
        #expect(utimensat(AT_FDCWD, path.string, [when, when], 0) == 0)
    }

    @Test("OPC-032.1 Recurring jobs are listed with their intervals, run on request, and remember their last run")
    func register() async throws {
        try await with { cli in
            let jobs = try await list(cli)
            let ids = jobs.compactMap { $0["id"]?.stringValue }
            #expect(Set(ids).count == jobs.count)
            #expect(Set(ids).isSuperset(of: ["snapshot.cleanup", "tool-output.cleanup"]))
            for job in jobs {
                for key in ["id", "scope", "intervalMs", "lastRun", "lastStatus", "nextRun"] {
                    #expect(job[key] != nil, "\(key) is missing in \(job.text())")
                }
                #expect((job["intervalMs"]?.intValue ?? 0) >= 60_000)
                #expect(job["lastRun"]?.isNull == true && job["lastStatus"]?.isNull == true)
            }
            let before = Int64(time(nil)) * 1_000
            let run = try await cli.run("scheduler", "run", "tool-output.cleanup", "--json")
            #expect(run.code == 0, "\(run.story)")
            #expect(try run.json()["status"]?.stringValue == "finished")
            let job = try await row("tool-output.cleanup", cli)
            let last = try #require(job["lastRun"]?.intValue)
            #expect(last >= before && last <= Int64(time(nil)) * 1_000 + 1_000)
            #expect(job["lastStatus"]?.stringValue == "finished")
            let next = try #require(job["nextRun"]?.intValue)
            #expect(next >= last + (job["intervalMs"]?.intValue ?? .max))
            let table = try await cli.run("scheduler", "list")
            #expect(table.code == 0 && table.out.contains("tool-output.cleanup"), "\(table.story)")
            let unknown = try await cli.run("scheduler", "run", "nothing", "--json")
            #expect(unknown.code == 66, "\(unknown.story)")
            #expect(try unknown.json().at("error", "message")?.stringValue?.contains("nothing") == true)
        }
    }

    @Test("OPC-032.1 tool-output.cleanup removes full texts that are older than seven days and keeps the others")
    func toolOutput() async throws {
        try await with { cli in
            let folder = cli.home.data.appending("tool-output")
            try write("old", to: folder.appending("call_old.txt"), days: 8)
            try write("young", to: folder.appending("call_young.txt"), days: 6)
            let run = try await cli.run("scheduler", "run", "tool-output.cleanup", "--json")
            #expect(run.code == 0, "\(run.story)")
            #expect(try run.json()["removed"]?.intValue == 1)
            #expect(TestFiles.list(folder) == ["call_young.txt"])
        }
    }

    @Test("OPC-032.2 Jobs have the scope instance or global, and one that runs elsewhere is skipped with exit 0")
    func scopes() async throws {
        try await with { cli in
            let scopes = Set(try await list(cli).compactMap { $0["scope"]?.stringValue })
            #expect(scopes == ["instance", "global"])
            #expect(try await row("tool-output.cleanup", cli)["scope"]?.stringValue == "instance")
            let locks = cli.home.state.appending("locks")
            try TestFiles.makeDirectory(locks, mode: 0o700)
            let lock = try #require(try FileLock.tryLock(locks.appending("scheduler-tool-output.cleanup.lock")))
            lock.write("process 4711 on elsewhere")
            let skipped = try await cli.run("scheduler", "run", "tool-output.cleanup", "--json")
            #expect(skipped.code == 0, "\(skipped.story)")
            #expect(try skipped.json()["status"]?.stringValue == "skipped")
            #expect(try skipped.json()["holder"]?.stringValue?.contains("4711") == true)
            #expect(try await row("tool-output.cleanup", cli)["lastRun"]?.isNull == true)
            lock.release()
            let run = try await cli.run("scheduler", "run", "tool-output.cleanup", "--json")
            #expect(try run.json()["status"]?.stringValue == "finished")
        }
    }

    @Test("OPC-032.2 Of eight processes that run a global job at once, each finishes or skips, and none fails")
    func together() async throws {
        try await with { cli in
            let job = try #require(try await list(cli).first { $0["scope"]?.stringValue == "global" })
            let id = try #require(job["id"]?.stringValue)
            let states = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let result = try await cli.run("scheduler", "run", id, "--json")
                        #expect(result.code == 0, "\(result.story)")
                        return try result.json()["status"]?.stringValue ?? "none"
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(states.contains("finished"))
            #expect(Set(states).isSubset(of: ["finished", "skipped"]), "\(states)")
            let runs = try await row(id, cli)["runs"]?.intValue
            #expect(runs == Int64(states.count { $0 == "finished" }))
        }
    }

    @Test("OPC-032.3 A job that fails is logged and listed as failed; the program and the other jobs go on")
    func failure() async throws {
        try await with { cli in
            try TestFiles.makeDirectory(cli.home.data, mode: 0o700)
            try TestFiles.write("not a directory".utf8, to: cli.home.data.appending("tool-output"))
            let failed = try await cli.run("scheduler", "run", "tool-output.cleanup", "--json")
            #expect(failed.code == 1, "\(failed.story)")
            #expect(try failed.json().at("error", "message")?.stringValue?.contains("tool-output.cleanup") == true)
            let job = try await row("tool-output.cleanup", cli)
            #expect(job["lastStatus"]?.stringValue == "failed" && job["failures"]?.intValue == 1)
            #expect(job["lastError"]?.stringValue?.contains("tool-output") == true)
            let log = TestFiles.tree(cli.home.state.appending("log")).compactMap { try? TestFiles.text($0) }.joined()
            #expect(log.contains("job failed") && log.contains("tool-output.cleanup"), "\(log)")
            let other = try await cli.run("scheduler", "run", "snapshot.cleanup", "--json")
            #expect(other.code == 0, "\(other.story)")
            TestFiles.remove(cli.home.data.appending("tool-output"))
            let again = try await cli.run("scheduler", "run", "tool-output.cleanup", "--json")
            #expect(again.code == 0, "\(again.story)")
            #expect(try await row("tool-output.cleanup", cli)["lastStatus"]?.stringValue == "finished")
        }
    }

    @Test("OPC-032.4 Snapshot cleanup is a job of the scheduler")
    func snapshots() async throws {
        try await with { cli in
            let run = try await cli.run("scheduler", "run", "snapshot.cleanup", "--json")
            #expect(run.code == 0, "\(run.story)")
            #expect(try run.json()["status"]?.stringValue == "finished")
            #expect(try run.json()["removed"]?.intValue == 0)
            #expect(try await row("snapshot.cleanup", cli)["runs"]?.intValue == 1)
        }
    }

    @Test("OPC-032.1 The configuration turns jobs on and off; a model refresh that fails keeps the old list")
    func configuration() async throws {
        try await with { cli in
            #expect(try await row("models.refresh", cli)["nextRun"]?.isNull == true)
            try cli.home.write(config: [
                "models_url": "http://127.0.0.1:1/api.json",
                "scheduler": [
                    "models.refresh": ["enabled": true, "interval_minutes": 90],
                    "tool-output.cleanup": ["enabled": false],
                ],
            ])
            let refresh = try await row("models.refresh", cli)
            #expect(refresh["intervalMs"]?.intValue == 5_400_000 && refresh["nextRun"]?.intValue != nil)
            #expect(try await row("tool-output.cleanup", cli)["nextRun"]?.isNull == true)
            try TestFiles.makeDirectory(cli.home.cache, mode: 0o700)
            try TestFiles.write("old".utf8, to: cli.home.cache.appending("models.json"))
            let failed = try await cli.run("scheduler", "run", "models.refresh", "--json")
            #expect(failed.code == 1, "\(failed.story)")
            #expect(try TestFiles.text(cli.home.cache.appending("models.json")) == "old")
            try cli.home.write(config: ["scheduler": ["models.refresh": ["every": 1]]])
            let wrong = try await cli.run("scheduler", "list", "--json")
            #expect(wrong.code == 78, "\(wrong.story)")
        }
    }

    @Test("OPC-032.1 debug scheduler shows the same list and creates nothing")
    func debug() async throws {
        try await with { cli in
            let result = try await cli.run("debug", "scheduler")
            #expect(result.code == 0, "\(result.story)")
            let ids = try result.json().arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
            #expect(!TestFiles.exists(cli.home.data.appending("codetether.db")))
            #expect(ids == (try await list(cli).compactMap { $0["id"]?.stringValue }))
        }
    }
}
