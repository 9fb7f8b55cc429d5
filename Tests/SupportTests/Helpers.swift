import Glibc
import Support
import SystemPackage

/// A directory of its own under /tmp that goes away with the value.
final class Scratch: Sendable {
    let path: FilePath

    init() throws {
        let root = try FileIO.realPath("/tmp")
        path = root.appending("support-tests-\(UInt64.random(in: .min ... .max))")
        try FileIO.createDirectory(path)
    }

    deinit { Self.removeAll(path) }

    private static func removeAll(_ path: FilePath) {
        for entry in (try? FileIO.list(path)) ?? [] {
            let child = path.appending(entry.name)
            if entry.kind == .directory { removeAll(child) } else { try? FileIO.remove(child) }
        }
        try? FileIO.remove(path)
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> FilePath {
        let file = path.appending(FilePath(name).components)
        try FileIO.createDirectory(file.removingLastComponent())
        try AtomicFile.write(Array(text.utf8), to: file)
        return file
    }

    func text(_ name: String) throws -> String {
        String(decoding: try FileIO.read(path.appending(FilePath(name).components)), as: UTF8.self)
    }

    func link(_ name: String, to target: String) throws {
        let made = path.appending(name).withPlatformString { symlink(target, $0) }
        if made != 0 { throw Errno(rawValue: errno) }
    }
}

/// A small generator whose values are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
