import Configuration
import Credentials
import Glibc
import Logging
import Providers
package import Sessions
import Support
import SystemPackage

extension Runtime {
    /// Shares of this store's sessions.
    /// - Throws: `StorageError`.
    package func shares() async throws -> ShareService {
        if let shares = options.shares { return try await shares.shares() }
        if let shareService { return shareService }
        let sessions = try await sessions()
        let storage = try await openStorage()
        if let shareService { return shareService }
        // What is shared goes over the network also when the model's answers come from a file.
        if options.fakeResponses != nil, shareTransport == nil {
            shareTransport = AsyncHTTPTransport(environment: environment)
        }
        let service = ShareService(
            storage: storage, sessions: sessions,
            remote: HTTPShareRemote(
                transport: shareTransport ?? transport, token: environment["CODETETHER_SHARE_TOKEN"]),
            time: time, logger: logger, owner: "process \(getpid()) (\(ids.next(.run)))")
        shareService = service
        return service
    }

    /// What sharing takes from this runtime's configuration.
    package nonisolated func shareContext() async -> ShareContext {
        var context = await shareContext(of: config)
        // A service without an address of another one shares to itself.
        if context.address == nil, config.config.share.serve { context.address = runningServer() }
        return context
    }

    /// What sharing takes from the configuration of another directory.
    nonisolated func shareContext(of config: LoadedConfig) async -> ShareContext {
        let (environment, secrets) = (environment, secrets)
        return await BlockingWork.run(throwing: Never.self) {
            ShareContext.make(config, environment: environment, base: secrets)
        }
    }

    /// Sends what this process did in a shared session, and shares a new one where `share.mode` is `auto`. Waits at most 10 s;
    /// what is not sent then is sent by the next process.
    /// - Returns: a sentence for the user when something is not as it should be; nil else.
    package func finishSharing(_ sessionID: String) async -> String? {
        guard config.config.share.mode != "disabled" else { return nil }
        let work = Task { () async throws -> Bool in
            let shares = try await self.shares()
            return try await shares.finish(sessionID, await self.shareContext())
        }
        let clock = Task { [time] in
            try await time.sleep(for: .seconds(10))
            work.cancel()
        }
        defer { clock.cancel() }
        do {
            _ = try await work.value
            return nil
        } catch let error as ShareError {
            return "The share of this session is not up to date: \(error.message)"
        } catch is CancellationError {
            return "The share of this session is not up to date: its service is slow. It is tried again later."
        } catch {
            logger.warning("a share is not up to date", metadata: ["session": "\(sessionID)", "error": "\(error)"])
            return nil
        }
    }
}

extension Runtime {
    /// Revokes the shares of sessions that were deleted. Those whose service is away stay listed and are tried again by whoever
    /// runs next. Waits at most 10 s.
    /// - Returns: a sentence for each that is still public.
    package func revokeShares(ofDeleted ids: [String]) async -> [String] {
        let work = Task { () -> [String] in
            var sentences: [String] = []
            guard let shares = try? await self.shares() else { return [] }
            for id in ids {
                guard let record = try? await shares.record(id) else { continue }
                do {
                    try await shares.revoke(record.id)
                } catch {
                    sentences.append(
                        "\(record.url) is still public: \(error) It stays in `codetether share list` until it is revoked."
                    )
                }
            }
            return sentences
        }
        let clock = Task { [time] in
            try await time.sleep(for: .seconds(10))
            work.cancel()
        }
        defer { clock.cancel() }
        return await work.value
    }

    /// The address of a server of this home that runs now, as it announced itself.
    nonisolated func runningServer() -> String? {
        let directory = ServerFiles(state: paths.state).directory
        for entry in (try? FileIO.list(directory, limit: 1_000)) ?? [] {
            let file = directory.appending(entry.name)
            guard file.extension == "json", let bytes = try? FileIO.read(file, limit: 64 << 10),
                let json = try? JSON(parsing: bytes), let url = json["url"]?.stringValue
            else { continue }
            return url
        }
        return nil
    }
}

extension ShareContext {
    /// Stored credentials are at most this long.
    private static let maximumFile = 1 << 20

    /// What sharing takes from a configuration. Reads the credential files of the data directory: do not call it on the
    /// cooperative pool.
    /// - Parameter base: secrets that are known already.
    static func make(_ config: LoadedConfig, environment: Environment, base: Secrets) -> ShareContext {
        let share = config.config.share
        var known = CredentialStore(environment: environment).secrets + config.substituted
        collect(config.config.raw, isSecret: false, into: &known)
        for name in ["auth.json", "mcp-auth.json"] {
            guard let bytes = try? FileIO.read(config.paths.data.appending(name), limit: maximumFile),
                let json = try? JSON(parsing: bytes)
            else { continue }
            collect(json, isSecret: true, into: &known)
        }
        let paths = config.paths
        var hidden = [paths.config, paths.data, paths.state, paths.cache, paths.home].map(\.string)
        hidden += hidden.compactMap { try? FileIO.realPath(FilePath($0)).string }
        if let temporary = environment["TMPDIR"] { hidden.append(temporary) }
        return ShareContext(
            mode: Mode(rawValue: share.mode) ?? .manual, address: share.url,
            redaction: ShareRedaction(
                secrets: [base, Secrets(known: known)], hidden: hidden, workspaces: [config.workspace.string]))
    }

    /// Values under names of secrets, headers and variables; of credential files every text that could be one.
    private static func collect(_ json: JSON, isSecret: Bool, into known: inout [String]) {
        switch json {
        case .string(let text):
            if isSecret, text.utf8.count >= Secrets.minBytes, !text.utf8.contains(0x20), !text.contains("://") {
                known.append(text)
            }
        case .array(let values): for value in values { collect(value, isSecret: isSecret, into: &known) }
        case .object(let object):
            for (name, value) in object {
                // `env` of a provider names variables; as an object it holds their values.
                let holdsValues =
                    name == "headers" || name == "environment" || (name == "env" && value.objectValue != nil)
                collect(value, isSecret: isSecret || holdsValues || Secrets.isSensitive(name: name), into: &known)
            }
        default: return
        }
    }
}
