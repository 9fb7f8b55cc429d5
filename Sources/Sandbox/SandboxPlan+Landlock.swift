package import Support
import SystemPackage

extension SandboxPlan {
    private static let devices: [FilePath] = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts",
    ]
    /// Hidden from bubblewrap's commands for the sockets in them, which seccomp keeps out of reach here.
    private static let socketDirectories: Set<FilePath> = ["/run", "/var/tmp"]

    /// The same for Landlock, which can only allow: everything around what is hidden is allowed piece by piece.
    ///
    /// Names can be listed everywhere. What is made beside a hidden path after the sandbox started cannot be read, and what
    /// is hidden inside a writable path is not hidden. Links are passed over: where they lead is allowed or not by itself.
    package func landlockRestrictions(facts: SandboxFacts) -> ProcessRestrictions {
        let hidden = policy.hidden.filter { path in
            let kind = facts.kind(path)
            return !Self.socketDirectories.contains(path) && (kind == .directory || kind == .file)
        }
        // Looked up for each of thousands of names.
        let ends = Set(hidden.map(\.string))
        var ancestors: Set<String> = []
        for var path in hidden { while path.removeLastComponent() { ancestors.insert(path.string) } }
        var readable: [FilePath] = []
        func allow(_ path: FilePath, evenIfHidden: Bool = false) {
            guard evenIfHidden || !ends.contains(path.string) else { return }
            guard ancestors.contains(path.string) else { return readable.append(path) }
            for name in facts.names(path).prefix(4_096) {
                let child = path.appending(name)
                if facts.kind(child) != .link { allow(child) }
            }
        }
        allow("/")
        // Outside of what is hidden everything is allowed by now.
        for path in policy.readable where hidden.contains(where: { $0.contains(path) }) && facts.kind(path) != .missing
        {
            allow(path, evenIfHidden: true)
        }
        var writable = places.filter { $0.cover == .writable }.map(\.path)
        if let temporary = policy.temporary { writable.append(temporary) }
        return ProcessRestrictions(
            listable: ["/"], readable: readable, writable: writable, devices: Self.devices,
            allowsNetwork: policy.network)
    }
}
