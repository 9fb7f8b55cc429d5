/// One program that a shell text runs, after taking off what only runs another one.
package struct ShellInvocation: Sendable, Hashable {
    /// The program and its arguments.
    package var words: [ShellWord]
    /// The command it is part of.
    package var command: ShellCommand
    /// Further arguments come from somewhere else: `xargs`, `find -exec`.
    package var hasUnknownArguments = false
    /// The name of the program when it is literal, without its directory.
    package var name: String?

    init(_ words: [ShellWord], _ command: ShellCommand) {
        self.words = words
        self.command = command
        if let first = words.first, !first.hasGlob, let literal = first.literal {
            name = ShellText.lastComponent(literal)
        }
    }

    /// As rules see it.
    package var text: String { ShellText.join(words) }
}

/// A shell text with its wrappers taken off: every program that would run, and what is not known about it.
package struct ShellPlan: Sendable {
    /// A command and the programs it runs; each of them must be allowed.
    package struct Step: Sendable {
        package var command: ShellCommand
        package var invocations: [ShellInvocation]
    }

    /// In the order in which they stand.
    package var steps: [Step] = []
    /// Texts that must not be denied: wrappers that were taken off, commands inside `eval`.
    package var notDenied: [String] = []
    package var doubts: [ShellDoubt] = []
    package var functions: Set<String> = []
    package var changedVariables: Set<String> = []
    package var unparsable: String?

    /// Most programs of one text: more ask.
    static let maxInvocations = 10_000

    /// Analyses a text and the texts it gives to other shells.
    package init(_ text: String, dialect: ShellAnalysis.Dialect = .bash) {
        self.init(text, dialect: dialect, depth: 0, isOutermost: true, range: nil)
    }

    init(
        _ text: String, dialect: ShellAnalysis.Dialect, depth: Int, isOutermost: Bool, range: Range<Int>?
    ) {
        var analysis = ShellAnalysis(text, dialect: dialect, environmentIsKnown: isOutermost, depth: depth)
        if let range {
            // What it does to its directory stays in the other shell.
            for index in analysis.commands.indices {
                analysis.commands[index].range = range
                analysis.commands[index].isDetached = true
            }
            for index in analysis.doubts.indices { analysis.doubts[index].range = range }
        }
        doubts = analysis.doubts
        functions = analysis.functions
        changedVariables = analysis.changedVariables
        unparsable = analysis.unparsable
        var count = 0
        for command in analysis.commands {
            var unwrapper = ShellUnwrapper(command: command, depth: depth)
            unwrapper.unwrap(command.words)
            notDenied += unwrapper.notDenied
            doubts += unwrapper.doubts
            steps.append(Step(command: command, invocations: unwrapper.invocations))
            count += unwrapper.invocations.count
            for inner in unwrapper.inner {
                merge(inner)
                count += inner.invocations.count
            }
            if count > Self.maxInvocations {
                unparsable = unparsable ?? "it runs more than \(Self.maxInvocations) commands"
                break
            }
        }
        for name in functions where ShellProgram.known[name] != nil || ShellUnwrapper.special.contains(name) {
            doubts.append(
                ShellDoubt(
                    kind: .command, reason: "it defines \(name) anew", range: analysis.commands.first?.range ?? 0..<0))
        }
    }

    /// All programs in order.
    package var invocations: [ShellInvocation] { steps.flatMap(\.invocations) }

    /// Adds what another text does that this one runs.
    mutating func merge(_ other: ShellPlan) {
        steps += other.steps
        notDenied += other.notDenied
        doubts += other.doubts
        functions.formUnion(other.functions)
        changedVariables.formUnion(other.changedVariables)
        unparsable = unparsable ?? other.unparsable
    }
}
