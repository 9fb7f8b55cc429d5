import Configuration
package import Permissions
import Sessions
import Storage
import Support
import SystemPackage

extension Runtime {
    /// Decides on demands, puts asks and takes answers, for every face; made on the first call.
    /// - Throws: `StorageError`.
    package func permissions() async throws -> PermissionService {
        if let permissionService { return permissionService }
        let sessions = try await sessions()
        let store = try await permissionStore()
        if let permissionService { return permissionService }
        let service = PermissionService(
            config: config, agents: agents, store: store, projectID: projectID, approvesAsks: options.approvesAsks,
            asker: options.permissionAsker, onAsk: options.onAsk, ids: ids, time: time
        ) { notice in
            await sessions.publish(notice.sessionID, notice.payload)
        }
        permissionService = service
        return service
    }

    /// Saved approvals and open asks in the configured store.
    /// - Throws: `StorageError`.
    package func permissionStore() async throws -> PermissionStore {
        PermissionStore(storage: try await openStorage(), time: time)
    }
}
