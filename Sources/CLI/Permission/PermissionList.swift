import App
package import ArgumentParser
import Configuration
import Permissions
import Storage
import Support
import SystemPackage

/// `codetether permission list`
package struct PermissionList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the approvals that were saved with \"always\", of every project.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let approvals = try await PermissionProbe.savedApprovals(runtime)
            let columns: [OutputTable.Column] = [
                .init("ID"), .init("SCOPE"), .init("PERMISSION"), .init("PATTERN", isFlexible: true), .init("SAVED"),
                .init("PROJECT"),
            ]
            let rows = approvals.map { approval in
                OutputTable.Row(
                    json: approval.json,
                    cells: [
                        approval.id, approval.scope.rawValue, approval.action, approval.resource,
                        PointInTime.text(approval.createdMs), approval.scope == .global ? "" : approval.directory,
                    ])
            }
            try await launch.output.render(.rows(OutputTable(columns: columns, rows: rows)), as: format.value)
        }
    }
}

/// `codetether permission revoke ID…|--all`
package struct PermissionRevoke: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take saved approvals back; running sessions ask again at once.")

    @Argument(help: "The approvals' ids, from `permission list`.")
    var ids: [String] = []
    @Flag(help: "All of them.")
    var all = false
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func validate() throws {
        if all == !ids.isEmpty { throw ValidationError("Give the ids of approvals, or --all.") }
    }

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            let known = try await PermissionProbe.savedApprovals(runtime)
            let wanted = all ? known.map(\.id) : ids
            for id in wanted where !known.contains(where: { $0.id == id }) {
                let shown = HostileText.escaped(id, multiline: false)
                throw CLIError(.notFound, "There is no saved approval \(shown); see `codetether permission list`.")
            }
            let service = wanted.isEmpty ? nil : try await runtime.permissions()
            for id in wanted { _ = try await service?.revoke(id) }
            let text = wanted.isEmpty ? "Nothing to revoke." : wanted.map { "Revoked \($0)." }.joined(separator: "\n")
            let json: JSON = ["revoked": .array(wanted.map { .string($0) })]
            try await launch.output.render(.value(json, text: text), as: format.value)
        }
    }
}
