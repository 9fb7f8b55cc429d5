import Glibc
import Permissions
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Tools

/// Scenario 06 of the reliability reference: a directory of the workspace becomes a link to the outside and back, as fast as it
/// goes, while the file tools work in it. `CODETETHER_RACE_SECONDS` sets the time a tool; `scripts/race` takes 60.
@Suite("Symbolic links that change under the tools", .serialized)
struct FilesRaceTests {
    private static let seconds = getenv("CODETETHER_RACE_SECONDS").flatMap { Double(String(cString: $0)) } ?? 0.4

    /// Exchanges two names until it goes.
    private final class Flipper: Sendable {
        private let isOver = Atomic(false)
        private let swaps = Atomic(0)
        private let ended = Mutex(false)

        init(_ one: FilePath, _ other: FilePath) {
            let spare = one.removingLastComponent().appending("spare")
            var thread = pthread_t()
            let body: @Sendable () -> Void = { [self] in
                while !isOver.load(ordering: .relaxed) {
                    // one: directory -> link -> directory; the third name makes three renames an exchange.
                    _ = rename(one.string, spare.string)
                    _ = rename(other.string, one.string)
                    _ = rename(spare.string, other.string)
                    swaps.add(1, ordering: .relaxed)
                }
                ended.withLock { $0 = true }
            }
            let box = Unmanaged.passRetained(Box(body))
            _ = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
                    return nil
                }, box.toOpaque())
            pthread_detach(thread)
        }

        private final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }

        func stop() -> Int {
            isOver.store(true, ordering: .relaxed)
            while !ended.withLock({ $0 }) { poll(nil, 0, 1) }
            return swaps.load(ordering: .relaxed)
        }
    }

    @Test(
        "no call reads or changes anything outside",
        arguments: ["read", "write", "edit", "apply_patch", "glob", "grep", "list"])
    func race(tool: String) async throws {
        let outside = try TempWorkspace(files: ["a.txt": "canary outside\n", "only-outside.txt": "canary\n"])
        defer { outside.remove() }
        try await ToolWorld.with(files: ["d/a.txt": "inside\n"]) { (world) async throws in
            let directory = world.workspace.path.appending("d")
            let link = world.workspace.path.appending("e")
            _ = symlink(outside.path.string, link.string)
            // What the rules would have to decide first: here everything that does not leave the workspace is allowed.
            world.gate.deny("external_directory")
            let before = try Self.state(outside.path)
            let flipper = Flipper(directory, link)
            var calls = 0
            var successes = 0
            let clock = ContinuousClock()
            let end = clock.now + .seconds(Self.seconds)
            while clock.now < end || calls < 50 {
                calls += 1
                let input: JSON =
                    switch tool {
                    case "read": ["filePath": "d/a.txt"]
                    case "write": ["filePath": .string("d/new-\(calls % 7).txt"), "content": "written\n"]
                    case "edit": ["filePath": "d/a.txt", "oldString": "side", "newString": "side!"]
                    case "apply_patch":
                        ["patchText": .string("*** Begin Patch\n*** Add File: d/p-\(calls % 7).txt\n+x\n*** End Patch")]
                    case "glob": ["pattern": "**/*.txt", "path": "d"]
                    case "grep": ["pattern": "canary", "path": "d"]
                    default: ["path": "d"]
                    }
                do {
                    // An edit needs a read before it.
                    if tool == "edit" { _ = try await world.call("read", ["filePath": "d/a.txt"]) }
                    let output = try await world.call(tool, input)
                    successes += 1
                    #expect(
                        !output.text.contains("canary outside") && !output.text.contains("only-outside"),
                        "\(output.text)")
                } catch is ToolError {}
            }
            let swaps = flipper.stop()
            #expect(swaps > calls / 10)
            #expect(try Self.state(outside.path) == before, "\(calls) calls, \(swaps) swaps")
            if Self.seconds > 10 {
                print("race: \(tool) \(calls) calls (\(successes) worked), \(swaps) swaps, 0 escapes")
            }
        }
    }

    private static func state(_ folder: FilePath) throws -> [String] {
        try TestFiles.tree(folder).map { "\($0) \(try TestFiles.text($0))" }
    }
}
