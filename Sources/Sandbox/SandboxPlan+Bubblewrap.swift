package import SystemPackage

extension SandboxPlan {
    /// The arguments of `bwrap` before the program.
    /// - Parameters:
    ///   - directory: where the program starts.
    ///   - keepsTerminal: for a program whose controlling terminal is its own.
    ///
    /// `--cap-drop ALL`: as root, the capabilities would allow remounting everything writable. `--new-session`: else a
    /// command could type into our terminal. A fresh `/proc` shows only the command's own processes. Mounts of links follow
    /// the links, therefore all paths are real ones.
    package func bubblewrapArguments(directory: FilePath, keepsTerminal: Bool = false) -> [String] {
        var arguments = ["--die-with-parent"]
        if !keepsTerminal { arguments.append("--new-session") }
        arguments += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL"]
        if !policy.network { arguments.append("--unshare-net") }
        arguments += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        for place in places {
            let path = place.path.string
            switch place.cover {
            case .hiddenDirectory: arguments += ["--tmpfs", path]
            case .hiddenFile: arguments += ["--ro-bind", "/dev/null", path]
            case .temporary:
                arguments += policy.temporary.map { ["--bind", $0.string, path] } ?? ["--tmpfs", path]
            case .readable: arguments += ["--ro-bind", path, path]
            case .writable: arguments += ["--bind", path, path]
            }
        }
        // The mount points of what is visible inside are made by now.
        for place in places where place.cover == .hiddenDirectory { arguments += ["--remount-ro", place.path.string] }
        arguments += ["--chdir", directory.string]
        return arguments
    }
}
