import JSONRPC
import Support
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Processes that speak lines")
struct LineProcessTests {
    init() { ProcessSupervision.ignoreSIGPIPE() }

    private func start(
        _ script: String, maxLineBytes: Int = 1 << 20, _ lines: Watchable<[String]>, _ ends: Watchable<Int>
    ) throws -> LineProcess {
        try LineProcess(
            Command(
                executable: "/bin/sh", arguments: ["-c", script], directory: "/",
                environment: ["PATH": "/usr/bin:/bin"]), runner: ProcessRunner(), maxLineBytes: maxLineBytes,
            onLine: { line in lines.change { $0.append(String(decoding: line, as: UTF8.self)) } },
            onEnd: { _ in ends.change { $0 += 1 } })
    }

    @Test("Lines come in order, the last one without its end too, and the end is told once, with stderr")
    func lines() async throws {
        let (lines, ends) = (Watchable<[String]>([]), Watchable(0))
        let process = try start("printf 'a\\nb\\n\\nc'; echo oh >&2; exit 3", lines, ends)
        let end = await process.end()
        #expect(lines.state == ["a", "b", "c"])
        #expect(ends.state == 1)
        #expect(end.status == .exited(3))
        #expect(end.stderr.contains("oh"))
    }

    @Test("What is sent comes to its stdin, and closing ends it")
    func echo() async throws {
        let (lines, ends) = (Watchable<[String]>([]), Watchable(0))
        let process = try start("cat", lines, ends)
        #expect(process.send(Array("hello\n".utf8)))
        #expect(await lines.wait(atMost: .seconds(20)) { $0 == ["hello"] })
        await process.close(grace: .seconds(5), time: SystemTime())
        #expect(ends.state == 1)
        #expect(!process.send(Array("late\n".utf8)))
    }

    @Test("A line without end is not kept: the process is ended and the reason told")
    func tooLong() async throws {
        let (lines, ends) = (Watchable<[String]>([]), Watchable(0))
        let process = try start("head -c 300000 /dev/zero; sleep 60", maxLineBytes: 1 << 16, lines, ends)
        let end = await process.end()
        #expect(lines.state.isEmpty)
        #expect(end.failure != nil)
    }

    @Test("A program that does not read is not queued for without end")
    func bounded() throws {
        let ends = try FileDescriptor.pipe()
        defer { try? ends.readEnd.close() }
        let pipe = LinePipe(ends.writeEnd, maxQueuedBytes: 1 << 20)
        let block = [UInt8](repeating: 0x61, count: 300 << 10)
        let taken = (0..<10).count { _ in pipe.write(block) }
        #expect(taken < 10)
        pipe.close()
    }
}
