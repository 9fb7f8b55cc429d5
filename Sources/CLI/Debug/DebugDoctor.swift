import App
package import ArgumentParser
import Configuration
import Sandbox
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// `codetether debug doctor`: looks whether everything codetether needs is there, and says which sandbox commands get.
package struct DebugDoctor: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the installation and say how commands are contained.")

    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        var doctor = Doctor(environment: launch.environment, directory: try launch.sessionDirectory(global.values))
        await doctor.examine { try launch.configuration(global.values) }
        try await launch.output.render(.value(doctor.json, text: doctor.text), as: format.value)
    }
}

/// The checks of `debug doctor`. Nothing is written.
struct Doctor {
    enum Status: String { case pass, warn, fail }

    struct Check {
        var name: String
        var status: Status
        var detail: String
        var fix: String?
    }

    private let environment: Environment
    private let directory: FilePath
    private let paths: AppPaths
    private(set) var checks: [Check] = []
    private(set) var sandbox = SandboxStatus(.off, "Not examined.")

    init(environment: Environment, directory: FilePath) {
        self.environment = environment
        self.directory = directory
        paths = AppPaths(environment: environment)
    }

    /// Makes all checks.
    mutating func examine(_ load: () throws -> LoadedConfig) async {
        var loaded: LoadedConfig?
        do {
            let config = try load()
            loaded = config
            let files = config.sources.filter(\.isPresent).map(\.path.string)
            add("config", .pass, files.isEmpty ? "No configuration file; defaults." : files.joined(separator: ", "))
            for warning in config.warnings.prefix(20) { add("config", .warn, warning, "Correct or remove the file.") }
            if config.pendingApproval.isEmpty {
                add("trust", .pass, config.isTrusted ? "The workspace is trusted." : "Nothing here needs an approval.")
            } else {
                add(
                    "trust", .warn,
                    "\(config.pendingApproval.count) settings of the workspace have no effect until it is trusted.",
                    "codetether trust")
            }
        } catch {
            let message = (error as? any AppError)?.message ?? "\(error)"
            add("config", .fail, message, "Correct the file; `codetether config schema` prints what is allowed.")
        }
        directories()
        programs()
        limits()
        await sandboxes(loaded)
    }

    private mutating func add(_ name: String, _ status: Status, _ detail: String, _ fix: String? = nil) {
        checks.append(Check(name: name, status: status, detail: detail, fix: status == .pass ? nil : fix))
    }

    private mutating func directories() {
        for (name, path) in [
            ("config", paths.config), ("data", paths.data), ("state", paths.state), ("cache", paths.cache),
        ] {
            let name = "directory.\(name)"
            guard let info = try? FileIO.stat(path) else {
                add(name, .pass, "\(path) is not there yet; it is made when it is needed.")
                continue
            }
            if !info.isDirectory {
                add(name, .fail, "\(path) is not a directory.", "mv \(path) \(path).old")
            } else if path.withPlatformString({ access($0, W_OK | X_OK) }) != 0 {
                add(name, .fail, "\(path) cannot be written.", "chmod u+rwx \(path)")
            } else if info.mode & 0o077 != 0 {
                add(name, .warn, "Others can read \(path) (mode 0\(String(info.mode, radix: 8))).", "chmod 700 \(path)")
            } else {
                add(name, .pass, path.string)
            }
        }
    }

    private mutating func programs() {
        let wanted: [(String, Status, String)] = [
            ("bash", .warn, "Commands run with /bin/sh."), ("git", .warn, "Branches, snapshots and `pr` do not work."),
            ("rg", .warn, "Searches are done by the slower search that is built in."),
        ]
        for (name, status, consequence) in wanted {
            let command = Command(
                executable: FilePath(name), directory: directory,
                environment: ["PATH": environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"])
            if let path = try? command.resolvedExecutable() {
                add("program.\(name)", .pass, path.string)
            } else {
                add("program.\(name)", status, "\(name) is not in PATH. \(consequence)", "Install \(name).")
            }
        }
    }

    private mutating func limits() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let enough = limit.rlim_cur >= 1_024
        add(
            "limit.files", enough ? .pass : .warn, "\(limit.rlim_cur) files may be open at once.",
            enough ? nil : "ulimit -n 1024")
    }

    private mutating func sandboxes(_ loaded: LoadedConfig?) async {
        let workspace = (try? FileIO.realPath(loaded?.workspace ?? directory)) ?? directory
        let settings = loaded?.sandboxSettings ?? SandboxSettings()
        let sandbox = Sandbox(
            settings: settings, workspace: workspace, home: paths.home, environment: environment,
            own: [paths.config, paths.data, paths.state, paths.cache])
        do throws(SandboxError) {
            self.sandbox = try await sandbox.requireStatus()
            let isContained = self.sandbox.mode != .off
            add(
                "sandbox", isContained ? .pass : .warn, self.sandbox.reason,
                settings.mode == .off ? "Set sandbox.mode to \"auto\"." : "apt-get install bubblewrap")
        } catch {
            self.sandbox = await sandbox.status()
            add("sandbox", .fail, error.message, "Set sandbox.mode to \"auto\".")
        }
    }

    // MARK: Output

    var json: JSON {
        [
            "checks": .array(
                checks.map { check in
                    var object: JSONObject = [
                        "name": .string(check.name), "status": .string(check.status.rawValue),
                        "detail": .string(check.detail),
                    ]
                    object["fix"] = check.fix.map { .string($0) }
                    return .object(object)
                }),
            "sandbox": ["mode": .string(sandbox.mode.rawValue), "reason": .string(sandbox.reason)],
        ]
    }

    var text: String {
        let lines = checks.map { check in
            "\(check.status.rawValue) \(check.name): \(check.detail)" + (check.fix.map { " Fix: \($0)" } ?? "")
        }
        let all = lines + ["sandbox: \(sandbox.mode.rawValue). \(sandbox.reason)"]
        return all.map { HostileText.escaped($0, multiline: false) + "\n" }.joined()
    }
}
