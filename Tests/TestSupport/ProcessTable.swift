package import Glibc
import SystemPackage

/// A look at `/proc`, to see that what a test started is gone.
package enum ProcessTable {
    /// Ids of living processes (zombies excepted) whose command line holds `text`, ours excepted.
    package static func withCommandLine(_ text: String) -> [pid_t] {
        let wanted = Array(text.utf8)
        return TestFiles.list("/proc").compactMap { name -> pid_t? in
            guard let pid = pid_t(name), pid != getpid() else { return nil }
            let folder = FilePath("/proc/\(name)")
            guard let line = try? TestFiles.read(folder.appending("cmdline")), line.holds(wanted) else { return nil }
            guard let status = try? TestFiles.text(folder.appending("stat")), let end = status.lastIndex(of: ")") else {
                return nil
            }
            return status[end...].dropFirst(2).hasPrefix("Z") ? nil : pid
        }
    }

    /// Waits until no process has `text` in its command line; false when some are left after `limit`.
    package static func waitUntilGone(_ text: String, atMost limit: Duration = .seconds(3)) async -> Bool {
        await BlockingThread.run {
            let clock = ContinuousClock()
            let end = clock.now + limit
            while !withCommandLine(text).isEmpty {
                if clock.now > end { return false }
                usleep(10_000)
            }
            return true
        }
    }

    /// Waits until a process has `text` in its command line; false when there is none after `limit`.
    package static func waitUntilThere(_ text: String, atMost limit: Duration = .seconds(20)) async -> Bool {
        await BlockingThread.run {
            let clock = ContinuousClock()
            let end = clock.now + limit
            while withCommandLine(text).isEmpty {
                if clock.now > end { return false }
                usleep(10_000)
            }
            return true
        }
    }
}
