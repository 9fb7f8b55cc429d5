import Permissions
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Puts asks on the terminal: the question on stderr, the answer from /dev/tty. Nothing can be approved before all of it
/// was shown.
extension TerminalAsker: PermissionAsker {
    func ask(_ request: PermissionAsk) async -> PermissionReply {
        await turn.alone { await self.reply(to: request) }
    }

    private func reply(to request: PermissionAsk) async -> PermissionReply {
        let size = Terminal.size
        let prompt = PermissionPrompt(request, columns: size.columns - 1, rows: size.rows - 4)
        for (index, page) in prompt.pages.enumerated() {
            await error.write((index == 0 ? "\n" : "") + page.map { $0 + "\n" }.joined())
            guard index + 1 < prompt.pages.count else { break }
            await error.write("-- page \(index + 1) of \(prompt.pages.count); Enter shows more, r rejects -- ")
            guard let line = await Terminal.line() else { return .reject(feedback: nil) }
            if let reply = Self.rejection(line) { return reply }
        }
        let saves = PermissionPrompt.saves(request)
        if !saves.isEmpty { await error.write(saves.map { "always saves: \($0)\n" }.joined()) }
        let question =
            saves.isEmpty
            ? "Allow? o = once, r = reject (text after r is told to the model) > "
            : "Allow? o = once, a = always in this project, s = in this session, g = everywhere, "
                + "r = reject (text after r is told to the model) > "
        await error.write(question)
        while let line = await Terminal.line() {
            if let reply = Self.rejection(line) { return reply }
            switch line.split(separator: " ").first?.lowercased() {
            case "o", "once", "y", "yes": return .once
            case "a", "always": return saves.isEmpty ? .once : .always(.project)
            case "s" where !saves.isEmpty: return .always(.session)
            case "g" where !saves.isEmpty: return .always(.global)
            default: await error.write(saves.isEmpty ? "Answer o or r > " : "Answer o, a, s, g or r > ")
            }
        }
        return .reject(feedback: nil)
    }

    private static func rejection(_ line: String) -> PermissionReply? {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard ["r", "reject", "n", "no"].contains(words.first?.lowercased()) else { return nil }
        return .reject(feedback: words.count > 1 ? words[1] : nil)
    }
}

extension Terminal {
    /// Columns and rows of the terminal; 80 by 24 when it does not say.
    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard let terminal = try? FileIO.open("/dev/tty", .readOnly) else { return (80, 24) }
        defer { try? terminal.close() }
        guard ioctl(terminal.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20, size.ws_row > 8 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
