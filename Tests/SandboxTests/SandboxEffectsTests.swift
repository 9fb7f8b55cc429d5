import Glibc
import Sandbox
import Support
import SystemPackage
import TestSupport
import Testing

/// Scenario 07 and 10 of the reliability reference: what a command does outside has no effect, however it is done.
@Suite("Effects outside the sandbox", .serialized)
struct SandboxEffectsTests {
    /// `@F` is a file outside, `@D` its directory. Kept by every mode.
    private static let templates = [
        "echo x > @F", "echo x >> @F", ": >| @F", "echo x | tee @F", "echo x | tee -a @F",
        "dd if=/dev/zero of=@F count=1",
        "cp a.txt @F", "mv a.txt @F", "install -m 644 a.txt @F", "ln -s a.txt @F", "ln a.txt @F",
        "ln -sf /etc/passwd @F",
        "rm -f @F", "unlink @F", "truncate -s 0 @F", "truncate -s 100 @F",
        "python3 -c 'open(\"@F\",\"w\").write(\"x\")'",
        "python3 -c 'import os; os.remove(\"@F\")'", "python3 -c 'import os; os.rename(\"a.txt\",\"@F\")'",
        "python3 -c 'import os; os.truncate(\"@F\",0)'", "python3 -c 'import os; os.symlink(\"x\",\"@F\")'",
        "python3 -c 'import shutil; shutil.rmtree(\"@D\")'", "sed -i s/o/x/ @F", "perl -pi -e s/o/x/ @F",
        "perl -e 'open(my $f, \">\", \"@F\"); print $f 1'", "awk 'BEGIN { print 1 > \"@F\" }'",
        "awk 'BEGIN { system(\"echo x > @F\") }'", "cat <<END > @F\nx\nEND", "exec 3> @F; echo x >&3",
        "exec 3<> @F; echo x >&3",
        "{ echo x; } &> @F", "(cd @D && echo x > new-by-cd)", "cd /; echo x > @F", "env A=1 sh -c 'echo x > @F'",
        "xargs -I{} sh -c 'echo x > {}' <<< @F", "find . -name a.txt -exec cp {} @F ';'", "tar cf @F a.txt",
        "tar cf - a.txt | tar xf - -C @D", "tar cf t.tar a.txt && tar xf t.tar --to-command='cat > @F'",
        "git init -q @D/repo", "git -C @D init -q", "mkdir -p @F.dir/sub", "mkfifo @F.pipe", "rm -rf @D",
        "mv @D @D.moved", "rmdir @D",
        "sort -o @F a.txt", "split a.txt @F.", "gzip -c a.txt > @F", "nohup sh -c 'echo x > @F' > /dev/null",
        "setsid sh -c 'echo x > @F'; sleep 0.02", "timeout 5 sh -c 'echo x > @F'", "bash -c \"bash -c 'echo x > @F'\"",
        "eval 'echo x > @F'", "printf 'echo x > @F' > s.sh; sh s.sh", "ln -sfn @D link; echo x > link/through-a-link",
        "trap 'echo x > @F' EXIT", "f() { echo x > @F; }; f", "a=@F; echo x > $a", "echo x > /proc/self/root@F",
        "cp -r . @D/copy", "mknod @F.null c 1 3", "mount --bind . @D", "flock @F -c 'echo x > @F'",
        "echo x | dd of=@F 2> /dev/null",
        "mv --exchange a.txt @F", "cp --preserve=all a.txt @F", "(echo x > @F &); sleep 0.02",
        "coproc { echo x > @F; }; wait",
        "printf '#!/bin/sh\\necho x > @F' > run; chmod +x run; ./run",
        "comm a.txt a.txt > @F; diff a.txt /dev/null > @F",
    ]
    /// Kept by bubblewrap only: Landlock cannot guard mode, owner and times (docs/security.md).
    private static let metadata = [
        "chmod 000 @F", "chown 1:1 @F", "touch @F", "touch -t 200001010000 @D",
        "python3 -c 'import os; os.utime(\"@F\",(0,0))'", "chmod -R u-w @D",
    ]

    private static func commands(_ outside: FilePath, withMetadata: Bool) -> [String] {
        let files = ["keep.txt", "dir/keep.txt", "dir/new.txt"].map { outside.appending($0) }
        return files.flatMap { file in
            (templates + (withMetadata ? metadata : [])).map {
                $0.replacing("@F", with: file.string).replacing("@D", with: file.removingLastComponent().string)
            }
        }
    }

    /// Names, kinds, contents, and with `metadata` also modes, owners and times.
    private static func state(_ folder: FilePath, metadata: Bool) throws -> [String] {
        var lines: [String] = []
        func visit(_ path: FilePath) throws {
            let info = try FileIO.stat(path, followSymlink: false)
            var line = "\(path) \(info.isDirectory) \(info.isSymlink) \(info.inode)"
            if metadata { line += " \(info.mode) \(info.mtimeNs)" }
            if info.isRegular { line += " \(try FileIO.read(path))" }
            lines.append(line)
            guard info.isDirectory else { return }
            for entry in try FileIO.list(path).sorted(by: { $0.name.string < $1.name.string }) {
                try visit(path.appending(entry.name))
            }
        }
        try visit(folder)
        return lines
    }

    /// Every sixth, which are other templates for each file; all with `CODETETHER_SANDBOX_EFFECTS=all`.
    private static let stride = getenv("CODETETHER_SANDBOX_EFFECTS") == nil ? 6 : 1

    @Test("200 commands that act outside leave it as it was", arguments: SandboxWorld.modes)
    func effects(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let isBubblewrap = mode.mode == .bwrap
            let before = try Self.state(world.outside.path, metadata: isBubblewrap)
            let commands = Self.commands(world.outside.path, withMetadata: isBubblewrap)
            #expect(commands.count >= 200)
            for command in Swift.stride(from: 0, to: commands.count, by: Self.stride).map({ commands[$0] }) {
                _ = try await world.run(command)
                let after = try Self.state(world.outside.path, metadata: isBubblewrap)
                #expect(after == before, "\(command)")
                guard after == before else { return }
            }
        }
    }

    @Test("the same commands do have effects without a sandbox: the test can fail")
    func control() async throws {
        try await SandboxWorld.with(SandboxMode.off) { (world) async throws in
            let before = try Self.state(world.outside.path, metadata: false)
            var effective = 0
            let ofTheSecondFile = Self.commands(world.outside.path, withMetadata: false).dropFirst(Self.templates.count)
            for command in ofTheSecondFile.prefix(Self.templates.count) {
                let kept = try TempWorkspace(files: ["keep.txt": "outside\n", "dir/keep.txt": "outside\n"])
                defer { kept.remove() }
                let here = command.replacing(world.outside.path.string, with: kept.path.string)
                guard !here.contains("mount") else { continue }
                let start = try Self.state(kept.path, metadata: false)
                _ = try await world.run(here)
                if try Self.state(kept.path, metadata: false) != start { effective += 1 }
                try? world.workspace.write("workspace\n", to: "a.txt")
            }
            #expect(effective > 50, "\(effective) of \(Self.templates.count)")
            #expect(try Self.state(world.outside.path, metadata: false) == before)
        }
    }

    @Test(
        "a command that does nothing changes nothing in the workspace, not even a time", arguments: SandboxWorld.modes)
    func noTrace(mode: TestedMode) async throws {
        try await SandboxWorld.with(mode) { (world) async throws in
            let before = try Self.state(world.workspace.path, metadata: true)
            for _ in 0..<5 { _ = try await world.run("true") }
            _ = try await world.run("sleep 10", timeout: .milliseconds(50))
            #expect(try Self.state(world.workspace.path, metadata: true) == before)
        }
    }
}
