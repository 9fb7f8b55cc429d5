import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

/// A home whose model answers from a file, and the program under strace: for crashes and full disks.
struct CrashWorld: Sendable {
    let home: CodetetherHome
    let workspace: TempWorkspace
    let cli: CLIProcess

    /// The script of the session that is cut short: text, two tools, an answer.
    static let script: JSON = [
        [
            "events": [
                ["type": "text", "text": "First I write."],
                [
                    "type": "tool", "id": "c1", "name": "write",
                    "arguments": ["filePath": "a.txt", "content": "one\n"],
                ],
            ]
        ],
        ["events": [["type": "tool", "id": "c2", "name": "read", "arguments": ["filePath": "a.txt"]]]],
        ["events": [["type": "text", "text": "All is done."]]],
    ]

    /// True when every case shall run: `scripts/crash-sweep`.
    static var isFull: Bool { getenv("CODETETHER_CRASH_SWEEP") != nil }

    static func with<T: Sendable>(backend: String, _ body: (CrashWorld) async throws -> T) async throws -> T {
        let config: JSON = [
            "storage": ["backend": .string(backend)], "permission": "allow", "model": "mock/m",
            "provider": [
                "mock": [
                    "api": "openai-chat", "base_url": "http://127.0.0.1:1", "auth": "none",
                    "models": ["m": ["limit": ["context": 128_000, "output": 8_192]]],
                ]
            ],
        ]
        return try await CodetetherHome.with(config: config) { home in
            try await TempWorkspace.with { workspace in
                try workspace.write(script.text(), to: "script.json")
                try workspace.write(
                    JSON.array([["events": [["type": "text", "text": "Still here."]]]]).text(), to: "again.json")
                return try await body(
                    CrashWorld(
                        home: home, workspace: workspace, cli: CLIProcess(home: home, directory: workspace.path)))
            }
        }
    }

    /// The command line of the scripted session.
    static let run = ["run", "--format", "jsonl", "--title", "Crash", "--fake-responses", "script.json", "Write a"]

    /// The program with these arguments under strace.
    func traced(_ strace: [String], _ arguments: [String]) async throws -> ChildResult {
        var options = try cli.options(arguments)
        options.arguments = ["-f", "-qqq"] + strace + [options.executable.string] + arguments
        options.executable = "strace"
        return try await ChildProcess.run(options)
    }

    /// How often the busiest thread of the undisturbed program makes each of these calls: the points to crash at.
    static func points(backend: String, _ calls: [String]) async throws -> [String: Int] {
        try await with(backend: backend) { world in
            let trace = world.workspace.path.appending("trace")
            let result = try await world.traced(
                ["-o", trace.string, "-e", "trace=\(calls.joined(separator: ","))"], run)
            #expect(result.code == 0, "\(result.story)")
            var counts: [String: [String: Int]] = [:]
            for line in try TestFiles.text(trace).split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 1)
                // Process ids are padded to five places.
                guard words.count == 2, let call = words[1].drop(while: { $0 == " " }).split(separator: "(").first
                else { continue }
                counts[String(call), default: [:]][String(words[0]), default: 0] += 1
            }
            return counts.compactMapValues { $0.values.max() }.filter { calls.contains($0.key) }
        }
    }
}

/// What a client of `run --format jsonl` was told before the crash: everything that was acknowledged.
struct Acknowledged {
    var sessionID: String?
    var seq: Int64 = 0
    var texts: [String] = []
    var tools: [String] = []
    var isPrompted = false
    var isDone = false

    /// - Parameter stdout: the last line may be cut.
    init(_ stdout: [UInt8]) {
        for line in stdout.split(separator: 0x0A) {
            guard let json = try? JSON(parsing: Array(line)), let data = json["data"] else { continue }
            sessionID = sessionID ?? data["sessionID"]?.stringValue
            seq = max(seq, json["durable"]?["seq"]?.intValue ?? 0)
            switch json["type"]?.stringValue {
            case "session.inbox.enqueued": isPrompted = true
            case "session.text.ended": texts.append(data["text"]?.stringValue ?? "")
            case "session.tool.success": tools.append(data["id"]?.stringValue ?? "")
            case "session.execution.succeeded": isDone = true
            default: break
            }
        }
    }
}
