import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Ends of processes", .serialized)
struct ProcessStoryTests {
    private static func uniqueSleep() -> String { "300.\(UInt64.random(in: 1_000_000_000...9_999_999_999))" }

    /// Children of every kind, all with `sleep TIME` in their command line.
    private static func script(_ time: String) -> String {
        """
        sleep \(time) &
        setsid sleep \(time) &
        (setsid sh -c '(env -i sleep \(time) &) ' &)
        (env -i setsid nohup bash -c 'trap "" TERM HUP INT; while :; do sleep \(time); done' > /dev/null 2>&1 &)
        sleep \(time) & kill -STOP $!
        trap '' TERM
        touch started
        sleep \(time); sleep \(time)
        """
    }

    private func waitForStart(_ world: StoryWorld, _ time: String) async -> Bool {
        guard await ProcessTable.waitUntilThere(time) else { return false }
        for _ in 0..<1_000 where !world.workspace.exists("started") { poll(nil, 0, 10) }
        return world.workspace.exists("started") && ProcessTable.withCommandLine(time).count >= 4
    }

    @Test(
        "After SIGKILL nothing that a command started is alive two seconds later",
        arguments: SandboxOnMachine.modes + ["off"])
    func killed(mode: String) async throws {
        let time = Self.uniqueSleep()
        try await StoryWorld.with(
            [.call("bash", ["command": "bash ./children.sh", "description": "start"]), .text("Never.")],
            files: ["children.sh": Self.script(time)], config: ["sandbox": ["mode": .string(mode)]]
        ) { world in
            _ = try await world.cli.start(["run", "--title", "Story", "Start"]) { process in
                #expect(await waitForStart(world, time))
                process.send(SIGKILL)
                return try await process.finish()
            }
            #expect(
                await ProcessTable.waitUntilGone(time, atMost: .seconds(2)), "\(ProcessTable.withCommandLine(time))")
        }
    }

    @Test(
        "When a call ends, times out or is interrupted nothing that it started is alive two seconds later",
        arguments: SandboxOnMachine.modes + ["off"], ["end", "timeout", "interrupt"])
    func ended(mode: String, way: String) async throws {
        let time = Self.uniqueSleep()
        var script = Self.script(time)
        if way == "end" { script = script.replacing("sleep \(time); sleep \(time)", with: "exit 0") }
        let timeout: JSON = way == "timeout" ? 1_500 : 60_000
        try await StoryWorld.with(
            [
                .call("bash", ["command": "bash ./children.sh", "description": "start", "timeout": timeout]),
                .text("After."),
            ], files: ["children.sh": script], config: ["sandbox": ["mode": .string(mode)]]
        ) { world in
            let result = try await world.cli.start(["run", "--title", "Story", "Start"]) { process in
                if way == "interrupt" {
                    #expect(await waitForStart(world, time))
                    process.send(SIGINT)
                }
                return try await process.finish()
            }
            #expect(result.code == (way == "interrupt" ? 130 : 0), "\(result.story)")
            #expect(world.workspace.exists("started"))
            #expect(
                await ProcessTable.waitUntilGone(time, atMost: .seconds(2)), "\(ProcessTable.withCommandLine(time))")
        }
    }
}
