import Glibc
package import Storage
import Support
import Synchronization
package import SystemPackage

/// The right to execute a session. Held by one execution at a time on this machine, and with `leases` on all machines that share
/// the store; given back by `release()`, deinit or the end of the process, however it ends (other machines learn of that when
/// the lease runs out). The file `<state>/locks/<session>.lock` names the owner.
package final class SessionLock: Sendable {
    private let lock: FileLock
    private let sessionID: String
    private let leases: RunLeases?
    private let isReleased = Mutex(false)

    private init(_ lock: FileLock, _ sessionID: String, _ leases: RunLeases?) {
        self.lock = lock
        self.sessionID = sessionID
        self.leases = leases
    }

    deinit { release() }

    /// Takes the lock.
    /// - Parameters:
    ///   - timeout: how long to wait for the owner; zero tries once.
    ///   - leases: `SessionService.runLeases`.
    /// - Throws: `busy` naming the owner when the time is over or the task is cancelled, `invalid` for an impossible id,
    ///   `storage` when the lock's file cannot be made.
    package static func acquire(
        stateDirectory: FilePath, sessionID: String, timeout: Duration, leases: RunLeases? = nil
    ) async throws(SessionError) -> SessionLock {
        guard IDFormat.isValid(sessionID, prefix: .session) || isPlain(sessionID) else { throw .notFound(sessionID) }
        let directory = stateDirectory.appending("locks")
        let path = directory.appending("\(sessionID).lock")
        do {
            try FileIO.createDirectory(directory)
            if let lock = try await FileLock.lock(path, timeout: timeout) {
                lock.write("process \(getpid())\n")
                try await acquire(leases, sessionID, timeout, lock)
                return SessionLock(lock, sessionID, leases)
            }
        } catch let error as SessionError {
            throw error
        } catch let error as FileError {
            throw SessionError(.storage, "The session cannot be locked. \(error.message)", underlying: error)
        } catch {
            throw SessionError(.busy, "Waiting for session \(sessionID) was cancelled.", underlying: error)
        }
        let owner = owner(path) ?? "another process"
        throw SessionError(
            .busy,
            "Session \(sessionID) is being executed by \(owner). Wait until it is done, or use another session.")
    }

    /// Gives the lock back; calling it twice is fine.
    package func release() {
        // In this order: the next holder on this machine waits for the lease to be free.
        let isFirst = isReleased.withLock { released in
            defer { released = true }
            return !released
        }
        guard isFirst else { return }
        leases?.release(sessionID)
        lock.release()
    }

    /// Calls `handler` once when another machine may take the session over: the execution must stop then, and cannot change the
    /// session any more.
    package func whenLost(_ handler: @escaping @Sendable () -> Void) { leases?.whenLost(sessionID, handler) }

    private static func acquire(
        _ leases: RunLeases?, _ sessionID: String, _ timeout: Duration, _ lock: FileLock
    ) async throws(SessionError) {
        guard let leases else { return }
        do throws(StorageError) {
            try await leases.acquire(sessionID, timeout: timeout)
        } catch {
            lock.release()
            guard error.kind == .busy else {
                throw SessionError(.storage, "The session cannot be locked. \(error.message)", underlying: error)
            }
            throw SessionError(
                .busy,
                "Session \(sessionID) is being executed by \(error.holder ?? "another machine"). Wait until it is done, or use another session."
            )
        }
    }

    private static func owner(_ path: FilePath) -> String? {
        guard let bytes = try? FileIO.read(path, limit: 4_096) else { return nil }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return text.hasPrefix("process ") ? HostileText.escaped(text, multiline: false) : nil
    }

    /// Ids of imported sessions have other forms; none may name another directory.
    private static func isPlain(_ id: String) -> Bool {
        guard let first = id.utf8.first, first != UInt8(ascii: "."), id.utf8.count <= 200 else { return false }
        return id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
