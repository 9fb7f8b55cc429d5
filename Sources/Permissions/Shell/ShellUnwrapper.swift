/// Takes off what only runs another program: `env`, `sudo`, `xargs`, `timeout`, `sh -c` and the like, as often as
/// needed.
struct ShellUnwrapper {
    let command: ShellCommand
    let depth: Int
    var invocations: [ShellInvocation] = []
    var notDenied: [String] = []
    var doubts: [ShellDoubt] = []
    /// Texts given to other shells.
    var inner: [ShellPlan] = []
    private var hasUnknownArguments = false
    private var levels = 0

    init(command: ShellCommand, depth: Int) {
        self.command = command
        self.depth = depth
    }

    mutating func doubt(_ reason: String, _ kind: ShellDoubt.Kind = .command) {
        doubts.append(ShellDoubt(kind: kind, reason: reason, range: command.range))
    }

    mutating func demand(_ words: [ShellWord]) {
        guard !words.isEmpty else { return }
        var invocation = ShellInvocation(words, command)
        invocation.hasUnknownArguments = hasUnknownArguments
        invocations.append(invocation)
    }

    mutating func unwrap(_ words: [ShellWord]) {
        guard let first = words.first else { return }
        levels += 1
        guard levels <= 32 else {
            doubt("it has more than 32 wrappers")
            return demand(words)
        }
        guard !first.hasGlob || first.literal == "[", let program = first.literal, !program.isEmpty else {
            doubt("the name of the command is not literal")
            return demand(words)
        }
        let name = ShellText.lastComponent(program)
        if name != program, !ShellText.isSystemProgram(program) {
            // Another program of that name: rules for the name apply too.
            notAllowedByName(words, name)
        }
        if let options = Self.wrappers[name] { return unwrap(words, name, options) }
        if Self.shells.contains(name) { return shell(words, name) }
        if let reason = Self.opaque[name] { return opaque(words, name, reason) }
        switch name {
        case "env": env(words)
        case "xargs": xargs(words)
        case "command":
            let options = words.dropFirst().prefix { $0.literal?.utf8.first == 0x2D }
            if options.contains(where: { $0.literal == "-v" || $0.literal == "-V" }) { return demand(words) }
            unwrap(words, name, Options())
        case "find", "fd", "fdfind": find(words)
        case "git": git(words)
        case "set": set(words)
        case "export", "declare", "typeset", "local", "readonly", "read", "mapfile", "readarray", "unset", "printf",
            "getopts", "let", "test", "[", "hash", "wait":
            builtin(words, name)
        default: demand(words)
        }
    }

    /// A program outside the system's directories is not what a rule for its name means, so both texts must be
    /// allowed.
    private mutating func notAllowedByName(_ words: [ShellWord], _ name: String) {
        var named = words
        named[0] = ShellWord(literal: name, range: words[0].range)
        var invocation = ShellInvocation(named, command)
        invocation.hasUnknownArguments = hasUnknownArguments
        invocations.append(invocation)
    }

    // MARK: Wrappers

    private mutating func unwrap(_ words: [ShellWord], _ name: String, _ options: Options) {
        var index = 1
        var operands = options.operands
        while index < words.count {
            guard let text = words[index].literal, !words[index].startsOpen else {
                // An unknown word may be an option or the command.
                doubt("an argument of \(name) is not literal")
                break
            }
            if text == "--" {
                index += 1
                while operands > 0, index < words.count {
                    index += 1
                    operands -= 1
                }
                break
            }
            if text.utf8.count > 1, text.utf8.first == 0x2D {
                if options.unknown.contains(text) || options.unknown.contains(where: { text.hasPrefix($0 + "=") }) {
                    doubt("\(name) \(text) does more than run a command")
                }
                if text.hasPrefix("--") {
                    index += options.long.contains(text) ? 2 : 1
                } else {
                    index += takesNext(text, options.short) ? 2 : 1
                }
                continue
            }
            if isAssignment(text), name == "sudo" || name == "doas" {
                checkAssignment(text)
                index += 1
                continue
            }
            guard operands > 0 else { break }
            operands -= 1
            index += 1
        }
        let rest = Array(words.dropFirst(min(index, words.count)))
        if rest.isEmpty || options.isDemanded {
            demand(words)
        } else {
            notDenied.append(ShellText.join(words))
        }
        if !rest.isEmpty { unwrap(rest) }
    }

    /// True for `-n 5` and `-xn 5`, false for `-n5`.
    private func takesNext(_ text: String, _ short: String) -> Bool {
        let letters = Array(text.utf8.dropFirst())
        guard let position = letters.firstIndex(where: { short.utf8.contains($0) }) else { return false }
        return position == letters.count - 1
    }

    private func isAssignment(_ text: String) -> Bool {
        guard let equals = text.utf8.firstIndex(of: 0x3D), equals != text.startIndex else { return false }
        return text.utf8[..<equals].allSatisfy(ShellParser.isNamePart)
    }

    private mutating func checkAssignment(_ text: String) {
        let name = String(text.prefix { $0 != "=" })
        if ShellVariables.isDangerous(name) { doubt("\(name) decides which programs run or what they do") }
    }

    private mutating func env(_ words: [ShellWord]) {
        var index = 1
        loop: while index < words.count {
            let word = words[index]
            guard let text = word.literal, !word.startsOpen else {
                let name = word.text.prefix { $0 != "=" }
                if name.utf8.count < word.text.utf8.count, name.utf8.allSatisfy(ShellParser.isNamePart), !name.isEmpty,
                    word.expansions.allSatisfy(\.isQuoted)
                {
                    checkAssignment(word.text)
                    index += 1
                    continue
                }
                doubt("an argument of env is not literal")
                break
            }
            switch text {
            case "-u", "--unset": index += 2
            case "-C", "--chdir":
                doubt("env \(text) changes the directory", .path)
                index += 2
            case "--":
                index += 1
                while index < words.count, let text = words[index].literal, isAssignment(text) {
                    checkAssignment(text)
                    index += 1
                }
                break loop
            case _ where text.hasPrefix("-S") || text.hasPrefix("--split") || text.hasPrefix("-vS"):
                doubt("env -S splits text into a command")
                index += 1
            case _ where text.hasPrefix("--chdir=") || (text.hasPrefix("-C") && text.utf8.count > 2):
                doubt("env --chdir changes the directory", .path)
                index += 1
            case _ where text.hasPrefix("-"): index += 1
            case _ where isAssignment(text):
                checkAssignment(text)
                index += 1
            default: break loop
            }
        }
        let rest = Array(words.dropFirst(min(index, words.count)))
        if rest.isEmpty { return demand(words) }
        notDenied.append(ShellText.join(words))
        unwrap(rest)
    }

    private mutating func xargs(_ words: [ShellWord]) {
        var index = 1
        while index < words.count {
            guard let text = words[index].literal, !words[index].startsOpen else {
                doubt("an argument of xargs is not literal")
                break
            }
            guard text.utf8.count > 1, text.utf8.first == 0x2D else { break }
            if text == "--" {
                index += 1
                break
            }
            if text.hasPrefix("--") {
                let separate: Set<String> = [
                    "--arg-file", "--delimiter", "--max-args", "--max-chars", "--max-procs", "--process-slot-var",
                ]
                index += separate.contains(text) ? 2 : 1
            } else {
                index += takesNext(text, "adEILnPs") ? 2 : 1
            }
        }
        let rest = Array(words.dropFirst(min(index, words.count)))
        let outer = hasUnknownArguments
        hasUnknownArguments = true
        defer { hasUnknownArguments = outer }
        notDenied.append(ShellText.join(words))
        unwrap(rest.isEmpty ? [ShellWord(literal: "echo", range: words[0].range)] : rest)
    }

    private mutating func find(_ words: [ShellWord]) {
        demand(words)
        let starters: Set<String> = ["-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"]
        let isFind = words[0].literal.map(ShellText.lastComponent) == "find"
        var index = 1
        while index < words.count {
            guard let text = words[index].literal, starters.contains(text),
                isFind == (text.hasPrefix("-exec") || text.hasPrefix("-ok"))
            else {
                if let text = words[index].literal, !isFind,
                    text.hasPrefix("--exec=") || text.hasPrefix("--exec-batch=")
                {
                    doubt("fd runs a command for each file")
                }
                index += 1
                continue
            }
            let start = index + 1
            index = start
            while index < words.count, let text = words[index].literal, text != ";", text != "+" { index += 1 }
            if index < words.count, words[index].literal == nil {
                while index < words.count, words[index].literal != ";", words[index].literal != "+" { index += 1 }
            }
            let rest = Array(words[start..<min(index, words.count)])
            let outer = hasUnknownArguments
            hasUnknownArguments = true
            unwrap(rest)
            hasUnknownArguments = outer
        }
    }

    // MARK: Shells

    private mutating func shell(_ words: [ShellWord], _ name: String) {
        var index = 1
        var takesText = false
        while index < words.count {
            guard let text = words[index].literal, !words[index].startsOpen else { break }
            guard let first = text.utf8.first, first == 0x2D || first == 0x2B, text.utf8.count > 1 else { break }
            index += 1
            if text == "--" { break }
            if text.hasPrefix("--") {
                switch text {
                case "--norc", "--noprofile", "--posix", "--verbose": continue
                default: doubt("\(name) \(text) reads other files")
                }
                if text == "--rcfile" || text == "--init-file" { index += 1 }
                continue
            }
            for letter in text.utf8.dropFirst() {
                switch letter {
                case UInt8(ascii: "c"): takesText = first == 0x2D
                case UInt8(ascii: "l"), UInt8(ascii: "i"): doubt("\(name) \(text) reads other files")
                case UInt8(ascii: "s"): doubt("\(name) reads commands from its input")
                case UInt8(ascii: "o"), UInt8(ascii: "O"):
                    if letter == UInt8(ascii: "O") { doubt("\(name) \(text) changes how text is read") }
                    index += 1
                case UInt8(ascii: "e"), UInt8(ascii: "u"), UInt8(ascii: "x"), UInt8(ascii: "v"), UInt8(ascii: "f"):
                    break
                default: doubt("\(name) \(text) changes how text is read")
                }
            }
        }
        guard index < words.count else {
            demand(words)
            return doubt("\(name) reads commands from its input")
        }
        let operand = words[index]
        guard takesText else {
            demand(words)
            if operand.isDynamic || operand.startsOpen { doubt("the file that \(name) runs is not literal") }
            if let text = operand.literal, text == "-" || text.hasPrefix("/dev/") || text.hasPrefix("/proc/") {
                doubt("\(name) reads commands from its input")
            }
            return
        }
        guard let text = operand.literal, !hasUnknownArguments || !text.contains("{}") else {
            demand(words)
            return doubt("the text that \(name) runs is not literal")
        }
        if ["zsh", "ksh", "mksh", "fish", "csh", "tcsh"].contains(name) { doubt("\(name) reads text in its own way") }
        notDenied.append(ShellText.join(words))
        run(text, name == "bash" || name == "rbash" ? .bash : .posix)
    }

    /// Analyses a text that another shell runs.
    private mutating func run(_ text: String, _ dialect: ShellAnalysis.Dialect) {
        guard depth < 8 else { return doubt("shells start shells more than 8 deep") }
        let plan = ShellPlan(text, dialect: dialect, depth: depth + 1, isOutermost: false, range: command.range)
        if plan.invocations.isEmpty, plan.unparsable == nil {
            // Nothing to demand inside: the shell itself is what runs.
            demand(command.words)
        }
        inner.append(plan)
    }

    private mutating func opaque(_ words: [ShellWord], _ name: String, _ reason: String) {
        if name == "trap", words.count == 1 || ["-", "-l", "-p"].contains(words[1].literal) || words[1].literal == "" {
            return demand(words)
        }
        demand(words)
        doubt(reason)
        let text: String?
        switch name {
        case "eval": text = words.dropFirst().allSatisfy { $0.literal != nil } ? ShellText.join(words.dropFirst()) : nil
        case "trap": text = words.count > 1 ? words[1].literal : nil
        case "su":
            text = words.firstIndex { $0.literal == "-c" }.flatMap {
                $0 + 1 < words.count ? words[$0 + 1].literal : nil
            }
        default: text = nil
        }
        // What it runs must not be denied either.
        guard let text, depth < 8 else { return }
        let plan = ShellPlan(text, dialect: .bash, depth: depth + 1, isOutermost: false, range: command.range)
        notDenied += plan.invocations.map(\.text) + plan.notDenied
    }
}
