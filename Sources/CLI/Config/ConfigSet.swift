package import ArgumentParser
import Configuration
import Support
import SystemPackage

/// `codetether config set KEY VALUE [--scope user|project]`
package struct ConfigSet: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change one value in a configuration file; comments are kept.")

    /// Which file is changed.
    enum Scope: String, ExpressibleByArgument, CaseIterable {
        case user, project
    }

    @Argument(help: "A key path such as model or permission.bash.")
    var key: String
    @Argument(help: "The value: JSON, or text where the key takes text.")
    var value: String
    @Option(help: "user or project.")
    var scope: Scope = .user
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        let path = try ConfigCommandKey.parse(key)
        let file = try file(launch)
        try ConfigEditor.set(path, to: try json(path), in: file)
        launch.output.note("Set \(path) in \(file).")
    }

    private func json(_ path: ConfigKey) throws -> JSON {
        let isText = ConfigSchema.isText(path) == true
        if let parsed = try? JSON(parsing: value) {
            // `permission` and the like take a word or an object.
            if !isText || parsed.objectValue != nil || parsed.arrayValue != nil || parsed.stringValue != nil {
                return parsed
            }
        } else if !isText {
            throw CLIError(.usage, "\(path) takes JSON, and “\(value)” is none. Quote text: '\"\(value)\"'.")
        }
        return .string(value)
    }

    private func file(_ launch: Launch) throws -> FilePath {
        let paths = AppPaths(environment: launch.environment)
        switch scope {
        case .user:
            let json = paths.config.appending("codetether.json")
            return FileIO.exists(json) && !FileIO.exists(paths.userConfigFile) ? json : paths.userConfigFile
        case .project:
            let root = Workspace.root(of: try launch.sessionDirectory(global.values))
            let names = [
                ".codetether/codetether.jsonc", ".codetether/codetether.json", "codetether.jsonc", "codetether.json",
            ]
            let files = names.map { root.appending($0) }
            return files.first(where: FileIO.exists) ?? root.appending("codetether.jsonc")
        }
    }
}
