import Configuration
import Support
import SystemPackage
import TestSupport

/// A home, a managed folder and a workspace in one temporary folder.
struct ConfigFixture {
    let workspace: TempWorkspace
    var variables: [String: String]

    /// `files` are relative to a folder with `home`, `managed` and `repo` (a git repository) in it.
    static func with(
        files: [String: String] = [:], variables: [String: String] = [:], _ body: (ConfigFixture) throws -> Void
    ) async throws {
        var files = files
        files["repo/.git/HEAD"] = "ref: refs/heads/main\n"
        try await TempWorkspace.with(files: files) { workspace in
            var all = variables
            all["HOME"] = workspace.path.appending("home").string
            try body(ConfigFixture(workspace: workspace, variables: all))
        }
    }

    var repo: FilePath { workspace.path.appending("repo") }
    var environment: Environment { Environment(variables) }
    var paths: AppPaths { AppPaths(environment: environment, managed: workspace.path.appending("managed")) }

    func load(in folder: String = "", explicit: FilePath? = nil, trusted: Bool? = true) throws -> LoadedConfig {
        let directory = folder.isEmpty ? repo : repo.pushing(FilePath(folder))
        return try ConfigLoader(
            environment: environment, paths: paths, cwd: directory, explicit: explicit, trusted: trusted
        ).load()
    }

    /// The error of loading.
    func loadError(in folder: String = "", trusted: Bool? = true) -> ConfigError? {
        do {
            _ = try load(in: folder, trusted: trusted)
            return nil
        } catch {
            return error as? ConfigError
        }
    }
}
