package import Schema

extension SessionInfo {
    /// False while the title is still the one that a new session gets.
    package var hasTitle: Bool { title.map { !DefaultTitle.isDefault($0) } ?? false }
}

/// The title of a session that nobody named, as OpenCode 2.1 writes it: `New session - 2026-11-24T08:15:30.123Z`.
enum DefaultTitle {
    private static let prefixes = ["New session - ", "Child session - "]

    static func make(unixMs: Int64, isChild: Bool) -> String { prefixes[isChild ? 1 : 0] + timestamp(unixMs: unixMs) }

    static func isDefault(_ title: String) -> Bool {
        guard let prefix = prefixes.first(where: { title.hasPrefix($0) }) else { return false }
        let pattern = Array("0000-00-00T00:00:00.000Z".utf8)
        let rest = Array(title.utf8.dropFirst(prefix.utf8.count))
        return rest.count == pattern.count
            && zip(rest, pattern).allSatisfy { byte, wanted in
                wanted == UInt8(ascii: "0") ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == wanted
            }
    }

    /// ISO 8601 in UTC with milliseconds.
    static func timestamp(unixMs: Int64) -> String {
        let clamped = min(max(unixMs, 0), 253_402_300_799_999)
        let (days, inDay) = clamped.quotientAndRemainder(dividingBy: 86_400_000)
        // Howard Hinnant's civil_from_days.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let seconds = inDay / 1_000
        return
            "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(seconds / 3_600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2)).\(pad(inDay % 1_000, 3))Z"
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
