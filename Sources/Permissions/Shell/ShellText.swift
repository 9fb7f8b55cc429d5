import Support

/// Commands as rules see them.
package enum ShellText {
    /// Directories whose programs are known by their last component too.
    private static let systemDirectories: Set<String> = [
        "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin",
    ]

    /// Words joined by one blank.
    static func join(_ words: some Sequence<ShellWord>) -> String { words.map(\.text).joined(separator: " ") }

    /// The last component of a program's path.
    package static func lastComponent(_ program: String) -> String {
        program.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(program[program.utf8.index(after: $0)...]) }
            ?? program
    }

    /// True for `/usr/bin/git`, whose place nobody but the system changes.
    package static func isSystemProgram(_ program: String) -> Bool {
        guard let slash = program.utf8.lastIndex(of: UInt8(ascii: "/")) else { return false }
        return systemDirectories.contains(String(program[..<slash]))
    }

    /// The texts by which rules know a command: itself, and without the directory of a system program
    /// (`/usr/bin/rm x` is also `rm x`).
    package static func forms(_ command: String) -> [String] {
        guard command.utf8.first == UInt8(ascii: "/") else { return [command] }
        let end = command.utf8.firstIndex(of: 0x20) ?? command.endIndex
        let program = String(command[..<end])
        guard isSystemProgram(program) else { return [command] }
        return [command, lastComponent(program) + command[end...]]
    }
}
