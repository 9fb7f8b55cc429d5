import Configuration
import Permissions
import Sandbox
import Support
import SystemPackage

/// Decides what a command of the `bash` tool may have in the sandbox, from what was demanded and how it was decided.
enum ShellSandbox {
    /// A command that is ready to run.
    struct Contained: Sendable {
        var command: Command
        /// What it runs in.
        var mode: SandboxMode
        /// Whether it has network.
        var network: Bool
    }

    /// Contains a command whose demands have all passed.
    /// - Throws: `failed` when the sandbox that the configuration demands cannot be had; nothing was run then.
    static func contain(
        _ command: Command, _ demands: [PermissionDemand], _ context: ToolContext
    ) async throws(ToolError) -> Contained {
        var command = command
        guard let sandbox = context.sandbox else {
            command.isSupervised = true
            return Contained(command: command, mode: .off, network: true)
        }
        let mode = await sandbox.status().mode
        let demands = demands.map { $0.settled(isContained: mode != .off) }
        var access = access(demands)
        access.network = await isApproved(demands, context)
        access.changesWorkspace = access.network || !onlyReads(demands)
        access.scope = context.approvalScope ?? context.sessionID
        do {
            let contained = try await sandbox.contain(command, access)
            return Contained(
                command: contained.command, mode: contained.mode,
                network: contained.mode == .off || access.network || sandbox.allowsNetwork)
        } catch {
            throw ToolError(.failed, error.message, underlying: error)
        }
    }

    /// Whether every program of the command is one that only reads.
    private static func onlyReads(_ demands: [PermissionDemand]) -> Bool {
        demands.allSatisfy { demand in
            switch demand.permission {
            case "bash": demand.cautions.isEmpty && demand.patterns.allSatisfy(demand.readOnly.contains)
            case "edit": false
            default: true
            }
        }
    }

    /// Whether a person approved the command, now, by an earlier "always" or by `--yes`: the rules alone would have asked,
    /// and yet it passed. What a rule allows has no network (CONTRACT §9).
    private static func isApproved(_ demands: [PermissionDemand], _ context: ToolContext) async -> Bool {
        for demand in demands where demand.permission == "bash" {
            let decisions = await context.permissions.preview(demand, context.permissionContext)
            if decisions.contains(where: { $0.action == .ask || $0.approval != nil }) { return true }
        }
        return false
    }

    /// The paths outside that were allowed: to be changed, unless the demand's `intent` is only to read.
    static func access(_ demands: [PermissionDemand]) -> SandboxAccess {
        var access = SandboxAccess()
        for demand in demands where demand.permission == "external_directory" {
            let paths = demand.patterns.compactMap(path(of:))
            if demand.metadata["intent"] == "read" { access.readable += paths } else { access.writable += paths }
        }
        return access
    }

    /// The path of a pattern, without a last `*`; nil for a relative path and for one with other wildcards.
    static func path(of pattern: String) -> FilePath? {
        var text = pattern[...]
        while text.hasSuffix("/*") { text = text.dropLast(2) }
        guard text.utf8.first == 0x2F, !text.utf8.contains(where: { $0 == 0x2A || $0 == 0x3F }) else { return nil }
        let path = FilePath(String(text)).lexicallyNormalized()
        return path == "/" ? nil : path
    }
}
