import CSupport
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A main process and all that descends from it.
struct ProcessTree {
    /// The main process, which is not reaped while this value is in use: its pid cannot come to mean another process.
    let root: Int32
    /// Text that only this call's processes have in their environment.
    let marker: String
    let startedNs: Int64
    /// The main process is a supervisor, which kills the rest when it is told to.
    var isSupervised = false
    /// The main process holds the rest in a PID namespace, which ends with it.
    var isNamespace = false

    /// The living descendants; the root is not among them.
    func descendants() -> [Int32] {
        var pids = [Int32](repeating: 0, count: 4_096)
        // Younger processes have larger pids until the numbers wrap; after two seconds all are looked at.
        let looksAtAll = csupport_clock_ns(1) - startedNs > 2_000_000_000 || pidsMayHaveWrapped
        let count = csupport_process_tree(root, marker, looksAtAll ? 1 : 0, &pids, Int32(pids.count))
        return Array(pids.prefix(Int(max(0, count))))
    }

    private var pidsMayHaveWrapped: Bool {
        guard let text = try? FileIO.read("/proc/loadavg", limit: 4_096) else { return true }
        let last = text.split(separator: 0x20).last ?? []
        let digits = last.filter { (0x30...0x39).contains($0) }
        return (Int32(String(decoding: digits, as: UTF8.self)) ?? 0) < root
    }

    /// Asks all to end; stopped ones are woken so that they can.
    func terminate() {
        let others = descendants()
        // Of a namespace that has no program yet there is nothing to ask.
        if isNamespace, others.count < 2 { _ = kill(root, SIGKILL) }
        if !isNamespace, !isSupervised { _ = kill(-root, SIGTERM) }
        for pid in others { _ = kill(pid, SIGTERM) }
        if !isNamespace, !isSupervised { _ = kill(-root, SIGCONT) }
        for pid in others { _ = kill(pid, SIGCONT) }
    }

    /// Kills all, again until a look finds none (a process may fork while it is being killed): at most eight times.
    /// The first call leaves the work to a supervisor if there is one.
    mutating func kill() {
        if isSupervised {
            isSupervised = false
            _ = Glibc.kill(root, CSUPPORT_KILL_ALL)
            return
        }
        for _ in 0..<8 {
            let others = descendants()
            _ = Glibc.kill(-root, SIGKILL)
            if others.isEmpty { break }
            for pid in others { _ = Glibc.kill(pid, SIGKILL) }
            _ = csupport_wait_readable(-1, 1)
        }
    }

    private func kill(_ pid: Int32, _ signal: Int32) -> Int32 { Glibc.kill(pid, signal) }
}
