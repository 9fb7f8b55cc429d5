import Sandbox
import Support
import SystemPackage
import Testing

@Suite("Sandbox plan")
struct SandboxPlanTests {
    /// A machine with these directories and files.
    private func facts(
        directories: Set<FilePath> = [], files: Set<FilePath> = [], names: [FilePath: [String]] = [:]
    ) -> SandboxFacts {
        SandboxFacts(
            kind: { directories.contains($0) ? .directory : files.contains($0) ? .file : .missing },
            names: { (names[$0] ?? []).compactMap { FilePath.Component($0) } })
    }

    private func mounts(_ plan: SandboxPlan) -> [String] {
        plan.places.map { "\($0.path) \($0.cover)" }
    }

    @Test("what is named is mounted from the root down, and what does not exist is left out")
    func order() {
        let plan = SandboxPlan(
            SandboxPolicy(
                workspace: "/home/u/w", writable: ["/srv/out", "/gone"],
                hidden: ["/home/u/.ssh", "/home/u/.aws", "/run", "/home/u/.netrc"]),
            facts: facts(directories: ["/home/u/.ssh", "/run", "/srv/out"], files: ["/home/u/.netrc"]))
        #expect(
            mounts(plan) == [
                "/run hiddenDirectory", "/tmp temporary", "/srv/out writable", "/home/u/.netrc hiddenFile",
                "/home/u/.ssh hiddenDirectory", "/home/u/w writable",
            ])
    }

    @Test(
        "the more specific path wins, and at one path the wider right",
        arguments: [
            (["/h"], ["/h/w"], [], ["/h hiddenDirectory", "/tmp temporary", "/h/w writable"]),
            (["/h/w/.secret"], ["/h/w"], [], ["/tmp temporary", "/h/w writable", "/h/w/.secret hiddenDirectory"]),
            (["/h/w"], ["/h/w"], [], ["/tmp temporary", "/h/w writable"]),
            (
                ["/h", "/h/a/b"], ["/w"], ["/h/a"],
                [
                    "/h hiddenDirectory", "/tmp temporary", "/w writable", "/h/a readable", "/h/a/b hiddenDirectory",
                ]
            ),
            (["/h", "/h/a/b"], ["/w"], [], ["/h hiddenDirectory", "/tmp temporary", "/w writable"]),
            (["/tmp/own"], ["/tmp/w"], [], ["/tmp temporary", "/tmp/w writable"]),
            ([], ["/w", "/w/sub"], ["/w/sub/x"], ["/tmp temporary", "/w writable", "/w/sub/x readable"]),
            (["/"], ["/w"], [], ["/tmp temporary", "/w writable"]),
        ] as [([String], [String], [String], [String])])
    func precedence(hidden: [String], writable: [String], readable: [String], expected: [String]) {
        let all = (hidden + writable + readable).map { FilePath($0) }
        let plan = SandboxPlan(
            SandboxPolicy(
                workspace: FilePath(writable.first ?? "/w"), writable: writable.dropFirst().map { FilePath($0) },
                readable: readable.map { FilePath($0) }, hidden: hidden.map { FilePath($0) }),
            facts: facts(directories: Set(all)))
        #expect(mounts(plan) == expected)
    }

    @Test("bubblewrap gets every protection, the places in order and the network only when it is granted")
    func bubblewrap() {
        var policy = SandboxPolicy(
            workspace: "/w", hidden: ["/h", "/f"], temporary: "/var/lib/t")
        let facts = facts(directories: ["/h"], files: ["/f"])
        #expect(
            SandboxPlan(policy, facts: facts).bubblewrapArguments(directory: "/w/sub") == [
                "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop",
                "ALL", "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind",
                "/dev/null", "/f", "--tmpfs", "/h", "--bind", "/var/lib/t", "/tmp", "--bind", "/w", "/w",
                "--remount-ro", "/h", "--chdir", "/w/sub",
            ])
        policy.network = true
        policy.changesWorkspace = false
        policy.temporary = nil
        let open = SandboxPlan(policy, facts: facts).bubblewrapArguments(directory: "/w")
        #expect(!open.contains("--unshare-net"))
        #expect(open.firstIndex(of: "--bind") == nil)
        #expect(open.contains(["--tmpfs", "/tmp"]) && open.filter { $0 == "/w" } == ["/w"])
    }

    @Test("Landlock allows everything around what is hidden, piece by piece")
    func landlock() {
        let facts = facts(
            directories: ["/home/u/.ssh", "/home/u/code", "/usr", "/home", "/home/u", "/run", "/w"],
            files: ["/home/u/.netrc", "/home/u/notes"],
            names: [
                "/": ["usr", "home", "bin"], "/home": ["u"], "/home/u": [".ssh", ".netrc", "code", "notes", "link"],
            ])
        let linked = SandboxFacts(
            kind: { path in path == "/bin" || path == "/home/u/link" ? .link : facts.kind(path) }, names: facts.names)
        let plan = SandboxPlan(
            SandboxPolicy(
                workspace: "/w", hidden: ["/home/u/.ssh", "/home/u/.netrc", "/run", "/missing"], temporary: "/t"),
            facts: linked)
        let restrictions = plan.landlockRestrictions(facts: linked)
        #expect(restrictions.readable.map(\.string) == ["/usr", "/home/u/code", "/home/u/notes"])
        #expect(restrictions.writable.map(\.string) == ["/w", "/t"])
        #expect(restrictions.listable == ["/"])
        #expect(!restrictions.allowsNetwork)
    }

    @Test("the home directory, its ancestors and the kernel's directories are never opened as a whole")
    func neverOpened() async throws {
        for path in ["/", "/root", "/proc", "/sys/kernel", "/dev/shm", "relative"] {
            let sandbox = Sandbox(
                settings: SandboxSettings(mode: .landlock, writable: [FilePath(path)]), workspace: "/usr",
                home: "/root",
                environment: Environment(), own: [])
            let command = Command(executable: "/bin/true", directory: "/", environment: [:])
            guard let contained = try? await sandbox.contain(command, SandboxAccess()) else { continue }
            #expect(contained.command.restrictions?.writable == ["/usr"], "\(path)")
        }
    }
}
