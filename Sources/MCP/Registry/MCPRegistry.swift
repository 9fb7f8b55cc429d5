package import Configuration
package import Support
package import SystemPackage

/// The servers of all files, and the changes to those that are ours: `mcp.json` of the user and `.mcp.json` of the project.
///
/// Blocking, but only small files. A file that is not JSON is an error of its own; one entry that is not right is listed among
/// `faults` and does not touch the others. Changes keep the rest of the file, comments included, and are written in one step.
package struct MCPRegistry: Sendable {
    /// What the files say.
    package struct Contents: Sendable {
        /// By name; a later scope wins, but an entry that nobody approved never hides an approved one.
        package var entries: [MCPServerEntry] = []
        /// Entries that cannot be used: name, scope and why.
        package var faults: [(name: String, scope: MCPServerEntry.Scope, error: MCPError)] = []

        /// Nothing.
        package init() {}

        /// The entry of a name: the approved one if there are two.
        package func entry(_ name: String) -> MCPServerEntry? {
            entries.first { $0.name == name && $0.isApproved } ?? entries.first { $0.name == name }
        }
    }

    /// The most servers of one file.
    package static let maxEntries = 256

    private let config: LoadedConfig
    private let environment: Environment

    package init(config: LoadedConfig, environment: Environment) {
        self.config = config
        self.environment = environment
    }

    /// `mcp.json` of the user.
    package var userFile: FilePath { config.paths.config.appending("mcp.json") }
    /// `.mcp.json` of the workspace.
    package var projectFile: FilePath { config.workspace.appending(".mcp.json") }
    /// Changes when one of the files or the approvals do.
    package var stamp: String {
        [userFile, projectFile, approvalsFile].map { file in
            (try? FileIO.stat(file)).map { "\($0.mtimeNs)-\($0.size)-\($0.inode)" } ?? "-"
        }.joined(separator: " ")
    }
    private var approvalsFile: FilePath { config.paths.state.appending("mcp-approvals.json") }

    /// Reads everything.
    /// - Throws: `config` for a file that is not JSON or has no object `mcpServers`.
    package func load() throws(MCPError) -> Contents {
        var contents = Contents()
        add(try servers(userFile), .user, userFile.string, to: &contents, isApproved: { _ in true })
        if let configured = config.config.raw["mcp"]?.objectValue {
            for (name, json) in configured {
                let origin = config.origins.first { $0.key.components.prefix(2).elementsEqual(["mcp", name]) }?.value
                add(
                    [(name, json)], .config, origin?.source ?? "the configuration", to: &contents,
                    isApproved: { _ in true })
            }
        }
        let approved = approvals()
        let isTrusted = config.trust.approves(projectFile)
        add(
            try servers(projectFile), .project, projectFile.string, to: &contents,
            isApproved: { entry in isTrusted || approved.contains(approval(entry)) })
        return contents
    }

    private func add(
        _ servers: [(name: String, json: JSON)], _ scope: MCPServerEntry.Scope, _ file: String,
        to contents: inout Contents, isApproved: (MCPServerEntry) -> Bool
    ) {
        for (name, json) in servers.prefix(Self.maxEntries) {
            do throws(MCPError) {
                var entry = try MCPServerEntry(name: name, scope: scope, json: json, file: file, variables: nil)
                entry.isApproved = isApproved(entry)
                if entry.isApproved {
                    entry = try MCPServerEntry(
                        name: name, scope: scope, json: json, file: file, variables: environment.values)
                    contents.entries.removeAll { $0.name == name }
                }
                contents.entries.append(entry)
            } catch {
                contents.faults.append((name, scope, error))
            }
        }
    }

    private func servers(_ file: FilePath) throws(MCPError) -> [(name: String, json: JSON)] {
        guard let bytes = try read(file) else { return [] }
        let json: JSON
        do throws(JSONParseError) { json = try JSON(parsingJSONC: UTF8Text.lossy(bytes)) } catch {
            throw MCPError(
                .config, "\(file):\(error.line):\(error.column): \(error.message)", metadata: ["file": file.string])
        }
        guard let object = json.objectValue else {
            throw MCPError(
                .config, "\(file): an object is wanted, not \(json.kindName).", metadata: ["file": file.string])
        }
        // VS Code calls it `servers`.
        guard let value = object["mcpServers"] ?? object["servers"] else { return [] }
        guard let servers = value.objectValue else {
            throw MCPError(
                .config, "\(file): mcpServers is \(value.kindName); an object is wanted.",
                metadata: ["file": file.string, "path": "mcpServers"])
        }
        return servers.map { ($0.key, $0.value) }
    }

    private func read(_ file: FilePath) throws(MCPError) -> [UInt8]? {
        guard FileIO.exists(file) else { return nil }
        do throws(FileError) { return try FileIO.read(file, limit: 4 << 20) } catch {
            throw MCPError(.config, error.message, metadata: ["file": file.string])
        }
    }

    // MARK: Changes

    /// Adds a server. `json` is the entry as it will stand in the file.
    /// - Throws: `config` when the name is taken in that file or the entry is not right, or the file cannot be written.
    package func add(_ name: String, _ json: JSON, to scope: MCPServerEntry.Scope) throws(MCPError) {
        let file = scope == .project ? projectFile : userFile
        _ = try MCPServerEntry(name: name, scope: scope, json: json, file: file.string, variables: nil)
        guard try !servers(file).contains(where: { $0.name == name }) else {
            throw MCPError(
                .config,
                "'\(name)' exists already in \(file). Change it with codetether mcp update \(name), or remove it first.",
                metadata: ["exists": "true"])
        }
        try set(name, json, in: file)
        if scope == .project { try approve(name) }
    }

    /// Replaces an entry where it stands; entries of configuration files are changed there with `config set`.
    package func update(_ entry: MCPServerEntry, _ json: JSON) throws(MCPError) {
        let file = try ownFile(entry)
        _ = try MCPServerEntry(name: entry.name, scope: entry.scope, json: json, file: file.string, variables: nil)
        try set(entry.name, json, in: file)
        if entry.scope == .project, entry.isApproved { try approve(entry.name) }
    }

    /// Takes an entry out of its file.
    package func remove(_ entry: MCPServerEntry) throws(MCPError) { try set(entry.name, nil, in: try ownFile(entry)) }

    /// The entry as it stands in its file.
    package func definition(_ entry: MCPServerEntry) throws(MCPError) -> JSON {
        if entry.scope == .config { return config.config.raw["mcp"]?[entry.name] ?? .object([:]) }
        return try servers(try ownFile(entry)).first { $0.name == entry.name }?.json ?? .object([:])
    }

    private func ownFile(_ entry: MCPServerEntry) throws(MCPError) -> FilePath {
        switch entry.scope {
        case .user: return userFile
        case .project: return projectFile
        case .config:
            throw MCPError(
                .config, "'\(entry.name)' is defined in \(entry.file) (key mcp.\(entry.name)); change it there.",
                metadata: ["file": entry.file])
        }
    }

    private func set(_ name: String, _ json: JSON?, in file: FilePath) throws(MCPError) {
        do {
            let bytes = try read(file) ?? Array("{}".utf8)
            var edited: [UInt8]
            let key = try JSON(parsingJSONC: UTF8Text.lossy(bytes))["servers"] != nil ? "servers" : "mcpServers"
            if let json {
                edited = try ConfigEditor.setting(ConfigKey([key, name]), to: json, in: bytes)
            } else {
                var root = try JSON(parsingJSONC: UTF8Text.lossy(bytes)).objectValue ?? [:]
                var servers = root[key]?.objectValue ?? [:]
                _ = servers.removeValue(forKey: name)
                root[key] = .object(servers)
                edited = try ConfigEditor.setting(ConfigKey([key]), to: .object(servers), in: bytes)
            }
            if edited.last != 0x0A { edited.append(0x0A) }
            if !FileIO.exists(file.removingLastComponent()) {
                try FileIO.createDirectory(file.removingLastComponent(), mode: 0o700, intermediate: true)
            }
            try AtomicFile.write(edited, to: file, mode: FileIO.exists(file) ? nil : (file == userFile ? 0o600 : 0o644))
        } catch let error as MCPError {
            throw error
        } catch {
            throw MCPError(
                .config, "\(file) was not changed: \((error as? any AppError)?.message ?? "\(error)")",
                metadata: ["file": file.string])
        }
    }

    // MARK: Approvals

    private func approval(_ entry: MCPServerEntry) -> String {
        SHA256Hash.hex(of: Array("\(config.workspace)\u{0}\(entry.name)\u{0}\(entry.hash)".utf8))
    }

    private func approvals() -> Set<String> {
        guard let bytes = try? FileIO.read(approvalsFile, limit: 1 << 20), let json = try? JSON(parsing: bytes) else {
            return []
        }
        return Set((json["approved"]?.arrayValue ?? []).compactMap(\.stringValue))
    }

    /// Approves one server of the project as it is written now; another definition asks again. Keeps the newest 1,000 approvals.
    /// - Returns: what was approved.
    @discardableResult
    package func approve(_ name: String) throws(MCPError) -> MCPServerEntry {
        guard let json = try servers(projectFile).first(where: { $0.name == name })?.json else {
            throw MCPError(
                .serverNotFound,
                "\(projectFile) defines no server '\(HostileText.escaped(name, multiline: false))'. codetether mcp list shows what there is."
            )
        }
        let entry = try MCPServerEntry(
            name: name, scope: .project, json: json, file: projectFile.string, variables: nil)
        var all =
            (try? FileIO.read(approvalsFile, limit: 1 << 20)).flatMap { try? JSON(parsing: $0) }?["approved"]?
            .arrayValue ?? []
        let mine = JSON.string(approval(entry))
        all.removeAll { $0 == mine }
        all.append(mine)
        do throws(FileError) {
            try FileIO.createDirectory(approvalsFile.removingLastComponent(), mode: 0o700, intermediate: true)
            try AtomicFile.write(
                JSON.object(["approved": .array(Array(all.suffix(1000)))]).bytes(.pretty), to: approvalsFile,
                mode: 0o600)
        } catch {
            throw MCPError(.config, error.message)
        }
        return entry
    }
}
