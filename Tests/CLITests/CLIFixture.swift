import CLI
import Support
import SystemPackage
import TestSupport

/// Runs command lines in this process, with a home and a workspace of their own.
struct CLIFixture {
    struct Result {
        var status: Int32
        var output: String
        var errors: String

        /// stdout as one JSON document.
        var json: JSON? { try? JSON(parsing: output) }
    }

    let home: CodetetherHome
    let workspace: TempWorkspace

    static func with(
        files: [String: String] = [:], config: JSON? = nil, _ body: (CLIFixture) async throws -> Void
    ) async throws {
        let home = try CodetetherHome(config: config)
        defer { home.remove() }
        let workspace = try TempWorkspace(files: files, git: true)
        defer { workspace.remove() }
        try await body(CLIFixture(home: home, workspace: workspace))
    }

    func run(_ arguments: String..., variables: [String: String] = [:]) async throws -> Result {
        try await run(list: arguments, variables: variables)
    }

    func run(list arguments: [String], variables: [String: String] = [:]) async throws -> Result {
        var values = ["HOME": home.userHome.string, "CODETETHER_HOME": home.path.string]
        values.merge(variables) { $1 }
        let out = home.path.appending("stdout.\(arguments.count)")
        let err = home.path.appending("stderr.\(arguments.count)")
        let results = try FileIO.open(out, .writeOnly, options: [.create, .truncate])
        let messages = try FileIO.open(err, .writeOnly, options: [.create, .truncate])
        let status = await CommandLineEntry.run(
            arguments, environment: Environment(values), directory: workspace.path,
            output: Output(results: results, messages: messages))
        try results.close()
        try messages.close()
        return Result(status: status, output: try TestFiles.text(out), errors: try TestFiles.text(err))
    }
}
