import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// How much of the disk a store takes. All of it blocks.
extension StoreLayout {
    private var measured: FilePath { root.appending("measured") }

    /// What the store has on disk, in bytes of whole blocks.
    func diskBytes() -> Int64 {
        guard let folder = try? FileIO.open(root, .readOnly, options: .directory) else { return 0 }
        return Self.diskBytes(taking: folder.rawValue, depth: 0)
    }

    /// The same, or what it was up to a minute ago when that was below half of the limit: a store of many files takes longer
    /// to measure than to write to.
    func recentDiskBytes(limit: Int64) -> Int64 {
        if let info = try? FileIO.stat(measured), let text = try? FileIO.read(measured, limit: 64),
            let bytes = Int64(String(decoding: text, as: UTF8.self)), bytes >= 0, bytes < limit / 2
        {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            if (0..<60).contains(Int64(now.tv_sec) - info.mtimeNs / 1_000_000_000) { return bytes }
        }
        let bytes = diskBytes()
        try? replace(measured, Array("\(bytes)".utf8))
        return bytes
    }

    private static func diskBytes(taking descriptor: Int32, depth: Int) -> Int64 {
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return 0
        }
        defer { closedir(stream) }
        var total: Int64 = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                raw.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            var info = stat()
            guard fstatat(descriptor, name + [0], &info, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            guard info.st_mode & S_IFMT == S_IFDIR else {
                total += (Int64(info.st_size) + 4_095) / 4_096 * 4_096
                continue
            }
            guard depth < 7 else { continue }
            let inner = openat(descriptor, name + [0], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 { total += diskBytes(taking: inner, depth: depth + 1) }
        }
        return total
    }
}
