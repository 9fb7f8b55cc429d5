import Permissions
import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Tools

/// A workspace with the file tools, one session of it.
struct FileToolFixture {
    let workspace: TempWorkspace
    let root: WorkspaceRoot
    let ledger = FileLedger()
    let path: String

    /// `rg` is found through `path`, the `PATH` of the calls.
    init(_ workspace: TempWorkspace, path: String = "/usr/local/bin:/usr/bin:/bin") throws {
        self.workspace = workspace
        root = try WorkspaceRoot(workspace.path)
        self.path = path
    }

    /// Makes a workspace with `files`, hands it to `body` and removes it.
    static func with(
        _ files: [String: String] = [:], path: String = "/usr/local/bin:/usr/bin:/bin",
        _ body: (FileToolFixture) async throws -> Void
    ) async throws {
        try await TempWorkspace.with(files: files) { workspace in
            try await body(try FileToolFixture(workspace, path: path))
        }
    }

    var files: WorkspaceFiles { WorkspaceFiles(root: root) }

    var paths: WorkspacePaths { WorkspacePaths(root: root, directory: root.path, home: "/home/nobody") }

    var context: ToolContext {
        ToolEnvironment(
            workspace: root, directory: root.path, dataDirectory: root.path, runner: ProcessRunner(), http: NoWeb(),
            ids: ULIDSource(), time: SystemTime(), environment: Environment(["PATH": path, "HOME": "/home/nobody"])
        ).context(
            sessionID: "ses_1", messageID: "msg_1", callID: "call_1", agent: "build", permissions: AllowAll(),
            files: ledger, model: ModelRef(id: "m", providerID: "p"))
    }

    /// Calls a tool as the registry does, permissions aside.
    func call(_ tool: some Tool, _ input: JSON) async throws(ToolError) -> ToolOutput {
        _ = try tool.demands(ToolInput(input), context)
        return try await tool.run(ToolInput(input), context)
    }

    /// The error of a call that must fail.
    func failure(_ tool: some Tool, _ input: JSON) async -> ToolError? {
        do throws(ToolError) {
            _ = try await call(tool, input)
            return nil
        } catch {
            return error
        }
    }

    /// Reads a file with the tool, so that it may be edited.
    func read(_ name: String) async throws {
        _ = try await call(ReadTool(), ["filePath": .string(name)])
    }

    /// Every file with its bytes, for comparing the workspace before and after.
    func snapshot() throws -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        for name in workspace.files where root.isFile(name) { result[name] = try workspace.bytes(name) }
        return result
    }

    private struct NoWeb: WebFetcher {
        func fetch(_ request: WebRequest) async throws(ToolError) -> WebResponse {
            throw ToolError(.failed, "There is no network in this test.")
        }
    }

    private struct AllowAll: PermissionGate {
        func check(_ demand: PermissionDemand, _ context: PermissionContext) async throws(PermissionDenied) {}
    }
}

extension WorkspaceRoot {
    /// True for a regular file.
    func isFile(_ name: String) -> Bool { (try? stat(FilePath(name)))?.isRegular ?? false }
}
