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

    /// In the text's order, each place; at most `maxMentions` and one more, which tells that there were more.
    package static func mentions(in text: String) -> [ResourceMention] {
        let units = Array(text.utf16.prefix(maxText))
        var found: [ResourceMention] = []
        var index = 0
        while index < units.count, found.count <= maxMentions {
            guard units[index] == 0x40, index == 0 || !joins(units[index - 1]) else {
                index += 1
                continue
            }
            if let mention = mention(units, at: index) {
                found.append(mention)
                index = mention.place.end
            } else {
                index += 1
            }
        }
        return found
    }

    private static func mention(_ units: [UInt16], at start: Int) -> ResourceMention? {
        var mark = start + 1
        while mark < units.count, isName(units[mark]), mark - start <= 33 { mark += 1 }
        guard mark > start + 1, mark - start <= 33, mark < units.count, units[mark] == 0x3A else { return nil }
        var end = mark + 1
        while end < units.count, !isBlank(units[end]) { end += 1 }
        let uri = units[(mark + 1)..<end]
        let kept = uri.prefix(trimmedCount(uri))
        guard let scheme = kept.firstIndex(of: 0x3A), scheme > kept.startIndex, scheme + 1 < kept.endIndex,
            isLetter(kept[kept.startIndex]), kept[..<scheme].allSatisfy(isScheme)
        else { return nil }
        let whole = String(decoding: units[start..<kept.endIndex], as: UTF16.self)
        return ResourceMention(
            server: String(decoding: units[(start + 1)..<mark], as: UTF16.self),
            uri: String(decoding: kept, as: UTF16.self),
            place: PromptMention(start: start, end: kept.endIndex, text: whole))
    }

    /// How much of a run of characters is the URI: without punctuation at its end, but with a bracket that it has opened.
    private static func trimmedCount(_ run: ArraySlice<UInt16>) -> Int {
        var run = run
        while let last = run.last {
            let isOpen: Bool
            switch last {
            case 0x29: isOpen = run.count { $0 == 0x28 } >= run.count { $0 == 0x29 }
            case 0x5D: isOpen = run.count { $0 == 0x5B } >= run.count { $0 == 0x5D }
            case 0x7D: isOpen = run.count { $0 == 0x7B } >= run.count { $0 == 0x7D }
            // . , ; : ! ? ' " > `
            case 0x2E, 0x2C, 0x3B, 0x3A, 0x21, 0x3F, 0x27, 0x22, 0x3E, 0x60: isOpen = false
            default: isOpen = true
            }
            if isOpen { break }
            run.removeLast()
        }
        return run.count
    }

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
    private static func isBlank(_ unit: UInt16) -> Bool {
        unit <= 0x20 || unit == 0x7F || unit == 0xA0 || (0x2000...0x200F).contains(unit) || unit == 0x2028
            || unit == 0x2029 || unit == 0x3000
    }
    /// Before an `@` of an address, a path or code.
    private static func joins(_ unit: UInt16) -> Bool {
        isName(unit) || unit > 0xFF || [0x2E, 0x2F, 0x40, 0x60, 0x3A, 0x25, 0x2B].contains(unit)
    }
}
