import Support

extension ShellEffects {
    /// The paths among the arguments of a program.
    mutating func useArguments(_ invocation: ShellInvocation, _ name: String) {
        let command = invocation.command
        guard let program = ShellProgram.known[name] else {
            return useUnknown(invocation.words.dropFirst(), command)
        }
        var operands: [ShellWord] = []
        var isWriter = false
        var replaced = false
        var onlyOperands = false
        var index = 1
        let words = invocation.words
        while index < words.count {
            let word = words[index]
            index += 1
            let text = word.text
            guard !onlyOperands, text.utf8.first == 0x2D, text.utf8.count > 1, !word.startsOpen else {
                if word.startsOpen, word.isDynamic, case .all(.none) = program.operands {
                } else {
                    operands.append(word)
                }
                continue
            }
            if text == "--" {
                onlyOperands = true
                continue
            }
            let option = Option(text)
            if program.starters.contains(where: { option.matches($0) }) {
                doubtCommand("\(name) \(option.name) may start another program", command)
            }
            isWriter = isWriter || program.writers.contains { option.matches($0) }
            replaced = replaced || program.replacesFirst.contains { option.matches($0) }
            if let (role, isNext, offset) = option.value(program.values) {
                if isNext {
                    if index < words.count {
                        value(words[index], role, name, command)
                        index += 1
                    }
                } else {
                    value(word.dropping(offset), role, name, command)
                }
            } else if let offset = option.attached, text.utf8.contains(0x2F) {
                value(word.dropping(offset), .both, name, command)
            }
        }
        use(operands, program, name, invocation, isWriter: isWriter, replaced: replaced)
    }

    private mutating func value(_ word: ShellWord, _ role: ShellPathRole, _ name: String, _ command: ShellCommand) {
        if role == .none {
            if name == "curl" { useUpload(word, command) }
            return
        }
        use(word, role, command)
    }

    private mutating func use(
        _ operands: [ShellWord], _ program: ShellProgram, _ name: String, _ invocation: ShellInvocation, isWriter: Bool,
        replaced: Bool
    ) {
        let command = invocation.command
        let paths = operands.filter { $0.literal != "-" }
        switch program.operands {
        case .all(let role):
            for word in paths {
                if name == "curl" || name == "wget" { useUpload(word, command) }
                use(word, isWriter ? .both : role, command)
            }
        case .after(let count, let role):
            let skipped = replaced ? 0 : count
            if name == "sed" || name.hasSuffix("awk") { checkProgram(invocation, operands, name, replaced: replaced) }
            for word in operands.dropFirst(skipped) where word.literal != "-" {
                if name.hasSuffix("awk"), word.literal?.contains("=") == true { continue }
                use(word, isWriter ? .both : role, command)
            }
        case .lastWritten(let role):
            let hasTarget = invocation.words.contains { $0.text.hasPrefix("-t") || $0.text.hasPrefix("--target-d") }
            for (index, word) in paths.enumerated() {
                if (name == "rsync" || name == "scp"), isRemote(word) { continue }
                let isLast = index == paths.count - 1 && !hasTarget && (paths.count > 1 || name != "ln")
                use(word, isLast ? .write : role, command)
                if name == "ln", !isLast, word.text.utf8.first != 0x2F, word.text.contains("..") {
                    doubtPath("a symbolic link may lead elsewhere than its text says", command)
                }
            }
        case .firstRead:
            for (index, word) in paths.enumerated() { use(word, index == 0 ? .read : .write, command) }
        case .likely(let role):
            var role = role
            if name == "git", let verb = operands.first(where: { $0.literal?.utf8.first != 0x2D })?.literal,
                ["rm", "mv", "checkout", "restore", "clean", "init", "clone", "worktree"].contains(verb)
            {
                role = .both
            }
            for word in operands { useLikelyArgument(word, role, command) }
        }
    }

    private func isRemote(_ word: ShellWord) -> Bool {
        guard let colon = word.text.utf8.firstIndex(of: 0x3A) else { return false }
        return !word.text.utf8[..<colon].contains(0x2F)
    }

    /// `curl -d @file`, `-F x=@file`, `file:///…`.
    private mutating func useUpload(_ word: ShellWord, _ command: ShellCommand) {
        let text = word.text
        if text.hasPrefix("@") {
            use(word.dropping(1), .read, command)
        } else if text.hasPrefix("file:") {
            use(word.dropping(text.hasPrefix("file://") ? 7 : 5), .read, command)
        } else if let equals = word.units.firstIndex(where: { $0 & 0xFF == 0x3D }), equals + 1 < word.units.count,
            word.units[equals + 1] & 0xFF == 0x40 || word.units[equals + 1] & 0xFF == 0x3C
        {
            use(word.dropping(equals + 2), .read, command)
        } else if word.isDynamic, !text.utf8.starts(with: "http".utf8) {
            doubtPath("the argument \(text.prefix(200)) is not literal", command)
        }
    }

    /// A program nobody here knows: what looks like a path may be read and written.
    private mutating func useUnknown(_ words: ArraySlice<ShellWord>, _ command: ShellCommand) {
        for word in words {
            let text = word.text
            guard text.utf8.first == 0x2D, !word.startsOpen else {
                useLikelyArgument(word, .both, command)
                continue
            }
            guard let offset = Option(text).attached else { continue }
            let value = word.dropping(offset)
            if value.isDynamic || value.text.utf8.contains(0x2F) || value.text.utf8.first == 0x7E {
                useLikelyArgument(value, .both, command)
            }
        }
    }

    /// Programs of sed and awk can run commands and write files.
    private mutating func checkProgram(
        _ invocation: ShellInvocation, _ operands: [ShellWord], _ name: String, replaced: Bool
    ) {
        let command = invocation.command
        var programs: [ShellWord] = replaced ? [] : Array(operands.prefix(1))
        for (index, word) in invocation.words.enumerated() where name == "sed" {
            let text = word.text
            if text == "-e" || text == "--expression", index + 1 < invocation.words.count {
                programs.append(invocation.words[index + 1])
            } else if text.hasPrefix("-e") {
                programs.append(word.dropping(2))
            } else if text.hasPrefix("--expression=") {
                programs.append(word.dropping(13))
            }
        }
        for word in programs {
            guard let text = word.literal else {
                doubtCommand("the program of \(name) is not literal", command)
                continue
            }
            if name == "sed" {
                if !SedScript.isHarmless(text) {
                    doubtCommand("the program of sed may run commands or write files", command)
                }
            } else {
                if text.contains("system") || text.contains("|") || text.contains("getline") || text.contains("@") {
                    doubtCommand("the program of \(name) may run commands", command)
                } else if text.contains(">") || text.contains("ARGV") {
                    doubtPath("the program of \(name) may write files", command)
                }
            }
        }
        if invocation.words.dropFirst().contains(where: { $0.text.hasPrefix("-f") || $0.text.hasPrefix("--file") }) {
            doubtCommand("the program of \(name) is in a file", command)
        }
    }
}

/// An option as written, and where its value is.
private struct Option {
    let text: String
    /// `-o` or `--output`.
    let name: String
    /// Where an attached value begins: `-o/tmp/x`, `--output=/tmp/x`.
    let attached: Int?

    init(_ text: String) {
        self.text = text
        if text.hasPrefix("--") || (text.utf8.count > 2 && text.contains("=")) {
            if let equals = text.utf8.firstIndex(of: 0x3D) {
                name = String(text[..<equals])
                attached = text.utf8.distance(from: text.startIndex, to: equals) + 1
            } else {
                name = text
                attached = nil
            }
        } else {
            name = String(text.prefix(2))
            attached = text.utf8.count > 2 ? 2 : nil
        }
    }

    /// Long options may be abbreviated, short ones stand together.
    func matches(_ option: String) -> Bool {
        if text == option || name == option { return true }
        if option.hasPrefix("--") { return name.hasPrefix("--") && name.utf8.count > 3 && option.hasPrefix(name) }
        guard option.utf8.count == 2, !text.hasPrefix("--"), let letter = option.utf8.last else { return false }
        return text.utf8.dropFirst().contains(letter)
    }

    /// The role of its value, whether it is the next word, and else where it begins.
    func value(_ values: [String: ShellPathRole]) -> (ShellPathRole, isNext: Bool, offset: Int)? {
        if let role = values[text] { return (role, true, 0) }
        if let attached, let role = values[name] { return (role, false, attached) }
        if name.hasPrefix("--") {
            guard name.utf8.count > 3, let key = values.keys.filter({ $0.hasPrefix(name) }).sorted().first,
                let role = values[key]
            else { return nil }
            return (role, attached == nil, attached ?? 0)
        }
        // The last letter of `-xzf` takes the next word.
        guard text.utf8.count > 2, !text.hasPrefix("--"), let last = text.utf8.last,
            let role = values["-" + String(decoding: [last], as: UTF8.self)]
        else { return nil }
        return (role, true, 0)
    }
}
