import Glibc
import Support
package import SystemPackage

/// The right to execute a session. Held by one execution at a time on this machine; given back by `release()`, deinit or the
/// end of the process, however it ends. The file `<state>/locks/<session>.lock` names the owner.
package final class SessionLock: Sendable {
    private let lock: FileLock

    private init(_ lock: FileLock) { self.lock = lock }

    /// Takes the lock.
    /// - Parameter timeout: how long to wait for the owner; zero tries once.
    /// - Throws: `busy` naming the owner when the time is over or the task is cancelled, `invalid` for an impossible id,
    ///   `storage` when the lock's file cannot be made.
    package static func acquire(
        stateDirectory: FilePath, sessionID: String, timeout: Duration
    ) async throws(SessionError) -> SessionLock {
        guard IDFormat.isValid(sessionID, prefix: .session) || isPlain(sessionID) else { throw .notFound(sessionID) }
        let directory = stateDirectory.appending("locks")
        let path = directory.appending("\(sessionID).lock")
        do {
            try FileIO.createDirectory(directory)
            if let lock = try await FileLock.lock(path, timeout: timeout) {
                lock.write("process \(getpid())\n")
                return SessionLock(lock)
            }
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
    package func release() { lock.release() }

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
