/// Reads how long a provider asks to wait.
enum RetryAfter {
    /// Milliseconds from `retry-after-ms`, else `retry-after` (seconds or an HTTP date); nil when neither is usable.
    /// - Parameter nowMs: Unix time, for dates; a date that is past gives 0.
    static func milliseconds(_ headers: HTTPFields, nowMs: Int64) -> Int64? {
        if let text = headers["retry-after-ms"], let value = number(text) {
            return milliseconds(value)
        }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = number(text) { return milliseconds(seconds * 1_000) }
        guard let date = HTTPDate.unixSeconds(text) else { return nil }
        return max(0, date * 1_000 - nowMs)
    }

    private static func number(_ text: String) -> Double? {
        let trimmed = text.filter { $0 != " " && $0 != "\t" }
        guard let value = Double(trimmed), value.isFinite, value >= 0 else { return nil }
        return value
    }

    private static func milliseconds(_ value: Double) -> Int64 {
        value < 1e15 ? Int64(value.rounded(.up)) : Int64(1e15)
    }
}

/// Dates of HTTP and AWS, in the proleptic Gregorian calendar, UTC.
enum HTTPDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// The three forms of RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
    /// `Sun Nov  6 08:49:37 1994`.
    static func unixSeconds(_ text: String) -> Int64? {
        var day: Int?
        var month: Int?
        var year: Int?
        var seconds: Int?
        for piece in text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x2C || $0 == 0x2D }) {
            let word = String(decoding: piece, as: UTF8.self).lowercased()
            if piece.contains(UInt8(ascii: ":")) {
                let parts = word.split(separator: ":").compactMap { Int($0) }
                guard parts.count == 3, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]),
                    (0..<61).contains(parts[2])
                else { return nil }
                seconds = parts[0] * 3_600 + parts[1] * 60 + parts[2]
            } else if let index = months.firstIndex(of: word) {
                month = index + 1
            } else if let value = Int(word) {
                if day == nil { day = value } else if year == nil { year = value } else { return nil }
            }
        }
        guard let day, let month, var year, let seconds, (1...31).contains(day), (0...9_999).contains(year) else {
            return nil
        }
        if year < 70 { year += 2_000 } else if year < 100 { year += 1_900 }
        return daysSince1970(year: year, month: month, day: day) * 86_400 + Int64(seconds)
    }

    /// `YYYYMMDD'T'HHMMSS'Z'`.
    static func amzDate(unixMs: Int64) -> String {
        let seconds = Int64((Double(unixMs) / 1_000).rounded(.down))
        let days = Int64((Double(seconds) / 86_400).rounded(.down))
        let rest = Int(seconds - days * 86_400)
        let (year, month, day) = civil(days: days)
        return pad(year, 4) + pad(month, 2) + pad(day, 2) + "T" + pad(rest / 3_600, 2) + pad(rest / 60 % 60, 2)
            + pad(rest % 60, 2) + "Z"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// Howard Hinnant's days_from_civil.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era) * 146_097 + Int64(dayOfEra) - 719_468
    }

    /// Howard Hinnant's civil_from_days.
    private static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
