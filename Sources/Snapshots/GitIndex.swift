import Crypto
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Git's index of a workspace, read and rewritten without git.
///
/// Only what our own git directory has in it: version 2, one stage, files and links, extensions that may be dropped. Anything
/// else is left to git.
struct GitIndex: Sendable {
    /// What is kept of a file to see later that it is unchanged: the ten numbers of an entry, in the index's order.
    struct Stamp: Sendable, Equatable {
        var words: [UInt32]

        /// - Parameter mode: as git has it, e.g. 0o100644.
        init(_ info: stat, mode: UInt32) {
            words = [
                UInt32(truncatingIfNeeded: info.st_ctim.tv_sec), UInt32(truncatingIfNeeded: info.st_ctim.tv_nsec),
                UInt32(truncatingIfNeeded: info.st_mtim.tv_sec), UInt32(truncatingIfNeeded: info.st_mtim.tv_nsec),
                UInt32(truncatingIfNeeded: info.st_dev), UInt32(truncatingIfNeeded: info.st_ino), mode,
                UInt32(truncatingIfNeeded: info.st_uid), UInt32(truncatingIfNeeded: info.st_gid),
                UInt32(truncatingIfNeeded: info.st_size),
            ]
        }
    }

    /// What an entry becomes; nil instead of one: the entry goes.
    struct Entry: Sendable {
        var stamp: Stamp
        var hash: String

        init(stamp: Stamp, hash: String) {
            self.stamp = stamp
            self.hash = hash
        }

        /// - Parameter seen: what was there before `version` was read.
        init?(_ version: FileVersion, _ seen: FileStamp?) {
            guard let seen, let mode = UInt32(version.gitMode, radix: 8) else { return nil }
            self.init(stamp: Stamp(seen.info, mode: mode), hash: version.hash)
        }
    }

    static let headBytes = 12
    static let fixedBytes = 62
    static let hashBytes = 20

    /// How many entries it has.
    let count: Int
    let bytes: [UInt8]
    /// Where the entries end and the extensions begin.
    let end: Int
    /// Where each 1,024th entry begins, the first one included.
    let marks: [Int]
    /// Files that changed in this second (by their ctime, which no program can set) or later may look unchanged without being so.
    let racySecond: Int

    /// Reads an index. Blocking.
    /// - Returns: nil when there is none, or one that only git can read.
    init?(_ file: FilePath) {
        guard let info = try? FileIO.stat(file), let bytes = try? FileIO.read(file, limit: 1 << 30) else { return nil }
        self.init(bytes, writtenSecond: Int(info.mtimeNs / 1_000_000_000))
    }

    /// - Parameter writtenSecond: when the file was written, in seconds since 1970.
    init?(_ bytes: [UInt8], writtenSecond: Int) {
        guard bytes.count >= Self.headBytes + Self.hashBytes, bytes[..<4].elementsEqual("DIRC".utf8),
            Self.number(bytes, 4) == 2
        else { return nil }
        let count = Int(Self.number(bytes, 8))
        guard let (end, marks) = Self.endOfEntries(bytes, count), Self.areOptional(bytes, from: end) else {
            return nil
        }
        self.bytes = bytes
        self.marks = marks
        self.count = count
        self.end = end
        racySecond = writtenSecond
    }

    /// The checksum at the end of an index: who has it has this very index. Blocking.
    static func checksum(_ file: FilePath) -> String? {
        guard let descriptor = try? FileIO.open(file, .readOnly) else { return nil }
        defer { try? descriptor.close() }
        guard let size = try? FileIO.stat(descriptor, path: file).size, size >= Int64(headBytes + hashBytes) else {
            return nil
        }
        var tail = [UInt8](repeating: 0, count: hashBytes)
        let count = try? tail.withUnsafeMutableBytes {
            try descriptor.read(fromAbsoluteOffset: size - Int64(hashBytes), into: $0)
        }
        return count == hashBytes ? Hex.text(tail) : nil
    }

    /// The same of the index that was read.
    var checksum: String { Hex.text(bytes.suffix(Self.hashBytes)) }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }

    private static func endOfEntries(_ bytes: [UInt8], _ count: Int) -> (end: Int, marks: [Int])? {
        bytes.withUnsafeBytes { raw -> (Int, [Int])? in
            let limit = raw.count - hashBytes
            var position = headBytes
            var marks: [Int] = []
            for index in 0..<count {
                if index & 1_023 == 0 { marks.append(position) }
                guard position + fixedBytes < limit else { return nil }
                // Flags: assumed unchanged, extended, stages; none of them is ever set by us.
                guard raw[position + 60] & 0xF0 == 0 else { return nil }
                let length = nameLength(raw, position)
                guard length > 0 else { return nil }
                position += size(length)
                guard position <= limit, raw[position - 1] == 0 else { return nil }
            }
            return (position, marks)
        }
    }

    /// The bytes of an entry with a name of so many bytes: one to eight NULs end it.
    static func size(_ nameLength: Int) -> Int { (fixedBytes + nameLength + 8) & ~7 }

    static func nameLength(_ raw: UnsafeRawBufferPointer, _ entry: Int) -> Int {
        let said = Int(raw[entry + 60] & 0x0F) << 8 | Int(raw[entry + 61])
        if said < 0xFFF { return said }
        var end = entry + fixedBytes + said
        while end < raw.count, raw[end] != 0 { end += 1 }
        return end - entry - fixedBytes
    }

    private static func areOptional(_ bytes: [UInt8], from start: Int) -> Bool {
        var position = start
        let limit = bytes.count - hashBytes
        while position < limit {
            guard position + 8 <= limit, (0x41...0x5A).contains(bytes[position]) else { return false }
            position += 8 + Int(number(bytes, position + 4))
        }
        return position == limit
    }

    // MARK: Rewriting

    /// The index with some entries replaced, added or removed, without its extensions.
    func applying(_ changes: [[UInt8]: Entry?]) -> [UInt8] {
        let sorted = changes.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + changes.count * 128)
        out += bytes[..<Self.headBytes]
        var total = 0
        var next = 0
        func add(before name: ArraySlice<UInt8>?) {
            while next < sorted.count, name.map({ sorted[next].key.lexicographicallyPrecedes($0) }) ?? true {
                if let entry = sorted[next].value {
                    out += Self.bytes(of: entry, sorted[next].key)
                    total += 1
                }
                next += 1
            }
        }
        var position = Self.headBytes
        var kept = position
        for _ in 0..<count {
            let start = position
            let length = bytes.withUnsafeBytes { Self.nameLength($0, start) }
            position += Self.size(length)
            guard next < sorted.count else {
                total += 1
                continue
            }
            let name = bytes[(start + Self.fixedBytes)..<(start + Self.fixedBytes + length)]
            if name.lexicographicallyPrecedes(sorted[next].key) {
                total += 1
                continue
            }
            out += bytes[kept..<start]
            kept = start
            add(before: name)
            if next < sorted.count, name.elementsEqual(sorted[next].key) {
                kept = position
                if let entry = sorted[next].value {
                    out += Self.bytes(of: entry, sorted[next].key)
                    total += 1
                }
                next += 1
            } else {
                total += 1
            }
        }
        out += bytes[kept..<end]
        add(before: nil)
        let number = UInt32(total)
        for index in 0..<4 { out[8 + index] = UInt8(number >> UInt32(24 - 8 * index) & 255) }
        out += Array(out.withUnsafeBytes { Insecure.SHA1.hash(data: $0) })
        return out
    }

    private static func bytes(of entry: Entry, _ name: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for word in entry.stamp.words { out += [24, 16, 8, 0].map { UInt8(word >> UInt32($0) & 255) } }
        out += Hex.bytes(entry.hash) ?? []
        let length = min(name.count, 0xFFF)
        out += [UInt8(length >> 8), UInt8(length & 255)]
        out += name
        out += [UInt8](repeating: 0, count: size(name.count) - out.count)
        return out
    }
}
