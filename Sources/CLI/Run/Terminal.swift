import Support
import SystemPackage
import Tools

#if canImport(Glibc)
    import Glibc
#endif

/// The terminal that a person sits at.
enum Terminal {
    static func isTTY(_ descriptor: FileDescriptor) -> Bool { isatty(descriptor.rawValue) == 1 }

    /// True when somebody can answer: the process has a terminal.
    static var hasControllingTerminal: Bool {
        guard let terminal = try? FileIO.open("/dev/tty", .readOnly) else { return false }
        try? terminal.close()
        return true
    }

    /// One line from the controlling terminal, without its end; nil at its end. Blocking, at most 4 KiB.
    static func readLine() -> String? {
        guard let terminal = try? FileIO.open("/dev/tty", .readOnly) else { return nil }
        defer { try? terminal.close() }
        var bytes: [UInt8] = []
        var byte: [UInt8] = [0]
        while bytes.count < 4_096 {
            let count = (try? byte.withUnsafeMutableBytes { try terminal.read(into: $0) }) ?? 0
            if count == 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte[0] == 0x0A { break }
            if byte[0] != 0x0D { bytes.append(byte[0]) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As `readLine`, but ends with nil when the task is cancelled: a question that was withdrawn takes no later line away.
    static func line() async -> String? {
        while !Task.isCancelled {
            do {
                if try await BlockingWork.run({ hasLine(waitMs: 200) }) {
                    return try await BlockingWork.run { readLine() }
                }
            } catch { return nil }
        }
        return nil
    }

    /// True when a line, or the end of the input, can be read without waiting. Blocking, for as long as it says.
    private static func hasLine(waitMs: Int32) -> Bool {
        guard let terminal = try? FileIO.open("/dev/tty", .readOnly) else { return true }
        defer { try? terminal.close() }
        var polled = pollfd(fd: terminal.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, waitMs) != 0
    }
}

/// Lets one question at a time have the terminal, in the order of arrival.
actor TerminalTurn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Runs `body` alone.
    func alone<Result: Sendable>(_ body: @Sendable () async -> Result) async -> Result {
        if isTaken { await withCheckedContinuation { waiting.append($0) } }
        isTaken = true
        let result = await body()
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        return result
    }
}

/// Asks on the terminal: the question on stderr, the answer from /dev/tty. Permissions: `TerminalPermissions.swift`.
struct TerminalAsker: QuestionAsker {
    let error: StreamOutput
    let turn = TerminalTurn()

    func fill(_ title: String, fields: [JSON], sessionID: String) async -> FormOutcome {
        let error = error
        let form = TerminalForm(write: { await error.write($0) }, line: { await Terminal.line() })
        return await turn.alone { Task.isCancelled ? .dismissed : await form.fill(title, fields) }
    }

    func ask(_ questions: [Question], sessionID: String, callID: String) async throws(ToolError) -> [[String]] {
        let answers = await turn.alone { await self.answers(questions) }
        guard let answers else { throw ToolError(.cancelled, "The user gave no answer.") }
        return answers
    }

    /// Nil when the user gives no answer.
    private func answers(_ questions: [Question]) async -> [[String]]? {
        var answers: [[String]] = []
        for question in questions {
            var text = "\n\(HostileText.escaped(question.question, multiline: true))\n"
            for (index, option) in question.options.enumerated() {
                let label = HostileText.escaped(option.label, multiline: false)
                let why = HostileText.escaped(option.description, multiline: false)
                text += "  \(index + 1). \(label)\(why.isEmpty ? "" : " - \(why)")\n"
            }
            await error.write(
                text + (question.multiple ? "Numbers or text, separated by commas > " : "Number or text > "))
            guard let line = await Terminal.line() else { return nil }
            let parts = question.multiple ? line.split(separator: ",").map(String.init) : [line]
            answers.append(
                parts.map { part in
                    let word = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                    if let number = Int(word), question.options.indices.contains(number - 1) {
                        return question.options[number - 1].label
                    }
                    return word
                })
        }
        return answers
    }
}
