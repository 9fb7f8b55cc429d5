import Server
import Support
package import SystemPackage

/// What a server leaves for clients on this machine, below the state directory: `server/token`, which stays, and
/// `server/<pid>.json` while it runs. Both 0600 in a directory of 0700.
package struct ServerFiles: Sendable {
    /// `state/server`.
    package let directory: FilePath

    /// - Parameter state: codetether's state directory.
    package init(state: FilePath) { directory = state.appending("server") }

    /// Holds the bare token.
    package var tokenFile: FilePath { directory.appending("token") }

    /// The token of this state directory: 256 bits as 64 hexadecimal digits, made when there is none.
    /// - Throws: `FileError`; `busy` when another server holds the file for more than 5 s.
    package func token() async throws -> String {
        try FileIO.createDirectory(directory)
        // Two servers that start at once must agree on one token.
        guard let lock = try await FileLock.lock(directory.appending("token.lock"), timeout: .seconds(5)) else {
            throw FileError(
                .busy, path: tokenFile, message: "Another server has held \(tokenFile) for 5 s; try again.")
        }
        defer { lock.release() }
        if let token = readToken() { return token }
        let token = SecretText.random(bytes: 32)
        try AtomicFile.write(Array(token.utf8), to: tokenFile, mode: 0o600)
        return token
    }

    private func readToken() -> String? {
        guard let bytes = try? FileIO.read(tokenFile, limit: 4_096) else { return nil }
        let text = UTF8Text.lossy(bytes.prefix { $0 > 0x20 })
        return text.utf8.count >= 32 ? text : nil
    }

    /// Where a running server says how to reach it.
    package func discoveryFile(pid: Int32) -> FilePath { directory.appending("\(pid).json") }

    /// Removes the discovery files of servers that died without doing so themselves.
    package func sweep() {
        func name(_ pid: String) -> [UInt8]? { try? FileIO.read(FilePath("/proc/\(pid)/comm"), limit: 4_096) }
        let own = name("self")
        for entry in (try? FileIO.list(directory, limit: 10_000)) ?? [] {
            let stem = entry.name.stem
            guard entry.name.extension == "json", Int32(stem) != nil else { continue }
            // A number that another program has now is no server of ours.
            if name(stem) != own || own == nil { try? FileIO.remove(directory.appending(entry.name)) }
        }
    }

    /// Writes the discovery file `{url,pid,token,started,version}`, and removes those of the dead.
    package func announce(url: String, pid: Int32, token: String, started: Int64, version: String) throws {
        let json: JSON = [
            "url": .string(url), "pid": .int(Int64(pid)), "token": .string(token), "started": .int(started),
            "version": .string(version),
        ]
        sweep()
        try AtomicFile.write(json.bytes(), to: discoveryFile(pid: pid), mode: 0o600)
    }

    /// Removes the discovery file; one that is not there is fine.
    package func withdraw(pid: Int32) { try? FileIO.remove(discoveryFile(pid: pid)) }
}
