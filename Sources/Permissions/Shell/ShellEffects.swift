import Support

/// What a shell text does with files, as far as its text says.
package struct ShellEffects: Sendable {
    /// Resources of `read`, each once, in order.
    package private(set) var reads: [String] = []
    /// Resources of `edit`.
    package private(set) var edits: [String] = []
    package private(set) var externals: [ShellExternalUse] = []
    package private(set) var doubts: [ShellDoubt] = []

    /// Most directories a command may be in at one time.
    private static let maxDirectories = 8
    /// Most paths of a text: more ask.
    private static let maxPaths = 4_000
    /// Most globs that are compared with directories: more ask.
    private static let maxGlobs = 200

    private let files: any ShellFiles
    private let home: String?
    private let changed: Set<String>
    /// Where relative paths may start from.
    private var directories: [String]
    private var beforeChain: [String] = []
    private var chain = -1
    private var seenReads = Set<String>()
    private var seenEdits = Set<String>()
    private var paths = 0
    private var globs = 0
    /// It may be anywhere by now, which is a doubt: further changes of the directory are not followed.
    private var isLost = false

    /// - Parameters:
    ///   - directory: where the command starts.
    ///   - home: what `~` and `$HOME` stand for.
    package init(_ plan: ShellPlan, directory: String, home: String?, files: any ShellFiles) {
        self.files = files
        self.home = home.flatMap { $0.utf8.first == 0x2F ? $0 : nil }
        changed = plan.changedVariables
        directories = [directory]
        for step in plan.steps {
            enter(step.command)
            for redirect in step.command.redirects { use(redirect, step.command) }
            for invocation in step.invocations { use(invocation) }
        }
    }

    // MARK: Directories

    /// Behind the end of a chain, or an `||`, the `cd` of the chain may not have happened.
    private mutating func enter(_ command: ShellCommand) {
        if command.chain != chain || command.isAlternative || command.isDetached {
            for directory in beforeChain where !directories.contains(directory) { directories.append(directory) }
            beforeChain = []
            chain = command.chain
        }
        limitDirectories(command)
    }

    private mutating func limitDirectories(_ command: ShellCommand) {
        guard directories.count > Self.maxDirectories else { return }
        directories = Array(directories.prefix(Self.maxDirectories))
        isLost = true
        doubt("it may be in more than \(Self.maxDirectories) directories", command)
    }

    private mutating func change(to word: ShellWord?, _ invocation: ShellInvocation) {
        let command = invocation.command
        guard !isLost else { return }
        guard !command.isRepeated else { return doubt("it changes the directory in a loop or a function", command) }
        var targets: [String] = []
        if let word {
            guard word.literal != "-", word.text.utf8.first != 0x2B else {
                return doubt("it goes back to a directory that only the shell knows", command)
            }
            guard let found = candidates(word, command) else { return }
            for path in found {
                // The shell goes up by the text, the kernel by the real parent.
                let lexical = ShellPath.normalized(path)
                let isSame = !ShellPath.goesUp(path) || files.place(path) == files.place(lexical)
                guard isSame else { return doubt("'..' behind a symbolic link leads elsewhere", command) }
                record(lexical, .read, command)
                targets.append(lexical)
            }
        } else {
            guard let home else { return doubt("HOME is not known", command) }
            targets = [home]
            record(home, .read, command)
        }
        if command.isDetached || command.isAlternative {
            for target in targets where !directories.contains(target) { directories.append(target) }
        } else {
            beforeChain += directories
            directories = targets
        }
        limitDirectories(command)
    }

    // MARK: Paths

    private mutating func doubt(_ reason: String, _ command: ShellCommand, _ kind: ShellDoubt.Kind = .path) {
        guard doubts.count < 1_000 else { return }
        doubts.append(ShellDoubt(kind: kind, reason: reason, range: command.range))
    }

    private mutating func use(_ redirect: ShellRedirect, _ command: ShellCommand) {
        let role: ShellPathRole
        switch redirect.kind {
        case .read: role = .read
        case .write: role = .write
        case .readWrite: role = .both
        case .duplicate, .text: return
        }
        use(redirect.target, role, command)
    }

    /// All paths that a word may stand for.
    mutating func use(_ word: ShellWord, _ role: ShellPathRole, _ command: ShellCommand) {
        guard role != .none, !word.isStream else { return }
        for path in candidates(word, command) ?? [] { record(path, role, command) }
    }

    private mutating func record(_ path: String, _ role: ShellPathRole, _ command: ShellCommand) {
        paths += 1
        guard paths <= Self.maxPaths else {
            if paths == Self.maxPaths + 1 { doubt("it uses more than \(Self.maxPaths) paths", command) }
            return
        }
        let reads = role != .write
        let writes = role != .read
        switch files.place(path) {
        case .free: break
        case .unknown: doubt("it cannot be said where \(path) leads", command)
        case .inside(let patterns):
            for pattern in patterns {
                if reads, seenReads.insert(pattern).inserted { self.reads.append(pattern) }
                if writes, seenEdits.insert(pattern).inserted { edits.append(pattern) }
            }
        case .readable(let real) where !writes:
            if seenReads.insert(real).inserted { self.reads.append(real) }
        case .outside(let real), .readable(let real):
            if reads, seenReads.insert(real).inserted { self.reads.append(real) }
            if writes, seenEdits.insert(real).inserted { edits.append(real) }
            if let index = externals.firstIndex(where: { $0.path == real }) {
                externals[index].reads = externals[index].reads || reads
                externals[index].writes = externals[index].writes || writes
            } else {
                externals.append(ShellExternalUse(path: real, reads: reads, writes: writes))
            }
        }
    }

    /// The absolute paths a word may stand for; `nil`, with a doubt, when they are not known.
    private mutating func candidates(_ word: ShellWord, _ command: ShellCommand) -> [String]? {
        guard let known = substituted(word) else {
            doubt("the path \(word.text.prefix(200)) is not literal", command)
            return nil
        }
        var word = known
        if word.units.first == 0x7E {
            let next = word.units.dropFirst().first
            guard next == nil || next == 0x2F || next == 0x2F | ShellWord.quoted, let home else {
                doubt("the path \(word.text.prefix(200)) is not literal", command)
                return nil
            }
            var expanded = ShellWord(literal: home, range: word.range)
            expanded.units += word.units.dropFirst()
            word = expanded
        }
        guard let text = word.literal else {
            doubt("a path is not UTF-8", command)
            return nil
        }
        if text.hasPrefix("/dev/tcp/") || text.hasPrefix("/dev/udp/") {
            doubt("\(text.prefix(200)) is a network connection", command, .command)
            return []
        }
        guard !text.isEmpty, text.utf8.count <= 4_096 else { return [] }
        let starts = text.utf8.first == 0x2F ? ["/"] : directories
        var result: [String] = []
        for start in starts {
            if word.hasGlob {
                globs += 1
                guard globs <= Self.maxGlobs, let found = expanded(word, start) else {
                    doubt("\(text.prefix(200)) may stand for too many files", command)
                    return nil
                }
                result += found
                if !found.isEmpty { continue }
            }
            // Without a match the shell takes the text as it is.
            result.append(text.utf8.first == 0x2F ? text : start + "/" + text)
        }
        return result
    }

    /// The word with `$HOME` and `$PWD` put in; `nil` when it has other expansions.
    private func substituted(_ word: ShellWord) -> ShellWord? {
        guard word.isDynamic else { return word }
        var result = ShellWord()
        result.range = word.range
        for unit in word.units {
            guard unit & ShellWord.expansion != 0 else {
                result.units.append(unit)
                continue
            }
            let expansion = word.expansions[Int(unit & ~ShellWord.expansion)]
            guard case .variable(let name) = expansion.kind, !changed.contains(name) else { return nil }
            let value: String?
            switch name {
            case "HOME": value = home
            case "PWD": value = directories.count == 1 ? directories.first : nil
            default: value = nil
            }
            // Unquoted, a value with blanks would be several words.
            guard let value, expansion.isQuoted || value.utf8.allSatisfy({ $0 > 0x20 && !"*?[".utf8.contains($0) })
            else {
                return nil
            }
            result.units += value.utf8.map { UInt16($0) | ShellWord.quoted }
        }
        return result
    }

    /// What a glob matches now; `nil` when that is too much to say.
    private func expanded(_ word: ShellWord, _ start: String) -> [String]? {
        var found = [start]
        for part in word.units.split(separator: 0x2F, omittingEmptySubsequences: true) {
            // A quoted slash is none of the pattern's: such words are rare enough to ask.
            if part.contains(0x2F | ShellWord.quoted) {
                let pieces = part.split(separator: 0x2F | ShellWord.quoted)
                guard !part.contains(where: { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B }) else { return nil }
                for piece in pieces { found = found.map { Self.appending(piece, to: $0) } }
                continue
            }
            guard part.contains(where: { $0 == 0x2A || $0 == 0x3F || $0 == 0x5B }) else {
                found = found.map { Self.appending(part, to: $0) }
                continue
            }
            guard let glob = Self.glob(part) else { return nil }
            var next: [String] = []
            for directory in found {
                guard let names = files.names(in: directory) else {
                    if files.exists(directory) { return nil }
                    continue
                }
                for name in names
                where (name.utf8.first != 0x2E || part.first == 0x2E || part.first == 0x2E | ShellWord.quoted)
                    && glob.matches(name)
                {
                    guard next.count < 1_000 else { return nil }
                    next.append(directory + "/" + name)
                }
            }
            found = next
        }
        return found == [start] ? [] : found
    }

    private static func appending(_ units: ArraySlice<UInt16>, to path: String) -> String {
        path + "/" + String(decoding: units.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }

    private static func glob(_ units: ArraySlice<UInt16>) -> Glob? {
        var pattern: [UInt8] = []
        for unit in units {
            let byte = UInt8(truncatingIfNeeded: unit)
            let isSpecial = "*?[]{}\\!,-^".utf8.contains(byte)
            let isGlob = unit & ShellWord.quoted == 0 && "*?[]!-^".utf8.contains(byte)
            if isSpecial, !isGlob { pattern.append(0x5C) }
            pattern.append(byte == 0x5E && isGlob ? 0x21 : byte)
        }
        // `**` is one star for the shell.
        while let double = pattern.indices.dropFirst().first(where: { pattern[$0] == 0x2A && pattern[$0 - 1] == 0x2A })
        {
            pattern.remove(at: double)
        }
        return try? Glob(String(decoding: pattern, as: UTF8.self))
    }

    // MARK: Programs

    private mutating func use(_ invocation: ShellInvocation) {
        let command = invocation.command
        guard let first = invocation.words.first else { return }
        if let program = first.literal, program.utf8.contains(0x2F), !ShellText.isSystemProgram(program) {
            use(first, .read, command)
        }
        guard let name = invocation.name else {
            // Not known what it is: everything that looks like a path.
            return useLikely(invocation.words.dropFirst(), .both, command)
        }
        switch name {
        case "cd", "pushd":
            let operand = invocation.words.dropFirst().first { word in
                word.literal.map { $0.utf8.first != 0x2D || $0 == "-" } ?? true
            }
            return change(to: operand, invocation)
        case "popd": return doubt("it goes back to a directory that only the shell knows", command)
        case "find": useFind(invocation)
        case "dd":
            for word in invocation.words.dropFirst() {
                if word.text.hasPrefix("if=") { use(word.dropping(3), .read, command) }
                if word.text.hasPrefix("of=") { use(word.dropping(3), .write, command) }
                if word.startsOpen { doubt("an argument of dd is not literal", command) }
            }
        default: useArguments(invocation, name)
        }
        if let options = ShellProgram.inline[name] {
            let words = invocation.words.dropFirst()
            if options.isEmpty || words.contains(where: { word in options.contains { word.text.hasPrefix($0) } }) {
                doubt("what the text of \(name) does is not known", command, .code)
            }
            if options.isEmpty == false, words.isEmpty || words.first?.literal == "-" {
                doubt("\(name) reads its program from its input", command, .code)
            }
        }
        if invocation.hasUnknownArguments {
            if case .all(.none)? = ShellProgram.known[name]?.operands { return }
            doubt("further arguments of \(name) are not literal", command)
        }
    }

    private mutating func useFind(_ invocation: ShellInvocation) {
        let words = invocation.words.dropFirst()
        var role = ShellPathRole.read
        if words.contains(where: { $0.literal == "-delete" }) { role = .both }
        var inExpression = false
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            index += 1
            if let text = word.literal, !inExpression {
                inExpression =
                    text == "(" || text == "!" || (text.hasPrefix("-") && !["-H", "-L", "-P"].contains(text))
            }
            if !inExpression {
                use(word, role, invocation.command)
            } else if word.startsOpen {
                doubt("an argument of find is not literal", invocation.command)
            } else if ["-fprint", "-fprint0", "-fls", "-fprintf"].contains(word.literal), index < words.endIndex {
                use(words[index], .write, invocation.command)
            } else if ["-files0-from", "-newer", "-anewer", "-cnewer", "-samefile"].contains(word.literal),
                index < words.endIndex
            {
                use(words[index], .read, invocation.command)
            }
        }
    }

    mutating func doubtPath(_ reason: String, _ command: ShellCommand) { doubt(reason, command) }

    mutating func doubtCommand(_ reason: String, _ command: ShellCommand) { doubt(reason, command, .command) }

    /// Arguments of which each that looks like a path, or names a file, counts.
    private mutating func useLikely(_ words: some Sequence<ShellWord>, _ role: ShellPathRole, _ command: ShellCommand) {
        for word in words { useLikelyArgument(word, role, command) }
    }

    mutating func useLikelyArgument(_ word: ShellWord, _ role: ShellPathRole, _ command: ShellCommand) {
        if word.isStream { return }
        if word.isDynamic, substituted(word) == nil {
            if word.expansions.allSatisfy({ $0.kind == .number }), !word.text.utf8.contains(0x2F) { return }
            return doubt("the argument \(word.text.prefix(200)) is not literal", command)
        }
        let text = word.text
        if text.hasPrefix("file:") {
            return use(word.dropping(text.hasPrefix("file://") ? 7 : 5), role, command)
        }
        if let colon = text.utf8.firstIndex(of: 0x3A), text.utf8[colon...].starts(with: "://".utf8) { return }
        let isPath =
            text.utf8.contains(0x2F) || text == ".." || text == "." || text.utf8.first == 0x7E || word.hasGlob
            || directories.contains { files.exists($0 + "/" + text) }
        if isPath, !text.isEmpty { use(word, role, command) }
    }
}
