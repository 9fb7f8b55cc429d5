package import Support
package import SystemPackage

/// Entries of other programs' files as entries of ours. Starts nothing and writes nothing.
///
/// Their variables become those that `mcp.json` knows (`${NAME}`): `${env:NAME}` and `{env:NAME}` are translated,
/// `${workspaceFolder}` becomes `.` (a program starts in the workspace) and `${userHome}` `${HOME}`. What has no counterpart is told.
package struct MCPImport: Sendable {
    /// A program whose files are known.
    package enum Program: String, Sendable, CaseIterable {
        case claude, cursor, vscode, opencode
    }

    /// A file that may exist.
    package struct Place: Sendable, Equatable {
        package var file: FilePath
        /// The workspace's: whoever wrote the repository wrote it.
        package var isWorkspace: Bool

        /// The value with these members.
        package init(file: FilePath, isWorkspace: Bool) {
            self.file = file
            self.isWorkspace = isWorkspace
        }
    }

    /// One entry of a file.
    package struct Candidate: Sendable {
        /// As it will be called here.
        package var name: String
        /// As the file calls it.
        package var original: String
        /// As it will stand in our file.
        package var definition: JSONObject
        /// What is different from the file's, in sentences; safe to show.
        package var notes: [String]
        /// Why it cannot be taken over; nil when it can.
        package var problem: String?

        /// True when a header or a variable has a value of its own, without `${NAME}`.
        package var hasPlainValues: Bool {
            [definition["env"], definition["headers"]].contains { values in
                values?.objectValue?.contains { $0.value.stringValue?.contains("${") == false } == true
            }
        }
    }

    /// The most entries of one file.
    package static let maxEntries = 256

    /// Where a program keeps its servers.
    package static func places(
        _ program: Program, home: FilePath, configHome: FilePath, workspace: FilePath
    ) -> [Place] {
        func user(_ base: FilePath, _ names: String...) -> [Place] {
            names.map { Place(file: base.pushing(FilePath($0)), isWorkspace: false) }
        }
        func local(_ names: String...) -> [Place] {
            names.map { Place(file: workspace.pushing(FilePath($0)), isWorkspace: true) }
        }
        switch program {
        case .claude:
            // `.mcp.json` of the workspace is ours too: it needs no import.
            return user(
                home, ".claude.json", "Library/Application Support/Claude/claude_desktop_config.json")
                + user(configHome, "Claude/claude_desktop_config.json")
        case .cursor: return user(home, ".cursor/mcp.json") + local(".cursor/mcp.json")
        case .vscode:
            return user(home, "Library/Application Support/Code/User/mcp.json")
                + user(configHome, "Code/User/mcp.json") + local(".vscode/mcp.json")
        case .opencode:
            return user(configHome, "opencode/opencode.jsonc", "opencode/opencode.json")
                + local("opencode.jsonc", "opencode.json", ".opencode/opencode.jsonc", ".opencode/opencode.json")
        }
    }

    /// The entries of a file, in its order. Claude's file also has those of single directories: of these, the workspace's.
    /// - Throws: `config` for a file that is not JSON, or has no list of servers.
    package static func candidates(
        _ bytes: [UInt8], file: FilePath, workspace: FilePath
    ) throws(MCPError) -> [Candidate] {
        let root: JSON
        do throws(JSONParseError) { root = try JSON(parsingJSONC: UTF8Text.lossy(bytes)) } catch {
            throw MCPError(
                .config, "\(file):\(error.line):\(error.column): \(error.message)", metadata: ["file": file.string])
        }
        // Claude, Cursor; VS Code's mcp.json; VS Code's settings.json; OpenCode.
        let lists = [
            root["mcpServers"], root["servers"], root["mcp"]?["servers"] ?? root["mcp"],
            root["projects"]?[workspace.string]?["mcpServers"],
        ].compactMap { $0?.objectValue }
        guard !lists.isEmpty || root["projects"] != nil else {
            throw MCPError(
                .config,
                "\(file) has no list of MCP servers: mcpServers (Claude, Cursor), servers (VS Code) or mcp (OpenCode) is wanted.",
                metadata: ["file": file.string])
        }
        let inputs = Dictionary(
            (root["inputs"]?.arrayValue ?? []).compactMap { input in
                input["id"]?.stringValue.map { ($0, input["description"]?.stringValue ?? "") }
            }, uniquingKeysWith: { first, _ in first })
        return lists.flatMap { $0 }.prefix(maxEntries).map { key, value in
            candidate(key, value, inputs: inputs, file: file)
        }
    }

    private static func candidate(
        _ original: String, _ json: JSON, inputs: [String: String], file: FilePath
    ) -> Candidate {
        var translation = ImportTranslation(inputs: inputs)
        var made = Candidate(name: name(original), original: original, definition: [:], notes: [], problem: nil)
        guard let object = json.objectValue else {
            made.problem = "It is \(json.kindName); an object is wanted."
            return made
        }
        made.definition = translation.definition(object)
        made.notes = translation.notes(for: made.name)
        if made.name != original {
            made.notes.insert("It is called \"\(made.name)\" here: names are 1 to 32 of A-Z a-z 0-9 _ -.", at: 0)
        }
        made.problem = translation.problem
        guard made.problem == nil else { return made }
        do throws(MCPError) {
            _ = try MCPServerEntry(
                name: made.name, scope: .user, json: .object(made.definition), file: file.string, variables: nil)
        } catch {
            made.problem = error.message
        }
        return made
    }

    /// A name of ours for any name: what is not allowed becomes `-`.
    static func name(_ original: String) -> String {
        var name = ""
        for scalar in original.unicodeScalars where name.utf8.count < 32 {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-": name.unicodeScalars.append(scalar)
            default: if name.last != "-" { name += "-" }
            }
        }
        // Blanks at the ends are no part of a name.
        if name != original {
            name = String(name.drop { $0 == "-" })
            while name.last == "-" { name.removeLast() }
        }
        if name.isEmpty { name = "server" }
        return name == "resource" ? "resource-1" : name
    }
}
