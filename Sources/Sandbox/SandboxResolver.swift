import Support
import SystemPackage

/// Real paths for a policy, from the paths that people and programs name. Blocking.
struct SandboxResolver {
    let home: FilePath

    /// The real paths of those that exist.
    func real(_ paths: [FilePath]) -> [FilePath] { paths.compactMap { try? FileIO.realPath($0) } }

    /// The real paths of those that exist; of the others the nearest directory that does. `/`, the home directory's
    /// ancestors and itself, and the kernel's file systems are never opened as a whole.
    func writable(_ paths: [FilePath]) -> [FilePath] {
        let home = (try? FileIO.realPath(self.home)) ?? self.home
        return paths.compactMap { path -> FilePath? in
            guard path.isAbsolute else { return nil }
            var existing = path.lexicallyNormalized()
            while (try? FileIO.stat(existing)) == nil, !existing.components.isEmpty { existing.removeLastComponent() }
            guard let real = try? FileIO.realPath(existing), real != "/", !real.contains(home) else { return nil }
            return ["/proc", "/sys", "/dev"].contains(where: { FilePath($0).contains(real) }) ? nil : real
        }
    }

    /// The repository that a linked work tree belongs to, which git has to change for a commit; none for others. A
    /// repository cannot forge it: both must name each other, and what lies in the workspace does not count.
    func repository(of workspace: FilePath) -> [FilePath] {
        let link = workspace.appending(".git")
        guard let info = try? FileIO.stat(link, followSymlink: false), info.isRegular,
            let own = line(link, prefix: "gitdir: "),
            let directory = try? FileIO.realPath(workspace.pushing(FilePath(own))), !workspace.contains(directory),
            let back = line(directory.appending("gitdir")), FilePath(back) == link,
            directory.removingLastComponent().lastComponent == "worktrees"
        else { return [] }
        let common = directory.removingLastComponent().removingLastComponent()
        return FileIO.isDirectory(common.appending("objects")) && common != "/" ? [common] : []
    }

    /// The first line of a short file, without a prefix that it must have.
    private func line(_ path: FilePath, prefix: String = "") -> String? {
        guard let bytes = try? FileIO.read(path, limit: 8_192) else { return nil }
        let text = UTF8Text.lossy(Array(bytes.prefix { $0 != 0x0A }))
        return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    /// What is hidden: the named paths and, where they are links, what they lead to.
    func hidden(_ paths: [FilePath], except opened: [FilePath]) -> [FilePath] {
        paths.filter { path in !opened.contains { $0.contains(path) } }.compactMap { try? FileIO.realPath($0) }
            .filter { $0 != "/" }
    }
}

extension SandboxFacts {
    /// Of the machine we run on. Blocking.
    package static let machine = SandboxFacts(
        kind: { path in
            guard let info = try? FileIO.stat(path, followSymlink: false) else { return .missing }
            return info.isSymlink ? .link : info.isDirectory ? .directory : .file
        },
        names: { path in ((try? FileIO.list(path)) ?? []).map(\.name) })
}
