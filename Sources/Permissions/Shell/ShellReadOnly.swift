/// Programs that, with these options, only read: in a sandbox they run without an ask.
package enum ShellReadOnly {
    /// True when a program with its assignments and redirections only reads. Anything not listed does not.
    package static func isReadOnly(_ invocation: ShellInvocation) -> Bool {
        let command = invocation.command
        guard !invocation.hasUnknownArguments, command.assignments.allSatisfy(isHarmless),
            command.redirects.allSatisfy(isHarmless), let name = invocation.name,
            let program = invocation.words.first?.literal, program == name || ShellText.isSystemProgram(program)
        else { return false }
        if pathless.contains(name) { return true }
        let words = Array(invocation.words.dropFirst())
        guard words.allSatisfy({ !$0.isDynamic || $0.isStream }) else { return false }
        let arguments = words.map(\.text)
        // A glob may stand for a file whose name is an option.
        let mayBeOption = words.prefix { $0.text != "--" }.contains(where: \.startsOpen)
        if free.contains(name) { return true }
        guard !mayBeOption else { return false }
        switch name {
        case "sort":
            return allows(arguments, short: "bdfghiMnRrVcCmsuzkt", long: ["--reverse", "--unique", "--numeric-sort"])
        case "uniq":
            return operands(arguments, valued: "fsw").count <= 1 && allows(arguments, short: "cdDuizfsw", long: [])
        case "xxd":
            return operands(arguments, valued: "cgls").count <= 1 && allows(arguments, short: "abceguilpsS", long: [])
        case "file": return allows(arguments, short: "bikhLrsz0", long: ["--brief", "--mime", "--mime-type"])
        case "tree":
            return allows(arguments, short: "adfilphsugDFLPIQNq", long: ["--noreport", "--dirsfirst", "--gitignore"])
        case "date":
            return allows(arguments, short: "uIRd", long: ["--utc", "--iso-8601", "--date"])
                && operands(arguments, valued: "d").allSatisfy { $0.hasPrefix("+") }
        case "hostname", "tty", "groups", "logname", "users", "uptime", "free", "lscpu":
            return arguments.allSatisfy { $0.hasPrefix("-") }
                && !arguments.contains { $0.hasPrefix("-F") || $0.hasPrefix("--f") || $0.hasPrefix("-b") }
        case "rg":
            return !arguments.contains {
                $0.hasPrefix("--pre") || $0.hasPrefix("--hostname") || $0.hasPrefix("--search-zip")
                    || (isShort($0) && $0.contains("z"))
            }
        case "jq":
            return allows(
                arguments, short: "rcnsSMCeaj",
                long: ["--raw-output", "--compact-output", "--null-input", "--slurp", "--sort-keys", "--exit-status"])
        case "sed": return isReadOnlySed(arguments)
        case "find": return isReadOnlyFind(arguments)
        case "git": return isReadOnlyGit(arguments)
        case "command": return arguments.first == "-v" || arguments.first == "-V"
        case "printf": return arguments.first?.hasPrefix("-v") != true
        default: return false
        }
    }

    /// Harmless whatever their arguments are.
    private static let pathless: Set<String> = [
        "echo", "true", "false", ":", "sleep", "exit", "return", "wait", "break", "continue", "pwd",
    ]
    /// Read whatever their options are.
    private static let free: Set<String> = [
        "ls", "dir", "vdir", "cat", "head", "tail", "wc", "pwd", "echo", "true", "false", ":", "basename", "dirname",
        "whoami", "id",
        "uname", "nproc", "arch", "seq", "cut", "tr", "nl", "od", "rev", "tac", "fold", "fmt", "expand", "unexpand",
        "paste",
        "join", "comm", "cmp", "diff", "stat", "du", "df", "realpath", "readlink", "md5sum", "sha1sum", "sha224sum",
        "sha256sum", "sha384sum", "sha512sum", "b2sum", "cksum", "sum", "strings", "column", "hexdump", "which", "type",
        "test", "[",
        "expr", "sleep", "grep", "egrep", "fgrep", "cd", "base64", "base32", "exit", "return", "wait", "break",
        "continue",
    ]

    private static func isHarmless(_ assignment: ShellAssignment) -> Bool {
        ShellVariables.isHarmless(assignment.name) && !assignment.value.isDynamic
    }

    private static func isHarmless(_ redirect: ShellRedirect) -> Bool {
        switch redirect.kind {
        case .duplicate, .text: true
        case .read: !redirect.target.isDynamic
        case .write: redirect.target.literal == "/dev/null"
        case .readWrite: false
        }
    }

    private static func isShort(_ text: String) -> Bool {
        text.hasPrefix("-") && !text.hasPrefix("--") && text.utf8.count > 1
    }

    /// True when each option is one of these; long ones exactly, so that no abbreviation slips through.
    private static func allows(_ arguments: [String], short: String, long: Set<String>) -> Bool {
        for argument in arguments {
            if argument == "--" { return true }
            if argument.hasPrefix("--") {
                guard long.contains(String(argument.prefix { $0 != "=" })) else { return false }
            } else if isShort(argument) {
                guard
                    argument.utf8.dropFirst().allSatisfy({
                        short.utf8.contains($0) || (0x30...0x39).contains($0) || $0 == 0x2C || $0 == 0x2E
                    })
                else { return false }
            }
        }
        return true
    }

    /// The arguments that are no options and no values of the short options `valued`.
    private static func operands(_ arguments: [String], valued: String) -> [String] {
        var result: [String] = []
        var skip = false
        for argument in arguments {
            if skip {
                skip = false
            } else if isShort(argument) {
                skip = argument.utf8.count == 2 && argument.utf8.last.map(valued.utf8.contains) == true
            } else if !argument.hasPrefix("--") {
                result.append(argument)
            }
        }
        return result
    }

    private static func isReadOnlySed(_ arguments: [String]) -> Bool {
        var script: String?
        var isScriptNext = false
        for argument in arguments {
            if isScriptNext {
                guard SedScript.isHarmless(argument) else { return false }
                script = argument
                isScriptNext = false
            } else if ["-n", "-E", "-r", "-s", "-u", "-z", "-nE", "-nr", "--quiet", "--silent", "--regexp-extended"]
                .contains(argument)
            {
                continue
            } else if argument == "-e" {
                isScriptNext = true
            } else if argument.hasPrefix("-"), argument != "-" {
                return false
            } else if script == nil {
                guard SedScript.isHarmless(argument) else { return false }
                script = argument
            }
        }
        return script != nil
    }

    private static let findTests: Set<String> = [
        "-name", "-iname", "-path", "-ipath", "-wholename", "-iwholename", "-regex", "-iregex", "-type", "-xtype",
        "-size", "-mtime",
        "-mmin", "-atime", "-amin", "-ctime", "-cmin", "-newer", "-maxdepth", "-mindepth", "-empty", "-not", "-o",
        "-or", "-a",
        "-and", "-print", "-print0", "-prune", "-perm", "-user", "-group", "-links", "-ls", "-printf", "-depth",
        "-xdev",
        "-mount", "-readable", "-writable", "-executable", "-follow", "-daystart", "-H", "-L", "-P", "-quit", "-true",
        "-false",
        "-inum", "-samefile", "-regextype", "-nouser", "-nogroup", "-lname", "-ilname",
    ]

    private static func isReadOnlyFind(_ arguments: [String]) -> Bool {
        arguments.allSatisfy { argument in
            guard argument.hasPrefix("-"), argument.utf8.count > 1 else { return true }
            // A number of days: `-mtime -7`.
            return findTests.contains(argument)
                || argument.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) || "kMGcwb".utf8.contains($0) }
        }
    }

    private static let gitVerbs: Set<String> = [
        "status", "log", "diff", "show", "rev-parse", "ls-files", "blame", "describe", "shortlog", "cat-file",
        "ls-tree",
        "merge-base", "rev-list", "name-rev", "grep", "count-objects", "for-each-ref", "show-ref", "version",
    ]
    /// Options that write files or start programs; abbreviations count.
    private static let gitRefused = [
        "--ext-diff", "--textconv", "--output", "--exec", "--upload-pack", "--open-files-in-pager", "--no-index",
        "--filters", "--batch", "--output-directory", "--contents", "--show-signature", "--path-format",
    ]

    private static func isReadOnlyGit(_ arguments: [String]) -> Bool {
        let rest = arguments.drop { ["--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs"].contains($0) }
        guard let verb = rest.first else { return false }
        let options = Array(rest.dropFirst())
        for option in options.prefix(while: { $0 != "--" }) {
            if option.hasPrefix("--"), option.utf8.count > 3 {
                let name = String(option.prefix { $0 != "=" })
                if gitRefused.contains(where: { $0.hasPrefix(name) }), !["--text", "--no-textconv"].contains(name) {
                    return false
                }
            }
            // -O of diff reads an order file, of grep it opens a pager.
            if option.hasPrefix("-O") { return false }
        }
        if gitVerbs.contains(verb) { return true }
        let listing: Set<String> = [
            "-a", "-r", "-v", "-vv", "-l", "--list", "--all", "--remotes", "--show-current", "--verbose",
        ]
        switch verb {
        case "branch", "tag": return options.allSatisfy(listing.contains) && !(verb == "tag" && options.contains("-a"))
        case "remote": return options.allSatisfy { ["-v", "--verbose"].contains($0) }
        case "stash", "worktree": return options == ["list"]
        case "reflog": return options.isEmpty || options == ["show"]
        case "config": return ["--get", "--list", "-l", "--get-all"].contains(options.first ?? "")
        default: return false
        }
    }
}
