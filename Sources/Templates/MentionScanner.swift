package import Schema

/// `@server:uri` in a prompt's text, as `@tracker:issue://17`.
package struct ResourceMention: Sendable, Equatable {
    /// The name of a server, or of none.
    package var server: String
    /// With its scheme.
    package var uri: String
    /// Where it is, in UTF-16 units as 2.1 counts.
    package var place: PromptMention
}

/// Finds mentions of resources. Pure.
///
/// A mention starts at the start of the text or after what is no part of a word or path, names a server
/// (`[A-Za-z0-9_-]{1,32}`) and a URI with a scheme, and ends before a blank; punctuation at its end is not part of it. Only the first MiB
/// of a text is looked at.
package enum MentionScanner {
    /// Bytes of a text that are looked at.
    static let maxText = 1 << 20
    /// The most mentions of one prompt.
    package static let maxMentions = 16
    /// Places that are looked at more closely: a text that is nothing but near mentions costs no more.
    static let maxTries = 1_000
    /// Characters of a server's name, a scheme and a URI.
    private static let maxName = 32
    private static let maxScheme = 64
    static let maxURI = 2_048

    /// The different ones in the text's order, each at its first place; at most `maxMentions` and one more, which tells that there
    /// were more.
    package static func mentions(in text: String) -> [ResourceMention] {
        let units = Array(text.utf16.prefix(maxText))
        var found: [ResourceMention] = []
        var index = 0
        var tries = 0
        while index < units.count, found.count <= maxMentions, tries < maxTries {
            guard units[index] == 0x40, index == 0 || !joins(units[index - 1]), let uri = uriStart(units, at: index)
            else {
                index += 1
                continue
            }
            tries += 1
            guard let mention = mention(units, at: index, uri: uri) else {
                index += 1
                continue
            }
            index = mention.place.end
            if !found.contains(where: { $0.server == mention.server && $0.uri == mention.uri }) {
                found.append(mention)
            }
        }
        return found
    }

    /// Where the URI of a mention starts: after a name, a colon; a scheme and a colon follow.
    private static func uriStart(_ units: [UInt16], at start: Int) -> Int? {
        var mark = start + 1
        while mark < units.count, isName(units[mark]), mark - start <= maxName + 1 { mark += 1 }
        guard mark > start + 1, mark - start <= maxName + 1, mark + 1 < units.count, units[mark] == 0x3A,
            isLetter(units[mark + 1])
        else { return nil }
        var scheme = mark + 1
        while scheme < units.count, isScheme(units[scheme]), scheme - mark <= maxScheme { scheme += 1 }
        return scheme < units.count && units[scheme] == 0x3A ? mark + 1 : nil
    }

    private static func mention(_ units: [UInt16], at start: Int, uri: Int) -> ResourceMention? {
        var end = uri
        while end < units.count, !isBlank(units[end]) {
            end += 1
            guard end - uri <= maxURI else { return nil }
        }
        let kept = trimmed(units[uri..<end])
        guard let scheme = kept.firstIndex(of: 0x3A), scheme + 1 < kept.endIndex else { return nil }
        return ResourceMention(
            server: String(decoding: units[(start + 1)..<(uri - 1)], as: UTF16.self),
            uri: String(decoding: kept, as: UTF16.self),
            place: PromptMention(
                start: start, end: kept.endIndex, text: String(decoding: units[start..<kept.endIndex], as: UTF16.self)))
    }

    /// Without punctuation at its end, but with a bracket that it has opened.
    private static func trimmed(_ run: ArraySlice<UInt16>) -> ArraySlice<UInt16> {
        var run = run
        /// Opened less closed, of ( [ {.
        var open: [UInt16: Int] = [:]
        for unit in run {
            switch unit {
            case 0x28, 0x5B, 0x7B: open[closing(unit), default: 0] += 1
            case 0x29, 0x5D, 0x7D: open[unit, default: 0] -= 1
            default: break
            }
        }
        while let last = run.last {
            switch last {
            case 0x29, 0x5D, 0x7D:
                guard open[last, default: 0] < 0 else { return run }
                open[last, default: 0] += 1
            // . , ; : ! ? ' " > `
            case 0x2E, 0x2C, 0x3B, 0x3A, 0x21, 0x3F, 0x27, 0x22, 0x3E, 0x60: break
            default: return run
            }
            run.removeLast()
        }
        return run
    }

    private static func closing(_ unit: UInt16) -> UInt16 { unit == 0x28 ? 0x29 : unit + 2 }

    private static func isLetter(_ unit: UInt16) -> Bool {
        (0x41...0x5A).contains(unit) || (0x61...0x7A).contains(unit)
    }
    private static func isDigit(_ unit: UInt16) -> Bool { (0x30...0x39).contains(unit) }
    private static func isName(_ unit: UInt16) -> Bool {
        isLetter(unit) || isDigit(unit) || unit == 0x5F || unit == 0x2D
    }
    private static func isScheme(_ unit: UInt16) -> Bool {
        isLetter(unit) || isDigit(unit) || unit == 0x2B || unit == 0x2D || unit == 0x2E
    }
    /// Blanks, and the punctuation of scripts without them.
    private static func isBlank(_ unit: UInt16) -> Bool {
        switch unit {
        case 0...0x20, 0x7F, 0xA0, 0x2000...0x200F, 0x2028, 0x2029, 0x3000...0x303F, 0xFF01...0xFF0F, 0xFF1A...0xFF20:
            true
        default: false
        }
    }
    /// Before an `@` of an address, a path or code.
    private static func joins(_ unit: UInt16) -> Bool {
        isName(unit) || (0xC0...0x24F).contains(unit) || [0x2E, 0x2F, 0x40, 0x60, 0x3A, 0x25, 0x2B].contains(unit)
    }
}
