package import Configuration
import Logging
import Sessions
import Storage
package import StoragePostgres
import Support

extension Runtime {
    /// The store that the configuration names.
    /// - Throws: `ConfigError` for an unknown backend, a missing or impossible URL.
    package nonisolated func storageTarget() throws(ConfigError) -> StorageTarget {
        try Self.storageTarget(config.config.storage)
    }

    static func storageTarget(_ storage: StorageConfig) throws(ConfigError) -> StorageTarget {
        do throws(StorageError) {
            return try StorageTarget(storage.backend, url: storage.url)
        } catch {
            throw ConfigError(.value, error.message)
        }
    }

    /// Opens the store that the configuration names, and only that one.
    func openConfiguredStorage() async throws -> any StorageBackend {
        try await storageTarget().open(dataDirectory: paths.data)
    }

    /// Makes this process one of several that serve one database: events of the others arrive on the bus, and executions whose
    /// machine died are ended as interrupted, by one of those that look. Does nothing with an embedded store. A server calls
    /// it once before it takes requests.
    /// - Throws: `StorageError` when the database is away.
    package func startSharing() async throws {
        guard sharing == nil, let postgres = try await openStorage() as? PostgresStorage else { return }
        let sessions = try await sessions()
        let relay = try PostgresEventRelay(storage: postgres, bus: bus, logger: logger)
        try await relay.start()
        let takeover = LeaseTakeover(
            storage: postgres, prefix: RunLeases.prefix, owner: "repair by \(postgres.node)", time: time
        ) { [logger] name, dead in
            let id = String(name.dropFirst(RunLeases.prefix.count))
            do throws(SessionError) {
                let events = try await sessions.repairOrphans(id)
                logger.warning(
                    "an execution of a dead node was ended",
                    metadata: ["session": "\(id)", "owner": "\(dead)", "events": "\(events.count)"])
            } catch {
                // Deleted meanwhile: nothing to put in order.
                guard error.kind == .notFound else { throw error }
            }
        }
        takeover.start()
        sharing = SharedNode(relay: relay, takeover: takeover)
    }

    /// Gives the executions' leases back and stops listening; the store stays open.
    func stopSharing() async {
        await sharing?.takeover.stop()
        await sharing?.relay.stop()
        sharing = nil
    }
}

/// What runs in a process that shares its store with others.
struct SharedNode: Sendable {
    let relay: PostgresEventRelay
    let takeover: LeaseTakeover
}
