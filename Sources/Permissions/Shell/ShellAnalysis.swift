import Support

/// `NAME=value` before a command, or alone.
package struct ShellAssignment: Sendable, Hashable {
    package var name: String
    package var value: ShellWord
}

/// A redirection of a command.
package struct ShellRedirect: Sendable, Hashable {
    /// What is done to the target.
    package enum Kind: Sendable, Hashable {
        case read
        case write
        case readWrite
        /// `2>&1`, `<&-`: nothing is opened.
        case duplicate
        /// `<<` and `<<<`: text of the command itself.
        case text
    }

    package var kind: Kind
    package var target: ShellWord
}

/// A simple command of a shell text: what it runs and what it is connected with.
package struct ShellCommand: Sendable, Hashable {
    package var words: [ShellWord] = []
    package var assignments: [ShellAssignment] = []
    package var redirects: [ShellRedirect] = []
    /// Where it stands in the text; bytes. A command inside backquotes has the range of the backquotes.
    package var range: Range<Int> = 0..<0
    /// Commands joined by `&&` and `||` have the same number.
    package var chain = 0
    /// The operator before it is `||`.
    package var isAlternative = false
    /// Part of a pipeline of several, in the background, or negated.
    package var isDetached = false
    /// In a loop or a function, so that it may run several times or later.
    package var isRepeated = false

    /// As rules see it: without quotes, assignments and redirections.
    package var text: String { ShellText.join(words) }
}

/// Something whose effect cannot be known before it runs.
package struct ShellDoubt: Sendable, Hashable {
    /// What is not known.
    package enum Kind: Sendable, Hashable {
        /// Which command runs.
        case command
        /// Which files are touched.
        case path
        /// What a program text inside the command does, for which a sandbox is enough.
        case code
    }

    package var kind: Kind
    /// A clause for people: `eval runs text as a command`.
    package var reason: String
    package var range: Range<Int>
}

/// What a shell text does, as far as its text says.
///
/// A pure value, made without running or reading anything in time linear in the text (times the depth of its nesting,
/// at most 40). It fails closed: what is not understood is in `doubts` or makes the whole `unparsable`, and both ask.
package struct ShellAnalysis: Sendable {
    /// Which shell reads the text.
    package enum Dialect: Sendable, Hashable {
        case bash
        /// `sh`, of which it is not known which shell it is: what bash alone understands is a doubt.
        case posix
    }

    /// The simple commands in the order in which they stand, those of substitutions first. Both branches of
    /// conditions are among them, and bodies of functions.
    package var commands: [ShellCommand] = []
    package var doubts: [ShellDoubt] = []
    /// Names of functions that the text defines.
    package var functions: Set<String> = []
    /// Names of variables that the text changes in any way.
    package var changedVariables: Set<String> = []
    /// Why it could not be taken apart; then `commands` has at most a part of them.
    package var unparsable: String?

    /// Takes a text apart.
    /// - Parameters:
    ///   - limit: longest text, bytes.
    ///   - environmentIsKnown: false when the text gets variables from another text.
    package init(
        _ text: String, dialect: Dialect = .bash, environmentIsKnown: Bool = true, depth: Int = 0,
        limit: Int = 131_072
    ) {
        guard text.utf8.count <= limit else {
            unparsable = "it is longer than \(limit) bytes"
            return
        }
        var parser = ShellParser(Array(text.utf8), dialect: dialect, depth: depth)
        do throws(ShellSyntaxError) {
            try parser.parseScript()
        } catch {
            unparsable = error.reason
        }
        parser.finish(environmentIsKnown: environmentIsKnown)
        commands = parser.output.commands
        doubts = parser.output.doubts
        functions = parser.output.functions
        changedVariables = parser.output.changed
    }
}

/// A text that is no shell command, or one that is deliberately not understood.
struct ShellSyntaxError: Error {
    var reason: String
    var offset: Int
}
