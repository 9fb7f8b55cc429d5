import Configuration
import Permissions
import Support
import SystemPackage

/// What the repositories that a command's `git` would find make git run: a `git status` that starts their `core.fsmonitor`
/// or filters does not only read, whoever wrote them. Blocking; a few look-ups and small reads.
enum ShellRepositories {
    private static let maxConfigBytes = 1 << 20

    /// True when `git` in this command may start a program that a repository names, or when that cannot be known.
    /// - Parameter directory: where the command runs, a real path.
    static func startPrograms(_ invocations: [ShellInvocation], in directory: FilePath) -> Bool {
        var folders = [directory]
        for invocation in invocations where ["cd", "pushd", "popd", "chdir"].contains(invocation.name) {
            let operands = invocation.words.dropFirst().filter { $0.literal != "--" }
            guard invocation.name == "cd", operands.count == 1, let path = operands.first?.literal, !path.isEmpty,
                !path.hasPrefix("-"), !path.hasPrefix("~"), operands.first?.hasGlob == false, folders.count < 32
            else { return true }
            // It may run or not, and start from any place before it.
            folders += folders.map { $0.pushing(FilePath(path)).lexicallyNormalized() }
        }
        return Set(folders).contains(where: startsPrograms)
    }

    /// Looks where git looks: in the directory and those above it, for `.git` and for a repository without a work tree.
    private static func startsPrograms(_ directory: FilePath) -> Bool {
        guard var folder = try? FileIO.realPath(directory) else { return FileIO.exists(directory) }
        while true {
            if FileIO.exists(folder.appending("HEAD")), FileIO.isDirectory(folder.appending("objects")) {
                return configures(folder)
            }
            let git = folder.appending(".git")
            if FileIO.isDirectory(git) { return configures(git) }
            if FileIO.exists(git) {
                guard let target = pointer(git, prefix: "gitdir: ") else { return true }
                return configures(folder.pushing(FilePath(target)))
            }
            guard folder.removeLastComponent(), folder != "/" else { return false }
        }
    }

    private static func configures(_ git: FilePath) -> Bool {
        var files = [git.appending("config"), git.appending("config.worktree")]
        if let common = pointer(git.appending("commondir")) {
            files.append(git.pushing(FilePath(common)).appending("config"))
        }
        return files.contains { file in
            guard FileIO.exists(file) else { return false }
            guard let bytes = try? FileIO.read(file, limit: maxConfigBytes) else { return true }
            return GitConfigPrograms.startedByReading(bytes)
        }
    }

    /// The first line of a small file without the prefix that it must have.
    private static func pointer(_ file: FilePath, prefix: String = "") -> String? {
        guard let bytes = try? FileIO.read(file, limit: 8_192) else { return nil }
        let line = UTF8Text.lossy(Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D }))
        return line.hasPrefix(prefix) && line.utf8.count > prefix.utf8.count
            ? String(line.dropFirst(prefix.count)) : nil
    }
}
