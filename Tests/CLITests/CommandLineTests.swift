import Glibc
import Support
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("The command line")
struct CommandLineTests {
    @Test("--version prints name and version, also behind global options")
    func version() async throws {
        try await CLIFixture.with { cli in
            let plain = try await cli.run("--version")
            #expect(plain.status == 0 && plain.output == "codetether 0.2.0\n" && plain.errors.isEmpty)
            let later = try await cli.run("--no-color", "--version")
            #expect(later.output == "codetether 0.2.0\n")
        }
    }

    @Test("No command: help on stderr and 64; --help: help on stdout and 0")
    func help() async throws {
        try await CLIFixture.with { cli in
            let bare = try await cli.run()
            #expect(bare.status == 64 && bare.output.isEmpty && bare.errors.contains("USAGE"))
            let help = try await cli.run("--help")
            #expect(help.status == 0 && help.output.contains("SUBCOMMANDS") && help.errors.isEmpty)
            for command in ["models", "session", "config", "agent", "debug", "completions"] {
                let help = try await cli.run(command, "--help")
                #expect(help.status == 0 && help.output.contains("USAGE: codetether \(command)"), "\(command)")
            }
        }
    }

    @Test(
        "Wrong usage is 64 with a sentence on stderr",
        arguments: [
            ["nonsense"], ["models", "--nope"], ["--log-level", "loud", "config", "show"], ["config", "get"], ["--cwd"],
        ])
    func usage(arguments: [String]) async throws {
        try await CLIFixture.with { cli in
            let result = try await cli.run(list: arguments)
            #expect(result.status == 64 && result.output.isEmpty && !result.errors.isEmpty)
        }
    }

    @Test("With --json an error is a document on stdout and a sentence on stderr")
    func errorDocument() async throws {
        try await CLIFixture.with(files: ["codetether.jsonc": "{\n  \"modle\": 1\n}"]) { cli in
            let result = try await cli.run("config", "show", "--json")
            #expect(result.status == 78)
            #expect(result.json?["error"]?["name"] == "ConfigError")
            #expect(result.json?["error"]?["data"]?["line"] == "2")
            #expect(result.errors.contains("codetether.jsonc:2:3: modle"))
            let usage = try await cli.run("models", "--json", "--nope")
            #expect(usage.status == 64 && usage.json?["error"]?["name"] == "UsageError")
        }
    }

    @Test("--cwd and --config work before and after the command")
    func globals() async throws {
        try await CLIFixture.with(files: [
            "sub/codetether.jsonc": #"{"model":"a/b"}"#, "x.jsonc": #"{"small_model":"c/d"}"#,
        ]) { cli in
            for arguments in [
                ["--cwd", "sub", "config", "get", "model"], ["--cwd=sub", "config", "get", "model"],
                ["config", "get", "model", "--cwd", "sub"],
            ] {
                let result = try await cli.run(list: arguments)
                #expect(result.output == "a/b\n", "\(arguments)")
            }
            let extra = try await cli.run("--config", "x.jsonc", "config", "get", "small_model")
            #expect(extra.output == "c/d\n")
            let missing = try await cli.run("--cwd", "missing", "config", "show")
            #expect(missing.status == 66)
        }
    }

    @Test("A closed reader ends a command quietly with 141")
    func closedPipe() async throws {
        signal(SIGPIPE, SIG_IGN)
        try await CLIFixture.with { cli in
            let pipe = try FileDescriptor.pipe()
            try pipe.readEnd.close()
            let errors = cli.home.path.appending("errors")
            let messages = try FileIO.open(errors, .writeOnly, options: [.create])
            let status = await CommandLineEntry.run(
                ["config", "schema"], environment: Environment(["HOME": "/nonexistent"]), directory: "/",
                output: Output(results: pipe.writeEnd, messages: messages))
            try pipe.writeEnd.close()
            try messages.close()
            #expect(status == 141)
            #expect(try TestFiles.text(errors).isEmpty)
        }
    }

    @Test("Output into a full pipe is complete")
    func backpressure() async throws {
        let pipe = try FileDescriptor.pipe()
        let reader = pipe.readEnd
        let reading = Task {
            try await BlockingWork.run {
                var total = 0
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
                    if count == 0 { return total }
                    total += count
                }
            }
        }
        let text = String(repeating: "0123456789", count: 100_000)
        try await Output(results: pipe.writeEnd, messages: .standardError).write(text)
        try pipe.writeEnd.close()
        #expect(try await reading.value == 1_000_000)
        try reader.close()
    }

    @Test("Completions exist for three shells", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        try await CLIFixture.with { cli in
            let result = try await cli.run("completions", shell)
            #expect(result.status == 0 && result.output.contains("codetether") && result.output.contains("session"))
        }
    }
}
