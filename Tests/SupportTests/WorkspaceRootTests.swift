import Glibc
import Support
import SystemPackage
import Testing

@Suite("Workspace root")
struct WorkspaceRootTests {
    private let scratch: Scratch
    private let root: WorkspaceRoot

    init() throws {
        scratch = try Scratch()
        try scratch.write("secret", to: "outside/secret")
        try scratch.write("inside", to: "ws/dir/file")
        root = try WorkspaceRoot(scratch.path.appending("ws"))
    }

    private func code(_ work: () throws(FileError) -> Void) -> FileError.Code? {
        do throws(FileError) {
            try work()
            return nil
        } catch { return error.kind }
    }

    @Test("files inside are read, written, listed, described and removed")
    func inside() throws {
        #expect(try root.read("dir/file") == bytes("inside"))
        #expect(try root.read("dir/../dir/file") == bytes("inside"))
        try root.mkdirs("new/deep")
        try root.writeAtomically(bytes("x"), to: "new/deep/f")
        #expect(try root.stat("new/deep/f").mode == 0o644)
        try root.writeAtomically(bytes("#!"), to: "new/deep/f", mode: 0o755)
        try root.writeAtomically(bytes("#!y"), to: "new/deep/f")
        #expect(try root.stat("new/deep/f").mode == 0o755)
        #expect(try root.list("new/deep").map(\.name.string) == ["f"])
        #expect(try Set(root.list("").map(\.name.string)) == ["dir", "new"])
        #expect(try root.realPath("dir/../new/deep/f") == "new/deep/f")
        try root.remove("new/deep/f")
        try root.remove("new/deep")
        #expect(code { () throws(FileError) in _ = try root.stat("new/deep") } == .notFound)
    }

    @Test(
        "every way out is refused, for reading and for writing",
        arguments: [
            "../outside/secret", "/etc/passwd", "dir/../../outside/secret", "abs", "rel", "up/secret", "updir/new",
            "loop",
        ])
    func escapes(_ path: String) throws {
        try scratch.link("ws/abs", to: "/etc/passwd")
        try scratch.link("ws/rel", to: "../outside/secret")
        try scratch.link("ws/up", to: "../outside")
        try scratch.link("ws/updir", to: scratch.path.appending("outside").string)
        try scratch.link("ws/loop", to: "loop")
        let path = FilePath(path)
        #expect(code { () throws(FileError) in _ = try root.read(path) } == .permissionDenied)
        #expect(code { () throws(FileError) in _ = try root.realPath(path) } == .permissionDenied)
        #expect(code { () throws(FileError) in try root.writeAtomically([], to: path) } == .permissionDenied)
        #expect(try scratch.text("outside/secret") == "secret")
        #expect(try FileIO.list(scratch.path.appending("outside")).count == 1)
    }

    @Test("directories are neither made nor emptied outside")
    func directories() throws {
        try scratch.link("ws/up", to: "../outside")
        #expect(code { () throws(FileError) in try root.mkdirs("up/made") } == .permissionDenied)
        #expect(code { () throws(FileError) in try root.mkdirs("../made") } == .permissionDenied)
        #expect(code { () throws(FileError) in try root.remove("up/secret") } == .permissionDenied)
        #expect(code { () throws(FileError) in try root.remove("../outside/secret") } == .permissionDenied)
        try root.remove("up")
        #expect(try scratch.text("outside/secret") == "secret")
    }

    @Test("links that stay inside are followed, and written through")
    func innerLinks() throws {
        try scratch.link("ws/inner", to: "dir/file")
        #expect(try root.read("inner") == bytes("inside"))
        try root.writeAtomically(bytes("through"), to: "inner")
        #expect(try root.lstat("inner").isSymlink)
        #expect(try scratch.text("ws/dir/file") == "through")
    }

    @Test("magic links of /proc lead nowhere, and a FIFO does not hang a read")
    func special() throws {
        let proc = try WorkspaceRoot("/proc/self")
        #expect(code { () throws(FileError) in _ = try proc.open(relative: "cwd") } == .permissionDenied)
        #expect(code { () throws(FileError) in _ = try proc.open(relative: "root/etc/passwd") } == .permissionDenied)
        _ = scratch.path.appending("ws").appending("fifo").withPlatformString { mkfifo($0, 0o600) }
        _ = code { () throws(FileError) in _ = try root.read("fifo") }
    }

    @Test("a directory that is swapped for a link while files are opened never leads out")
    func race() async throws {
        let swapped = scratch.path.appending("ws").appending("swap")
        let parked = scratch.path.appending("ws").appending("parked")
        try scratch.write("inside", to: "ws/swap/secret")
        try scratch.link("ws/parked", to: "../outside")
        let root = root
        async let swaps: Void = BlockingWork.run {
            for _ in 0..<20_000 {
                swapped.withPlatformString { one in
                    parked.withPlatformString { two in _ = syscallExchange(one, two) }
                }
            }
        }
        let escapes = try await BlockingWork.run {
            var escapes = 0
            for _ in 0..<20_000 {
                if let seen = try? root.read("swap/secret"), seen != bytes("inside") { escapes += 1 }
            }
            return escapes
        }
        try await swaps
        #expect(escapes == 0)
    }
}

/// Exchanges two names by three renames.
private func syscallExchange(_ one: UnsafePointer<CChar>, _ two: UnsafePointer<CChar>) -> Int32 {
    var spare = Array(UnsafeBufferPointer(start: one, count: strlen(one)))
    spare += [0x2E, 0x73, 0]
    return rename(one, spare) | rename(two, one) | rename(spare, two)
}
