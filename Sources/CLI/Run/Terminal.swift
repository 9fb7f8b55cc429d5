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
}

/// Asks on the terminal: the question on stderr, the answer from /dev/tty. Permissions: `TerminalPermissions.swift`.
struct TerminalAsker: QuestionAsker {
    let error: StreamOutput

    func ask(_ questions: [Question], sessionID: String, callID: String) async throws(ToolError) -> [[String]] {
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
            guard let line = (try? await BlockingWork.run { Terminal.readLine() }) ?? nil, !Task.isCancelled else {
                throw ToolError(.cancelled, "The user gave no answer.")
            }
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
