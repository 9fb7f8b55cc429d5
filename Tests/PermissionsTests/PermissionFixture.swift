import Configuration
import Permissions
import Schema
import Storage
import Support
import Synchronization
import SystemPackage
import TestSupport

/// A store of its own in a temporary folder, and services on it as several processes would have them.
final class PermissionFixture: Sendable {
    let workspace: TempWorkspace
    let storage: any StorageBackend
    let store: PermissionStore
    let time = TestTime()
    let ids = TestIDs(first: 1_000)
    private let seen = Mutex<[String]>([])
    private let asked = Watchable(0)

    init() async throws {
        workspace = try TempWorkspace()
        storage = try await SQLiteStorage.open(workspace.path.appending("codetether.db"))
        store = PermissionStore(storage: storage, time: time)
    }

    deinit { workspace.remove() }

    /// `type id reply` of every event so far.
    var events: [String] { seen.withLock { $0 } }

    func service(
        _ json: JSON = .object(JSONObject()), directory: FilePath = "/w", agents: [AgentDefinition] = [],
        asker: (any PermissionAsker)? = nil, onAsk: AskPolicy? = .wait(timeoutMs: nil)
    ) -> PermissionService {
        let layer = PermissionLayer(
            name: "user", authority: .overrides, config: PermissionConfig(json: json) { _ in "cfg:1" })
        return PermissionService(
            rules: PermissionRules(layers: [layer], agents: agents, workspace: directory, home: "/h"), store: store,
            project: PermissionProject(id: "project", directory: directory), asker: asker, onAsk: onAsk, ids: ids,
            time: time
        ) { [self] notice in
            let data = (try? JSON(encoding: Event(id: "evt", created: 0, payload: notice.payload)))?["data"]
            let words = [
                notice.payload.type, data?["requestID"]?.stringValue ?? data?["id"]?.stringValue,
                data?["reply"]?.stringValue, data?["scope"]?.stringValue,
            ]
            seen.withLock { $0.append(words.compactMap { $0 }.joined(separator: " ")) }
            if case .asked = notice { asked.change { $0 += 1 } }
        }
    }

    /// Waits until so many asks were published.
    func waitForAsks(_ count: Int) async -> Bool { await asked.wait(atMost: .seconds(20)) { $0 >= count } }

    func context(_ session: String = "ses_1", agent: String = "build", root: String? = nil) -> PermissionContext {
        PermissionContext(
            sessionID: session, messageID: "msg_1", callID: "call_1", agent: agent,
            callers: root == nil ? [] : ["build"], approvalScope: root)
    }

    func bash(_ commands: String..., always: [String] = []) -> PermissionDemand {
        PermissionDemand(permission: "bash", patterns: commands, always: always, title: commands.first ?? "")
    }
}
