import Support
package import SystemPackage

/// A skill: a folder with a `SKILL.md` that an agent reads when its description fits.
package struct Skill: Sendable, Equatable {
    package var name: String
    package var description: String
    /// The `SKILL.md`.
    package var path: FilePath

    package init(name: String, description: String, path: FilePath) {
        self.name = name
        self.description = description
        self.path = path
    }

    /// The folder that holds the skill's files.
    package var directory: FilePath { path.removingLastComponent() }

    /// The text after the front matter. Throws when the file is gone, too long (1 MiB) or no longer valid.
    package func body() throws -> String {
        let bytes = try FileIO.read(path, limit: 1 << 20)
        return try FrontMatter.parse(UTF8Text.lossy(bytes)).body
    }
}

/// Finds skills.
package enum Skills {
    package static let maxSkills = 512
    /// Folders below a skills directory that are searched.
    package static let maxDepth = 4

    /// The skills by name, and a sentence for each file that is not one.
    package struct Result: Sendable, Equatable {
        package var skills: [Skill]
        package var problems: [String]
    }

    /// Searches, a later one of the same name winning: `~/.claude`, `~/.agents`, the configuration directory, the same in
    /// every folder from the workspace root down to the directory (with `.codetether`), then `skills.paths`.
    ///
    /// Skills of the project whose real path is outside the workspace are left out. Blocking; only directories that
    /// exist are read.
    package static func discover(_ loaded: LoadedConfig) -> Result {
        var search = Search()
        let home = loaded.paths.home
        for folder in [
            home.appending(".claude/skills"), home.appending(".agents/skills"), loaded.paths.config.appending("skills"),
        ] {
            search.visit(folder, within: nil)
        }
        for folder in Workspace.chain(from: loaded.workspace, to: loaded.directory) where folder != home {
            for name in [".claude/skills", ".agents/skills", ".codetether/skills"] {
                search.visit(folder.appending(name), within: loaded.workspace)
            }
        }
        for path in loaded.config.skills.paths {
            search.visit(loaded.workspace.pushing(FilePath(loaded.paths.expandingHome(path))), within: nil)
        }
        let skills = search.found.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return Result(skills: skills, problems: search.problems)
    }

    private struct Search {
        var found: [String: Skill] = [:]
        var problems: [String] = []
        var budget = 4_096

        mutating func visit(_ folder: FilePath, within root: FilePath?, depth: Int = 0) {
            guard budget > 0, depth <= Skills.maxDepth, FileIO.isDirectory(folder) else { return }
            budget -= 1
            let file = folder.appending("SKILL.md")
            if depth > 0 || FileIO.exists(file), FileIO.exists(file) {
                add(file, within: root)
                return
            }
            guard let entries = try? FileIO.list(folder, limit: 10_000) else { return }
            for entry in entries.sorted(by: { $0.name.string < $1.name.string })
            where entry.kind == .directory || entry.kind == .symlink || entry.kind == .unknown {
                visit(folder.appending(entry.name), within: root, depth: depth + 1)
            }
        }

        private mutating func add(_ file: FilePath, within root: FilePath?) {
            func problem(_ text: String) { problems.append(HostileText.escaped("\(file): \(text)", multiline: false)) }
            if let root, !Workspace.contains(file, root: root) {
                return problem("The file is outside the workspace; the skill is left out.")
            }
            guard found.count < Skills.maxSkills else { return }
            do {
                guard let bytes = try ConfigFileReader.read(file, limit: 1 << 20) else { return }
                let fields = try FrontMatter.parse(UTF8Text.lossy(bytes)).fields
                guard let name = fields["name"]?.stringValue, Skills.isName(name) else {
                    return problem("`name` must be 1 to 64 of a-z, 0-9 and single hyphens; the skill is left out.")
                }
                guard let text = fields["description"]?.stringValue, (1...1_024).contains(text.count) else {
                    return problem("`description` must have 1 to 1,024 characters; the skill is left out.")
                }
                found[name] = Skill(name: name, description: text, path: file)
            } catch {
                problem((error as? any AppError)?.message ?? "The file cannot be read.")
            }
        }
    }

    /// `[a-z0-9]+(-[a-z0-9]+)*`, at most 64 bytes.
    package static func isName(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count) else { return false }
        return name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty && word.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
    }
}
