import CSupport
import Synchronization
import SystemPackage

/// What the process as a whole does for its children.
package enum ProcessSupervision {
    private struct State {
        var isSubreaper = false
        /// Children that have a waiter; every other zombie of ours is an orphan that came to us.
        var waitedFor: Set<Int32> = []
        var lastSweepNs: Int64 = 0
    }

    // The kernel keeps this per process too, so there is one of it.
    private static let state = Mutex(State())

    /// Makes orphaned descendants our children instead of init's, so that they can be found and reaped. Call it
    /// once, at the
    /// start, in `App`. From then on every child must be announced: `ProcessRunner` does that, others use `spawning`.
    package static func becomeSubreaper() throws(ProcessError) {
        let error = csupport_become_subreaper()
        guard error == 0 else {
            throw ProcessError(.io, "Orphaned processes cannot be adopted: \(Errno(rawValue: error)).")
        }
        state.withLock { $0.isSubreaper = true }
    }

    /// Makes writes to closed pipes fail with EPIPE instead of ending the process. Children get the default back.
    package static func ignoreSIGPIPE() { csupport_ignore_sigpipe() }

    /// Starts a child by `spawn`, which returns its pid (nil when it failed): until `reaped` nobody else waits for it.
    package static func spawning(_ spawn: () -> Int32?) -> Int32? {
        state.withLock { state in
            let pid = spawn()
            if let pid { state.waitedFor.insert(pid) }
            return pid
        }
    }

    /// Ends what `spawning` began.
    package static func reaped(_ pid: Int32) { state.withLock { _ = $0.waitedFor.remove(pid) } }

    /// Reaps orphans that ended; at most once a second, and only in a subreaper.
    package static func sweep() {
        state.withLock { state in
            let now = csupport_clock_ns(1)
            guard state.isSubreaper, now - state.lastSweepNs >= 1_000_000_000 else { return }
            state.lastSweepNs = now
            let kept = Array(state.waitedFor)
            _ = csupport_reap_orphans(kept, Int32(truncatingIfNeeded: kept.count))
        }
    }
}
