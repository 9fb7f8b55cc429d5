import CSupport
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// What a program may touch, enforced by Landlock and seccomp for it and all it starts. It loses all capabilities and
/// cannot gain privileges.
///
/// A path stands for itself and everything below it. What is named nowhere cannot be read, run or changed. Paths that do not
/// exist are passed over; symbolic links are followed, so give real paths.
///
/// Not covered by the kernel: mode, owner and times of files that the user owns; see docs/security.md.
package struct ProcessRestrictions: Sendable, Equatable {
    /// Directories whose names may be listed.
    package var listable: [FilePath]
    /// What may be read and executed.
    package var readable: [FilePath]
    /// What may be changed.
    package var writable: [FilePath]
    /// Device files that may be used.
    package var devices: [FilePath]
    /// Internet sockets; without it there are no sockets at all. Local (Unix) sockets never work.
    package var allowsNetwork: Bool

    package init(
        listable: [FilePath] = [], readable: [FilePath] = [], writable: [FilePath] = [], devices: [FilePath] = [],
        allowsNetwork: Bool = false
    ) {
        self.listable = listable
        self.readable = readable
        self.writable = writable
        self.devices = devices
        self.allowsNetwork = allowsNetwork
    }

    /// The version of Landlock the kernel has; 0 = none.
    package static var landlockVersion: Int { Int(max(0, csupport_landlock_abi())) }

    /// The first version that also guards truncation, without which the rest is no protection.
    package static let minimumLandlockVersion = 3

    /// A ruleset for `csupport_start`, which the caller closes.
    package func makeRuleset() throws(ProcessError) -> FileDescriptor {
        let raw = csupport_landlock_ruleset(allowsNetwork ? 1 : 0)
        guard raw >= 0 else {
            throw ProcessError(
                .io,
                "No sandbox could be made: Landlock says \(Errno(rawValue: -raw)). Set sandbox.mode to another one.")
        }
        let ruleset = FileDescriptor(rawValue: raw)
        for (paths, rights) in [(listable, Int32(0)), (readable, 1), (writable, 2), (devices, 3)] {
            for path in paths {
                let error = path.withPlatformString { csupport_landlock_allow(raw, $0, rights) }
                // Gone, or not ours to open: it stays forbidden.
                guard ![0, ENOENT, ENOTDIR, EACCES, ELOOP].contains(error) else { continue }
                try? ruleset.close()
                throw ProcessError(
                    .io,
                    "No sandbox could be made: the rule for \(HostileText.escaped(path.string, multiline: false)) failed "
                        + "(\(Errno(rawValue: error))).")
            }
        }
        return ruleset
    }
}
