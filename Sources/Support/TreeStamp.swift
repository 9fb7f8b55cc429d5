import CSupport
package import SystemPackage

/// What a directory and all below it look like from outside: names, kinds, inodes, sizes, modes and times. No file is opened.
/// `.git` of the directory itself is left out.
package struct TreeStamp: Sendable, Equatable {
    /// Two keyed sums over all entries; equal ones mean that nothing was added, removed, written to, renamed or given another
    /// mode.
    package var sums: [UInt64]
    /// True when every further change will give other sums. False shortly after a change, when the clock of file times may not
    /// have moved on.
    package var isSettled: Bool

    /// Why there is no stamp.
    package enum Failure: Error, Sendable, Equatable {
        /// There are more entries than asked for, another repository or file system, or times that cannot be relied on.
        case unsuitable
        /// Something cannot be looked at now.
        case unreadable
    }

    /// Looks at a directory, about 1.5 µs an entry. Blocking.
    /// - Parameters:
    ///   - key: two random numbers; only stamps of the same key can be compared.
    ///   - alsoSettled: nanoseconds since 1970 at which other files changed last, which have to be settled too.
    package static func of(
        _ directory: FilePath, maximumEntries: Int, key: (UInt64, UInt64), alsoSettled: [Int64] = []
    ) throws(Failure) -> TreeStamp {
        let now = csupport_clock_ns(0)
        var stamp = csupport_tree_stamp()
        let key = [key.0, key.1]
        let error = directory.withPlatformString { csupport_tree_stamp($0, maximumEntries, key, &stamp) }
        switch error {
        case 0: break
        case Errno.argListTooLong.rawValue, Errno.notSupported.rawValue, Errno.improperLink.rawValue:
            throw .unsuitable
        default: throw .unreadable
        }
        let settled = alsoSettled.map { $0 + ($0 % 1_000_000_000 == 0 ? 2_000_000_000 : 50_000_000) }
        let last = max(stamp.settled_ns, settled.max() ?? 0)
        return TreeStamp(sums: [stamp.sum.0, stamp.sum.1], isSettled: last < now)
    }
}
