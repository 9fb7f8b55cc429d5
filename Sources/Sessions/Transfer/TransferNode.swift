import Schema
import Support

/// A value of a foreign document that knows where it stands, for errors that name the place.
struct TransferNode {
    let json: JSON
    let path: String
    /// Of a file of lines, from 1.
    var line: Int?

    init(_ json: JSON, path: String = "$", line: Int? = nil) {
        self.json = json
        self.path = path
        self.line = line
    }

    /// A member; nil when it is missing or null.
    subscript(key: String) -> TransferNode? {
        guard let value = json[key], !value.isNull else { return nil }
        return TransferNode(value, path: "\(path).\(key)", line: line)
    }

    var string: String? { json.stringValue }
    var isObject: Bool { json.objectValue != nil }

    /// The elements with their places.
    var elements: [TransferNode]? {
        json.arrayValue?.enumerated().map { TransferNode($1, path: "\(path)[\($0)]", line: line) }
    }

    func required(_ key: String) throws(TransferError) -> TransferNode {
        guard isObject else { throw wrong("an object") }
        guard let node = self[key] else { throw fault("the member \"\(key)\" is missing") }
        return node
    }

    func text(_ key: String) throws(TransferError) -> String {
        let node = try required(key)
        guard let text = node.string else { throw node.wrong("a string") }
        return text
    }

    /// nil when the member is missing or null.
    func optionalText(_ key: String) throws(TransferError) -> String? {
        guard let node = self[key] else { return nil }
        guard let text = node.string else { throw node.wrong("a string") }
        return text
    }

    /// The first of these members that is there.
    func firstText(_ keys: String...) throws(TransferError) -> String? {
        for key in keys {
            if let text = try optionalText(key) { return text }
        }
        return nil
    }

    func list(_ key: String) throws(TransferError) -> [TransferNode] {
        let node = try required(key)
        guard let elements = node.elements else { throw node.wrong("an array") }
        return elements
    }

    /// Milliseconds, rounded down.
    func milliseconds(_ key: String) throws(TransferError) -> Int64 {
        let node = try required(key)
        guard let number = node.json.doubleValue, let value = Int64(exactly: number.rounded(.down)) else {
            throw node.wrong("a time in milliseconds")
        }
        return value
    }

    func optionalMilliseconds(_ key: String) throws(TransferError) -> Int64? {
        self[key] == nil ? nil : try milliseconds(key)
    }

    /// A count; 0 when it is missing.
    func count(_ key: String) throws(TransferError) -> Int {
        guard let node = self[key] else { return 0 }
        guard let number = node.json.doubleValue, let value = Int(exactly: number.rounded(.down)) else {
            throw node.wrong("a number")
        }
        return value
    }

    func decode<T: Decodable>(_ type: T.Type = T.self) throws(TransferError) -> T {
        do {
            return try json.decode(T.self)
        } catch {
            throw at(path + error.path.dropFirst(), error.detail)
        }
    }

    func wrong(_ wanted: String) -> TransferError { fault("expected \(wanted), found \(json.kindName)") }
    func fault(_ detail: String) -> TransferError { at(path, detail) }

    private func at(_ path: String, _ detail: String) -> TransferError {
        let place = HostileText.escaped(path, multiline: false)
        let line = line.map { " (line \($0))" } ?? ""
        return TransferError(
            .malformed, path: path,
            "This is no session that can be imported: at \(place)\(line), \(HostileText.escaped(detail, multiline: false)). Export it again, or correct the file."
        )
    }
}

/// Times as foreign formats write them.
enum TransferTime {
    /// RFC 3339, as `2026-11-24T10:30:00.123Z` or with an offset, in Unix milliseconds.
    static func milliseconds(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            let three = Array(digits.prefix(3)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 3 - digits.count))
            fraction = number(three[...]) ?? 0
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offsetMinutes(rest) else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3_600 + (minute - offset) * 60 + second
        return seconds * 1_000 + fraction
    }

    private static func offsetMinutes(_ text: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(text)
        guard let sign = bytes.first, sign != UInt8(ascii: "Z"), sign != UInt8(ascii: "z") else { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), let hours = number(bytes[1..<3]),
            let minutes = number(bytes[4..<6]), hours < 24, minutes < 60
        else { return nil }
        switch sign {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64? {
        bytes.allSatisfy { (0x30...0x39).contains($0) } ? Int64(String(decoding: bytes, as: UTF8.self)) : nil
    }

    /// Days since 1970-01-01 (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms).
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
