package import ArgumentParser

/// `codetether permission …`
package struct PermissionCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "permission", abstract: "What tools may do: explain and test rules, take approvals back.",
        subcommands: [PermissionList.self, PermissionRevoke.self, PermissionExplain.self, PermissionTest.self])

    package init() {}
}
