package import Support
package import SystemPackage

/// The ripgrep program.
package struct Ripgrep: Sendable, Equatable {
    /// Its absolute path.
    package let executable: FilePath

    /// Finds `rg` on the `PATH` of `environment`. Relative entries and those inside `workspace` do not count: a
    /// repository must not bring the program that searches it.
    package static func find(_ environment: Environment, outside workspace: FilePath) -> Ripgrep? {
        for entry in (environment.values["PATH"] ?? "").utf8.split(separator: UInt8(ascii: ":")) {
            let folder = FilePath(String(decoding: entry, as: UTF8.self)).lexicallyNormalized()
            guard folder.isAbsolute, !folder.starts(with: workspace) else { continue }
            let candidate = folder.appending("rg")
            guard let info = try? FileIO.stat(candidate), info.isRegular, info.mode & 0o111 != 0 else { continue }
            guard let real = try? FileIO.realPath(candidate), !real.starts(with: workspace) else { continue }
            return Ripgrep(executable: candidate)
        }
        return nil
    }

    /// Arguments for a search whose output is `path NUL line:text LF`, grouped by file.
    static func arguments(_ query: SearchQuery, target: String) -> [String] {
        var arguments = [
            "--no-config", "--hidden", "--no-require-git", "--no-messages", "--no-heading", "--with-filename",
            "--line-number", "--null", "--color=never", "--engine=auto", "--max-columns=2000", "--max-columns-preview",
            "--max-count=\(query.perFileLimit)",
        ]
        if query.ignoresCase { arguments.append("--ignore-case") }
        if let include = query.include {
            if include.utf8.contains(UInt8(ascii: "/")) {
                arguments.append("--glob=\(include)")
            } else {
                // A type, unlike a glob, does not bring back what .gitignore leaves out.
                arguments += ["--type-add=wanted:\(include)", "--type=wanted"]
            }
        }
        arguments.append("--glob=!.git")
        if query.leavesOutSensitiveFiles {
            arguments += SensitiveFiles.excludingGlobs.map { "--glob=\($0)" }
        }
        return arguments + ["--regexp=\(query.pattern)", "--", target]
    }
}

/// A search for lines.
struct SearchQuery: Sendable {
    /// Regular expression.
    var pattern: String
    var ignoresCase = false
    /// Pattern of the files to search; without `/` it is for names.
    var include: String?
    /// Most lines of one file.
    var perFileLimit = 100
    /// False when a file was named.
    var leavesOutSensitiveFiles = true
}

/// A line that was found.
struct SearchHit: Sendable, Equatable {
    /// Bytes of the path relative to the root of the workspace.
    let path: [UInt8]
    /// 1-based.
    let line: Int
    /// The bytes of the line, at most 16 KiB; a CR may be at the end.
    let text: [UInt8]

    /// The line for the model: at most 2,000 characters, control characters visible.
    var shown: String { SearchOutputParser.shown(text[...]) }
}
