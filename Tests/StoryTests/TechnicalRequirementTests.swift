import Support
import SystemPackage
import TestSupport
import Testing

@Suite("Technical requirements")
struct TechnicalRequirementTests {
    @Test("TR-1 The package is Swift 6 with strict concurrency and without a way around it")
    func swiftSix() throws {
        let manifest = try TestFiles.text(SourceTree.root.appending("Package.swift"))
        let first = manifest.split(separator: "\n").first.map(String.init) ?? ""
        let version = first.split(separator: ":").last?.split(separator: ".").first.map(String.init) ?? ""
        #expect(first.hasPrefix("// swift-tools-version:"))
        #expect(Int(version.filter { $0.isNumber }) == 6, "\(first)")
        #expect(manifest.contains(".swiftLanguageMode(.v6)"))
        #expect(manifest.contains(".treatAllWarnings(as: .error)"))
        for exit in [".v5", "unsafeFlags", "StrictConcurrency=minimal"] { #expect(!manifest.contains(exit), "\(exit)") }
        for target in SourceTree.targets {
            for (path, text) in try SourceTree.files(target) {
                for word in ["@preconcurrency", "nonisolated(unsafe)"] {
                    #expect(!text.contains(word), "\(path): \(word)")
                }
            }
        }
        #if !swift(>=6.0)
            Issue.record("This test was compiled in an older language mode.")
        #endif
    }

    @Test("TR-3 Every tool result goes back to the model in a message of role tool, also of failed and unknown tools")
    func roleTool() async throws {
        try await StoryWorld.with(
            [
                .calls([
                    (name: "read", arguments: ["filePath": "a.txt"]), (name: "glob", arguments: ["pattern": "*.txt"]),
                ]), .call("read", ["filePath": "missing.txt"]), .unknownTool(), .malformedCall("write"),
                .text("That is all."),
            ], files: ["a.txt": "alpha\n"]
        ) { world in
            let (result, _) = try await world.run("Look around")
            #expect(result.code == 0, "\(result.story)")
            let last = try #require(world.server.agentRequests.last)
            let messages = last.json["messages"]?.arrayValue ?? []
            let calls = messages.flatMap { $0["tool_calls"]?.arrayValue ?? [] }.compactMap { $0["id"]?.stringValue }
            let results = messages.filter { $0["role"] == "tool" }
            #expect(calls.count == 5)
            #expect(results.compactMap { $0["tool_call_id"]?.stringValue } == calls)
            #expect(results.allSatisfy { !($0["content"] ?? .null).isNull })
            #expect(last.toolResults.first?.text.contains("alpha") == true)
            #expect(last.toolResults.last?.text.isEmpty == false, "a malformed call gets an explanation")
            #expect(Set(messages.compactMap { $0["role"]?.stringValue }) == ["system", "user", "assistant", "tool"])
        }
    }

    @Test("TR-4 Tools, requests and runs are logged as lines with fields, and the log never goes to stdout")
    func structuredLog() async throws {
        try await StoryWorld.with(
            [
                .call("write", ["filePath": "a.txt", "content": "one\n"]), .call("read", ["filePath": "missing.txt"]),
                .status(500), .text("Done."),
            ], config: ["log": ["level": "info", "format": "json"]]
        ) { world in
            let (result, json) = try await world.run("Write a")
            #expect(result.code == 0, "\(result.story)")
            let session = try #require(json["sessionID"]?.stringValue)
            let lines = try world.home.logText().split(separator: "\n").map { try JSON(parsing: String($0)) }
            func field(_ line: JSON, _ name: String) -> String? {
                let value = line[name] ?? line.at("metadata", name)
                return value?.stringValue ?? value?.intValue.map { String($0) }
            }
            for line in lines {
                #expect(field(line, "level") != nil && field(line, "message") != nil, "\(line.text())")
                #expect(line["time"] != nil || line["timestamp"] != nil, "\(line.text())")
            }
            let tools = lines.filter { field($0, "tool") != nil }
            #expect(tools.compactMap { field($0, "tool") }.starts(with: ["write", "read"]))
            for line in tools {
                #expect(field(line, "session") == session)
                #expect(Int(field(line, "durationMs") ?? "") != nil, "\(line.text())")
                #expect(field(line, "status") != nil)
            }
            #expect(lines.contains { field($0, "attempt") != nil }, "the retry is not logged")
            let ends = lines.filter { field($0, "outcome") != nil }
            #expect(ends.compactMap { field($0, "outcome") } == ["succeeded"])
            #expect(field(try #require(ends.first), "model") == "mock/m")
        }
    }

    @Test("TR-4 --print-logs shows the same lines on stderr and leaves stdout alone")
    func printLogs() async throws {
        try await StoryWorld.with([.call("read", ["filePath": "a.txt"]), .text("Fine.")], files: ["a.txt": "x\n"]) {
            world in
            let quiet = try await world.cli.run("run", "--title", "Story", "Look")
            #expect(!quiet.err.contains("durationMs"), "\(quiet.story)")
            world.server.append(.call("read", ["filePath": "a.txt"]), .text("Fine."))
            let loud = try await world.cli.run(
                "--print-logs", "--log-level", "debug", "run", "--title", "Story", "--format", "json", "Look again")
            #expect(loud.code == 0, "\(loud.story)")
            #expect(loud.err.contains("durationMs") && loud.err.contains("read"), "\(loud.story)")
            #expect(try loud.json()["text"] == "Fine.")
        }
    }
}
