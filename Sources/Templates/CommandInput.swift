import Support

/// What a person gave to a command. It is never expanded: an argument is passed on as it was typed.
package enum CommandInput: Sendable, Equatable {
    /// Of a command line: each word is one argument.
    case words([String])
    /// Of a text field: blanks separate, quotes keep together, and the last argument takes what is left.
    case text(String)

    /// The values by the arguments' names. `name=value` with the name of an argument is that argument; the other words fill those that
    /// are left in their order.
    /// - Throws: `usage` that names what is missing, given twice or too much.
    package func values(for command: CommandDefinition) throws(CommandError) -> [String: String] {
        let names = command.arguments.map(\.name)
        var values: [String: String] = [:]
        var positional: [String] = []
        for word in words {
            guard let mark = word.firstIndex(of: "="), names.contains(String(word[..<mark])) else {
                positional.append(word)
                continue
            }
            let name = String(word[..<mark])
            guard values.updateValue(String(word[word.index(after: mark)...]), forKey: name) == nil else {
                throw CommandError(
                    .usage,
                    "\(Self.shown(command.name)): the argument \(Self.shown(name)) is given twice; give it once.")
            }
        }
        let open = names.filter { values[$0] == nil }
        if case .text = self, let last = open.indices.last, positional.count > open.count {
            positional = positional[..<last] + [positional[last...].joined(separator: " ")]
        }
        guard positional.count <= open.count else { throw tooMany(command, positional.count + values.count) }
        for (name, value) in zip(open, positional) { values[name] = value }
        let missing = command.arguments.filter { $0.isRequired && values[$0.name] == nil }
        guard missing.isEmpty else { throw Self.missing(missing, command) }
        return values
    }

    private var words: [String] {
        switch self {
        case .words(let words): words
        case .text(let text): Self.split(text)
        }
    }

    /// Words of a text: blanks separate them; a quote at the start of a word or after its `=` keeps everything up to the next such
    /// quote in it. A quote that is never closed is a character.
    static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var rest = Substring(text)
        while let character = rest.first {
            let isOpening = (character == "\"" || character == "'") && (word == nil || word?.last == "=")
            let tail = rest.dropFirst()
            if isOpening, let end = tail.firstIndex(of: character) {
                word = (word ?? "") + tail[..<end]
                rest = tail[tail.index(after: end)...]
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
                rest = tail
            } else {
                word = (word ?? "") + String(character)
                rest = tail
            }
        }
        if let word { words.append(word) }
        return words
    }

    private func tooMany(_ command: CommandDefinition, _ count: Int) -> CommandError {
        let name = Self.shown(command.name)
        guard !command.arguments.isEmpty else {
            return CommandError(.usage, "\(name) takes no arguments, but \(count) were given; leave them out.")
        }
        return CommandError(
            .usage,
            "\(name) takes \(command.arguments.count) arguments (\(Self.list(command.arguments))), but \(count) were given. Put quotes around an argument that has blanks."
        )
    }

    private static func missing(_ missing: [CommandArgument], _ command: CommandDefinition) -> CommandError {
        let details = missing.prefix(8).compactMap { argument in
            argument.description.map { "\(shown(argument.name)): \(shown($0))" }
        }
        return CommandError(
            .usage,
            "\(shown(command.name)) needs \(missing.count == 1 ? "the argument" : "the arguments") \(missing.map { shown($0.name) }.joined(separator: ", ")). Give arguments in the order \(list(command.arguments)), or by name as NAME=VALUE.\(details.isEmpty ? "" : " (\(details.joined(separator: "; ")))")"
        )
    }

    private static func list(_ arguments: [CommandArgument]) -> String {
        arguments.prefix(32).map { $0.isRequired ? shown($0.name) : "[\(shown($0.name))]" }.joined(separator: " ")
    }

    private static func shown(_ text: String) -> String {
        HostileText.escaped(String(text.prefix(200)), multiline: false)
    }
}
