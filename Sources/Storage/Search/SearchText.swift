import Support

/// What a search sees of a record: the title of a session, the words of a message.
///
/// Tool inputs and outputs, attachments, ids and messages that a revert hides are not searched.
package enum SearchText {
    /// The text of a record, its parts divided by line feeds; nil for records that have none or are no JSON.
    package static func of(_ key: RecordKey, _ bytes: [UInt8]) -> String? {
        guard isSearchable(key.collection), let json = try? JSON(parsing: bytes) else { return nil }
        if json["superseded"]?.boolValue == true { return nil }
        var parts: [String] = []
        if let title = json["info"]?["title"]?.stringValue { parts.append(title) }
        if let message = json["message"] {
            for key in ["text", "summary", "command"] {
                if let text = message[key]?.stringValue { parts.append(text) }
            }
            for item in message["content"]?.arrayValue ?? [] where item["type"]?.stringValue == "text" {
                if let text = item["text"]?.stringValue { parts.append(text) }
            }
        }
        let text = parts.joined(separator: "\n")
        return text.isEmpty ? nil : text
    }

    /// The text of a record as it is compared and stored in indexes.
    package static func folded(_ key: RecordKey, _ bytes: [UInt8]) -> String? { of(key, bytes).map(fold) }

    /// Lower case by Unicode's rules, independent of a locale; U+0000, which databases cannot store, becomes U+FFFD.
    package static func fold(_ text: String) -> String {
        let lower = text.lowercased()
        guard lower.utf8.contains(0) else { return lower }
        return String(String.UnicodeScalarView(lower.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    /// True for the collections whose records `of` looks into.
    package static func isSearchable(_ collection: String) -> Bool {
        collection == "session" || collection.hasPrefix("message/")
    }

    /// - Parameter wanted: folded.
    static func contains(_ record: Record, _ wanted: [UInt8]) -> Bool {
        guard let text = folded(record.key, record.bytes) else { return false }
        return contains(Array(text.utf8), wanted)
    }

    private static func contains(_ text: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard let first = wanted.first, text.count >= wanted.count else { return false }
        var index = 0
        let last = text.count - wanted.count
        while index <= last {
            if text[index] == first, text[index..<(index + wanted.count)].elementsEqual(wanted) { return true }
            index += 1
        }
        return false
    }
}
