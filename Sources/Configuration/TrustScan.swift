package import Support
package import SystemPackage

/// Finds what of a workspace could execute something, reach a host or loosen a rule, and would be interpreted by
/// codetether once approved. Blocking; only stats where nothing is there.
///
/// In every folder from the workspace's root down to the session's directory: `codetether.json(c)`, also in
/// `.codetether/`, `.mcp.json`, `.codetether/mcp.json`, `.codetether/plugins/**`, `.codetether/tools/**`, command
/// templates with shell blocks, `.env` files; and the repository's git configuration when it names programs.
/// Limits: 2,000 files, 16 MiB each, 64 MiB in all, 16 levels.
package struct TrustScan: Sendable {
    /// One file, with the hash of the bytes that were looked at.
    package struct Item: Sendable, Equatable {
        /// Where it stands.
        package var file: FilePath
        /// Below the workspace.
        package var relative: FilePath
        /// SHA-256 in hex; empty for a file that was not read because nothing of the workspace is approved.
        package var hash: String
        /// What it defines: configuration keys, `mcp.NAME`, `plugins/NAME`, `.env`, `git config`.
        package var defines: [String]
        package var isApproved: Bool
    }

    package static let maxFiles = 2_000
    package static let maxFileBytes = 16 << 20
    private static let maxTotalBytes = 64 << 20
    private static let configNames = [
        "codetether.json", "codetether.jsonc", ".codetether/codetether.json", ".codetether/codetether.jsonc",
    ]
    private static let serverFiles = [".mcp.json", ".codetether/mcp.json"]
    private static let harmlessEnvironments: Set<String> = [".env.example", ".env.sample", ".env.template"]

    private let trust: WorkspaceTrust
    private let folders: [FilePath]
    private let workspace: FilePath
    private let ignored: FilePath
    private let hashing: Bool
    private var items: [Item] = []
    private var totalBytes = 0

    /// - Parameters:
    ///   - directory: the session's directory, in the workspace.
    ///   - ignoring: the user's own configuration file, should it stand in the workspace.
    ///   - hashing: reads every file; otherwise plugins and tools are read only when something is approved.
    /// - Throws: `tooLarge` beyond a limit; then nothing can be approved.
    package static func items(
        trust: WorkspaceTrust, workspace: FilePath, directory: FilePath, ignoring: FilePath,
        hashing: Bool = false
    ) throws(FileError) -> [Item] {
        var scan = TrustScan(
            trust: trust, folders: Workspace.chain(from: workspace, to: directory), workspace: workspace,
            ignored: ignoring, hashing: hashing)
        for folder in scan.folders { try scan.look(in: folder) }
        try scan.lookAtGit()
        return scan.items
    }

    private init(trust: WorkspaceTrust, folders: [FilePath], workspace: FilePath, ignored: FilePath, hashing: Bool) {
        self.trust = trust
        self.folders = folders
        self.workspace = workspace
        self.ignored = ignored
        self.hashing = hashing || trust.isKnown
    }

    private mutating func look(in folder: FilePath) throws(FileError) {
        for name in Self.configNames {
            let file = folder.pushing(FilePath(name))
            guard file != ignored else { continue }
            try add(file) { bytes in UntrustedConfig.definitions(bytes, file: file) }
        }
        for name in Self.serverFiles { try add(folder.pushing(FilePath(name)), Self.servers) }
        let own = folder.appending(".codetether")
        for kind in ["plugins", "tools"] {
            for file in try Self.tree(own.appending(kind)) {
                try add(file, needsBytes: false) { _ in [Self.name(of: file, in: own)] }
            }
        }
        for kind in ["commands", "command"] {
            for file in try Self.tree(own.appending(kind)) where file.extension == "md" {
                try add(file) { bytes in
                    UTF8Text.lossy(bytes).contains("!`") ? [Self.name(of: file, in: own)] : []
                }
            }
        }
        guard let entries = try? FileIO.list(folder, limit: 20_000) else { return }
        for entry in entries.sorted(by: { $0.name.string < $1.name.string }) {
            let name = entry.name.string
            guard name == ".env" || name.hasPrefix(".env."), !Self.harmlessEnvironments.contains(name) else { continue }
            try add(folder.appending(entry.name), needsBytes: false) { _ in [name] }
        }
    }

    /// The configuration of the repository, wherever its `.git` points to inside the workspace.
    private mutating func lookAtGit() throws(FileError) {
        let git = workspace.appending(".git")
        guard let info = try? FileIO.stat(git) else { return }
        var directories = [git]
        if !info.isDirectory {
            guard let bytes = (try? ConfigFileReader.read(git, limit: 8 << 10)) ?? nil else { return }
            let text = UTF8Text.lossy(bytes)
            guard text.hasPrefix("gitdir: ") else { return }
            let end = text.dropFirst(8).prefix { $0 != "\n" && $0 != "\r\n" && $0 != "\r" }
            directories = [workspace.pushing(FilePath(String(end)))]
        }
        for directory in directories {
            for name in ["config", "config.worktree"] {
                try add(directory.appending(name)) { bytes in
                    GitConfigPrograms.names(bytes).map { "git config \($0)" }
                }
            }
        }
    }

    /// Adds a file that is there, lies in the workspace and defines something.
    private mutating func add(
        _ file: FilePath, needsBytes: Bool = true, _ defines: ([UInt8]) -> [String]
    ) throws(FileError) {
        guard (try? FileIO.stat(file))?.isRegular == true, let relative = trust.relative(file) else { return }
        let isRead = needsBytes || hashing
        guard let bytes = isRead ? try ConfigFileReader.read(file, limit: Self.maxFileBytes) : [] else { return }
        let names = defines(bytes)
        guard !names.isEmpty else { return }
        totalBytes += bytes.count
        guard items.count < Self.maxFiles, totalBytes <= Self.maxTotalBytes else {
            throw FileError(
                .tooLarge, path: workspace,
                message: "\(workspace) has more than \(Self.maxFiles) files or 64 MiB to approve; remove some.")
        }
        items.append(
            Item(
                file: file, relative: relative, hash: isRead ? SHA256Hash.hex(of: bytes) : "", defines: names,
                isApproved: trust.isAssumed ?? (isRead && trust.approves(file, bytes: bytes))))
    }

    private static func servers(_ bytes: [UInt8]) -> [String] {
        guard let json = try? JSON(parsingJSONC: UTF8Text.lossy(bytes)),
            let servers = (json["mcpServers"] ?? json["mcp"])?.objectValue
        else { return ["mcp"] }
        return servers.isEmpty ? [] : servers.map { "mcp.\($0.key)" }
    }

    private static func name(of file: FilePath, in folder: FilePath) -> String {
        var path = file
        guard path.removePrefix(folder) else { return file.string }
        return path.components.prefix(2).map(\.string).joined(separator: "/")
    }

    /// All regular files below a directory and links to some, sorted; links to directories are not entered.
    static func tree(_ directory: FilePath) throws(FileError) -> [FilePath] {
        guard FileIO.isDirectory(directory) else { return [] }
        var found: [FilePath] = []
        var open: [(path: FilePath, depth: Int)] = [(directory, 0)]
        while let next = open.popLast() {
            for entry in try FileIO.list(next.path, limit: 20_000) {
                let path = next.path.appending(entry.name)
                if entry.kind == .directory || (entry.kind == .unknown && FileIO.isDirectory(path)) {
                    if next.depth < 16 { open.append((path, next.depth + 1)) }
                } else {
                    found.append(path)
                }
            }
            guard found.count <= maxFiles else {
                throw FileError(
                    .tooLarge, path: directory, message: "\(directory) has more than \(maxFiles) files; remove some.")
            }
        }
        return found.sorted { $0.string < $1.string }
    }
}

/// Settings of a git configuration that make git start a program or talk to another host.
package enum GitConfigPrograms {
    private static let keys: Set<String> = [
        "core.fsmonitor", "core.sshcommand", "core.hookspath", "core.pager", "core.editor", "core.askpass",
        "core.gitproxy", "core.alternaterefscommand", "sequence.editor", "gpg.program",
        "gpg.ssh.program", "gpg.x509.program", "gpg.ssh.defaultkeycommand", "diff.external", "include.path",
        "uploadpack.packobjectshook", "extensions.worktreeconfig", "web.browser", "instaweb.httpd",
    ]
    private static let sections: Set<String> = [
        "filter", "merge", "diff", "alias", "credential", "pager", "includeif", "url", "browser", "man", "difftool",
        "mergetool", "http", "trailer", "sendemail", "interactive",
    ]
    private static let programs: Set<String> = [
        "clean", "smudge", "process", "driver", "textconv", "command", "helper", "path", "insteadof", "pushinsteadof",
        "cmd", "proxy", "external", "sslcert", "cookiefile", "smtpserver", "sendmailcmd", "difffilter", "uploadpack",
        "receivepack", "vcs",
    ]

    /// `section.key` of each such setting, each once, in order; at most 64.
    static func names(_ bytes: [UInt8]) -> [String] {
        var section = ""
        var found: [String] = []
        for line in bytes.split(separator: 0x0A) {
            var text = UTF8Text.lossy(Array(line)).drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            if text.first == "[" {
                guard let end = text.firstIndex(of: "]") else { continue }
                let head = text[text.index(after: text.startIndex)..<end]
                section = head.prefix { $0 != " " && $0 != "\t" && $0 != "." }.lowercased()
                text = text[text.index(after: end)...].drop { $0 == " " || $0 == "\t" }
            }
            let key = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.lowercased()
            guard !key.isEmpty else { continue }
            let name = "\(section).\(key)"
            let runs =
                keys.contains(name) || (sections.contains(section) && programs.contains(key)) || section == "alias"
                || (section == "pager" && !["true", "false"].contains(value(text)))
                || (section == "remote" && ["uploadpack", "receivepack", "vcs", "proxy"].contains(key))
                || (section == "remote" && value(text).hasPrefix("ext::"))
            if runs, found.count < 64, !found.contains(name) { found.append(name) }
        }
        return found
    }

    /// Of these, what commands that only read (`status`, `log`, `diff`, `show`) never start: settings for people at a terminal,
    /// for the network, and for commands that write.
    private static let unused: Set<String> = [
        "core.editor", "core.pager", "core.askpass", "sequence.editor", "web.browser", "instaweb.httpd",
    ]
    private static let unusedSections: Set<String> = [
        "alias", "browser", "man", "difftool", "mergetool", "trailer", "sendemail", "interactive", "credential", "http",
        "url", "pager", "merge",
    ]

    /// True when a git command that only reads could start a program that this configuration names.
    package static func startedByReading(_ bytes: [UInt8]) -> Bool {
        names(bytes).contains { name in
            !unused.contains(name) && !unusedSections.contains(String(name.prefix { $0 != "." }))
        }
    }

    private static func value(_ line: Substring) -> String {
        guard let equals = line.firstIndex(of: "=") else { return "true" }
        return String(line[line.index(after: equals)...].drop { $0 == " " || $0 == "\t" }.prefix { $0 != "\r" })
    }
}
