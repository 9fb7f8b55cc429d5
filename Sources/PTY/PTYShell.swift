import Support
import SystemPackage

/// The shell of the user.
enum PTYShell {
    private static let loginShells: Set<String> = ["bash", "zsh", "fish", "sh", "dash", "ksh", "ash"]

    /// `SHELL` when it is an absolute path of a program, else bash, else sh.
    static func path(_ environment: [String: String]) -> String {
        for candidate in [environment["SHELL"] ?? "", "/bin/bash"] {
            let path = FilePath(candidate)
            if path.isAbsolute, let info = try? FileIO.stat(path), info.isRegular, info.mode & 0o111 != 0 {
                return candidate
            }
        }
        return "/bin/sh"
    }

    /// Whether a shell is known to take `-l`.
    static func isLoginShell(_ path: String) -> Bool {
        loginShells.contains(FilePath(path).lastComponent?.string ?? "")
    }
}
