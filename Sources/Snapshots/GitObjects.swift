import Crypto
import Dispatch
package import Support
import Synchronization
package import SystemPackage

/// Git objects, written and read without git.
///
/// What is written is a loose object whose zlib stream is not compressed: any git reads it, and `repack` compresses it. What is
/// read are such objects; those that git packed are read through git. Blocking; an object survives the end of the process when
/// `write` returned, and power loss after `flush`.
package struct GitObjects: Sendable {
    /// The kinds that are used.
    package enum Kind: String, Sendable { case blob, tree, commit }

    /// The empty tree.
    package static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

    let directory: FilePath

    /// - Parameter directory: `objects` of a git directory.
    package init(_ directory: FilePath) { self.directory = directory }

    /// The id of an object: SHA-1 of `kind size\0bytes`, as 40 hexadecimal digits.
    package static func hash(_ kind: Kind, _ bytes: [UInt8]) -> String {
        var hash = Insecure.SHA1()
        hash.update(data: Array("\(kind.rawValue) \(bytes.count)\0".utf8))
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return Hex.text(hash.finalize())
    }

    /// True for 40 hexadecimal digits.
    package static func isHash(_ text: String) -> Bool {
        text.utf8.count == 40 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private func path(_ hash: String) -> FilePath {
        directory.appending(String(hash.prefix(2))).appending(String(hash.dropFirst(2)))
    }

    /// True when the object is there as a file of its own (it may be in a pack too).
    package func isLoose(_ hash: String) -> Bool { FileIO.exists(path(hash)) }

    /// Stores an object and returns its id.
    @discardableResult
    package func write(_ kind: Kind, _ bytes: [UInt8]) throws(FileError) -> String {
        let hash = Self.hash(kind, bytes)
        let target = path(hash)
        let content = Array("\(kind.rawValue) \(bytes.count)\0".utf8) + bytes
        // One of another size was left by a crash of the machine, or by git.
        if let there = try? FileIO.stat(target), there.size == Int64(StoredZlib.size(of: content.count)) { return hash }
        let temporary = directory.appending("tmp_obj_" + String(UInt64.random(in: .min ... .max), radix: 36))
        let file = try FileIO.open(
            temporary, .writeOnly, options: [.create, .exclusiveCreate], mode: 0o444, action: "create")
        do throws(FileError) {
            defer { try? file.close() }
            try FileIO.writeAll(StoredZlib.encode(content), to: file, path: target)
            try Self.place(temporary, target)
        } catch {
            try? FileIO.remove(temporary)
            throw error
        }
        return hash
    }

    /// Git removes directories that it has emptied, at any moment.
    private static func place(_ temporary: FilePath, _ target: FilePath) throws(FileError) {
        var tries = 0
        while true {
            try FileIO.createDirectory(target.removingLastComponent())
            do throws(FileError) {
                return try FileIO.rename(temporary, to: target)
            } catch {
                tries += 1
                guard error.kind == .notFound, tries < 8 else { throw error }
            }
        }
    }

    /// Makes objects that `write` stored durable, and other files; the waits for the disk overlap.
    package func flush(_ hashes: [String], and files: [FilePath] = []) throws(FileError) {
        let paths = hashes.map(path) + files
        let failures = SyncFailures()
        DispatchQueue.concurrentPerform(iterations: min(paths.count, 8)) { worker in
            for index in stride(from: worker, to: paths.count, by: 8) {
                do throws(FileError) {
                    let file = try FileIO.open(paths[index], .readOnly, action: "sync")
                    defer { try? file.close() }
                    try FileIO.sync(file, path: paths[index])
                } catch {
                    // A collection packed it meanwhile, durably.
                    if error.kind != .notFound { failures.add(error) }
                }
            }
        }
        if let error = failures.first { throw error }
    }

    /// An object that `write` stored and git has not packed; nil when it is not there in that form.
    /// - Throws: `io` when its bytes are not what its id says.
    package func read(_ hash: String) throws(FileError) -> (kind: Kind, bytes: [UInt8])? {
        let file = path(hash)
        guard FileIO.exists(file) else { return nil }
        guard let content = StoredZlib.decode(try FileIO.read(file, limit: 1 << 30)) else { return nil }
        guard let end = content.firstIndex(of: 0) else { throw Self.damaged(hash, file) }
        let words = String(decoding: content[..<end], as: UTF8.self).split(separator: " ")
        let bytes = Array(content[(end + 1)...])
        guard words.count == 2, let kind = Kind(rawValue: String(words[0])), Int(words[1]) == bytes.count,
            Self.hash(kind, bytes) == hash
        else { throw Self.damaged(hash, file) }
        return (kind, bytes)
    }

    private static func damaged(_ hash: String, _ file: FilePath) -> FileError {
        FileError(.io, path: file, message: "The object \(hash) in \(file.removingLastComponent()) is damaged.")
    }
}

/// The first failure of several threads.
private final class SyncFailures: Sendable {
    private let error = Mutex<FileError?>(nil)

    func add(_ new: FileError) { error.withLock { if $0 == nil { $0 = new } } }

    var first: FileError? { error.withLock { $0 } }
}

/// Zlib streams (RFC 1950) of stored blocks.
enum StoredZlib {
    /// The bytes that so many become: a header, blocks with a head each, and a sum.
    static func size(of count: Int) -> Int { 2 + max(1, (count + 65_534) / 65_535) * 5 + count + 4 }

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        out.reserveCapacity(size(of: bytes.count))
        var start = 0
        repeat {
            let end = min(start + 65_535, bytes.count)
            let count = UInt16(end - start)
            out.append(end == bytes.count ? 1 : 0)
            out += [UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)]
            out.append(contentsOf: bytes[start..<end])
            start = end
        } while start < bytes.count
        let sum = adler32(bytes)
        out += [UInt8(sum >> 24), UInt8(sum >> 16 & 255), UInt8(sum >> 8 & 255), UInt8(sum & 255)]
        return out
    }

    /// Nil for a stream with other blocks, or one that is cut.
    static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 6, bytes[0] & 0x0F == 8 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var position = 2
        while true {
            guard position + 5 <= bytes.count, bytes[position] <= 1 else { return nil }
            let isLast = bytes[position] == 1
            let count = Int(bytes[position + 1]) | Int(bytes[position + 2]) << 8
            position += 5
            guard position + count <= bytes.count else { return nil }
            out.append(contentsOf: bytes[position..<(position + count)])
            position += count
            if isLast { return out }
        }
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        bytes.withUnsafeBufferPointer { buffer in
            var index = 0
            while index < buffer.count {
                let end = min(index + 5_552, buffer.count)
                while index < end {
                    low &+= UInt32(buffer[index])
                    high &+= low
                    index &+= 1
                }
                low %= 65_521
                high %= 65_521
            }
        }
        return high << 16 | low
    }
}
