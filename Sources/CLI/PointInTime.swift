#if canImport(Glibc)
    import Glibc
#endif

/// Points in time as people write and read them.
enum PointInTime {
    /// Unix milliseconds of `7d`, `12h`, `30m` before `nowMs`, of an ISO date (local midnight) or time
    /// (`2026-11-24T10:30`, seconds and `Z` or `+01:00` optional; local without a zone). Nil for anything else.
    static func parse(_ text: String, nowMs: Int64) -> Int64? {
        if let unit = text.utf8.last, let count = Int64(text.dropLast()), (0...100_000).contains(count) {
            switch unit {
            case UInt8(ascii: "d"): return nowMs - count * 86_400_000
            case UInt8(ascii: "h"): return nowMs - count * 3_600_000
            case UInt8(ascii: "m"): return nowMs - count * 60_000
            default: break
            }
        }
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let date = parts.first.flatMap({ day($0) }) else { return nil }
        guard parts.count == 2, let time = parts.last else { return localMs(date, 0) }
        var clock = time
        var zone: Int64?
        if clock.hasSuffix("Z") {
            clock = clock.dropLast()
            zone = 0
        } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            guard let offset = seconds(clock[clock.index(after: sign)...], isZone: true) else { return nil }
            zone = clock[sign] == "-" ? -offset : offset
            clock = clock[..<sign]
        }
        if let point = clock.firstIndex(of: ".") {
            guard clock[clock.index(after: point)...].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            clock = clock[..<point]
        }
        guard let seconds = seconds(clock, isZone: false) else { return nil }
        if let zone { return (days(date) * 86_400 + seconds - zone) * 1_000 }
        return localMs(date, seconds)
    }

    /// Unix milliseconds of a UTC day, `YYYY-MM-DD`.
    static func dayMs(_ text: String) -> Int64? { day(text[...]).map { days($0) * 86_400_000 } }

    /// `YYYY-MM-DD HH:MM` in local time.
    static func text(_ unixMs: Int64) -> String {
        var seconds = time_t(unixMs / 1_000)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return String(unixMs) }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(parts.tm_year + 1_900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min))"
    }

    private typealias Day = (year: Int64, month: Int64, day: Int64)

    private static func day(_ text: Substring) -> Day? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            let year = number(parts[0]), let month = number(parts[1]), let day = number(parts[2]),
            (1...12).contains(month), day >= 1
        else { return nil }
        let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= lengths[Int(month) - 1] ? (year, month, day) : nil
    }

    /// `HH:MM[:SS]`; a zone may also be `HH` or `HHMM`.
    private static func seconds(_ text: Substring, isZone: Bool) -> Int64? {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if isZone, parts.count == 1, text.utf8.count == 4 { parts = [text.prefix(2), text.suffix(2)] }
        if isZone, parts.count == 1 { parts.append("00") }
        guard (2...3).contains(parts.count), parts.allSatisfy({ $0.utf8.count == 2 }), let hours = number(parts[0]),
            let minutes = number(parts[1]), hours < 24, minutes < 60
        else { return nil }
        let rest = parts.count == 3 ? number(parts[2]) : 0
        guard let rest, rest <= 60 else { return nil }
        return hours * 3_600 + minutes * 60 + rest
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }

    /// Days since 1970-01-01 (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms).
    private static func days(_ date: Day) -> Int64 {
        let year = date.month <= 2 ? date.year - 1 : date.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func localMs(_ date: Day, _ seconds: Int64) -> Int64? {
        var parts = tm()
        parts.tm_year = Int32(date.year - 1_900)
        parts.tm_mon = Int32(date.month - 1)
        parts.tm_mday = Int32(date.day)
        parts.tm_hour = Int32(seconds / 3_600)
        parts.tm_min = Int32(seconds / 60 % 60)
        parts.tm_sec = Int32(seconds % 60)
        parts.tm_isdst = -1
        let result = mktime(&parts)
        return result == -1 ? nil : Int64(result) * 1_000
    }
}
