import Support

/// One replacement in a file, as a model asks for it.
package struct TextEdit: Sendable, Equatable {
    /// The text to find; empty only to create a file.
    package let oldString: String
    /// The text to put there.
    package let newString: String
    /// Replace every occurrence.
    package let replaceAll: Bool

    package init(oldString: String, newString: String, replaceAll: Bool = false) {
        self.oldString = oldString
        self.newString = newString
        self.replaceAll = replaceAll
    }
}

/// What an edit did to the bytes of a file.
package struct TextEditResult: Sendable, Equatable {
    /// The whole new file.
    package let bytes: [UInt8]
    /// How the place was found.
    package let strategy: EditStrategy
    /// Number of places replaced.
    package let replacements: Int
    /// 1-based first line of the first place, in the file before the edit.
    package let line: Int
    /// The measured similarity, 1 unless the strategy measures it.
    package let similarity: Double

    /// A sentence for the model when the text was not found as it was given.
    package var note: String? {
        switch strategy {
        case .exact, .multiOccurrence: return nil
        case .blockAnchor, .contextAware:
            let percent = Int((similarity * 100).rounded())
            return "oldString did not match exactly; the block at line \(line) was replaced "
                + "(\(strategy.rawValue) match, \(percent)% similar). Check it with read."
        default:
            return "oldString did not match exactly; it was matched \(strategy.rawValue) at line \(line)."
        }
    }
}

/// Why an edit was not made; `message` is a sentence for the model with the next step.
package struct TextEditError: Error, Sendable, Equatable {
    package let message: String
}

extension TextEdit {
    /// Makes the edit on the bytes of a file. Byte order mark, line ends and every byte outside the places replaced are
    /// kept. Nothing is changed when it throws.
    package func apply(to file: [UInt8]) throws(TextEditError) -> TextEditResult {
        guard !oldString.isEmpty else {
            throw TextEditError(
                message: "oldString is empty, which only creates a new file. Give the text to replace, "
                    + "or use write to replace the whole file.")
        }
        let find = FileText.normalize(Array(oldString.utf8))
        let replacement = FileText.normalize(Array(newString.utf8))
        guard find != replacement else {
            throw TextEditError(message: "oldString and newString are the same, so there is nothing to change.")
        }
        let text = FileText(file)
        let matcher = EditMatcher(text: text.normalized, find: find, replacement: replacement)
        let matches: [EditMatch]
        do {
            matches = replaceAll ? try matcher.all() : [try matcher.single()]
        } catch {
            throw TextEditError(message: Self.sentence(for: error))
        }
        guard let first = matches.first else {
            throw TextEditError(message: Self.sentence(for: .notFound(nearestLine: nil)))
        }
        let bytes = text.replacing(matches.map { ($0.range, $0.replacement) })
        guard bytes != file else {
            throw TextEditError(message: "The file already has this text, so there is nothing to change.")
        }
        return TextEditResult(
            bytes: bytes, strategy: first.strategy, replacements: matches.count,
            line: TextLines(text.normalized).lineIndex(at: first.range.lowerBound) + 1, similarity: first.similarity)
    }

    private static func sentence(for error: EditMatchError) -> String {
        switch error {
        case .notFound(let line):
            let hint = line.map { " Its first line is at line \($0), but what follows differs." } ?? ""
            return "oldString was not found in the file.\(hint) Read the file again and copy the text exactly, "
                + "with its indentation."
        case .ambiguous(let lines, let count):
            let list = lines.map(String.init).joined(separator: ", ") + (count > lines.count ? ", …" : "")
            return "oldString matches \(count) places (lines \(list)). Add surrounding lines so that it is unique, "
                + "or set replaceAll."
        case .disproportionate(let lines, let asked):
            return "The only similar place has \(lines) lines, much more than the \(asked) of oldString, "
                + "so nothing was changed. Read the file again and give the exact text."
        case .tooLarge(let bytes):
            return "oldString was not found exactly, and a file of \(bytes) bytes is too large for a tolerant match. "
                + "Read the place again and copy the text exactly."
        }
    }
}
