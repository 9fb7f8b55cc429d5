#if canImport(Glibc)
    import Glibc
#endif

extension JSONParser {
    /// The string at the position, which is at its opening quote.
    mutating func string() throws(JSONParseError) -> String {
        position += 1
        let start = position
        let isASCII = scanPlain()
        guard position < count else { throw failure(.unexpectedEnd, "ends within a string") }
        if byte(position) == UInt8(ascii: "\"") {
            let buffer = UnsafeRawBufferPointer(start: bytes + start, count: position - start)
            position += 1
            return try decoded(buffer, isASCII: isASCII, at: start)
        }
        return try escapedString(from: start, isASCII: isASCII)
    }

    /// Moves to the next quote, backslash or control character, eight bytes at a time; true when all before it was
    /// ASCII.
    @inline(__always) private mutating func scanPlain() -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var seen: UInt64 = 0
        while position + 8 <= count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let hits =
                ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | ((word &- ones &* 0x20) & ~word)
            let found = hits & highs
            if found != 0 {
                let length = found.trailingZeroBitCount & ~7
                if length > 0 { seen |= word << UInt64(64 - length) }
                position += length >> 3
                return seen & highs == 0
            }
            seen |= word
            position += 8
        }
        while position < count {
            let next = byte(position)
            if next == 0x22 || next == 0x5C || next < 0x20 { break }
            seen |= UInt64(next)
            position += 1
        }
        return seen & highs == 0
    }

    private func decoded(
        _ buffer: UnsafeRawBufferPointer, isASCII: Bool, at start: Int
    ) throws(JSONParseError) -> String {
        // Swift repairs what is not UTF-8 instead of refusing it; comparing is cheaper than its generic validation.
        var text = String(decoding: buffer, as: UTF8.self)
        if isASCII { return text }
        let isSame = text.withUTF8 { decoded in
            guard let left = decoded.baseAddress, let right = buffer.baseAddress else { return buffer.isEmpty }
            return decoded.count == buffer.count && memcmp(left, right, buffer.count) == 0
        }
        guard isSame else { throw failure(.invalidUTF8, "has a string that is not UTF-8", at: start) }
        return text
    }

    private mutating func escapedString(from start: Int, isASCII: Bool) throws(JSONParseError) -> String {
        scratch.removeAll(keepingCapacity: true)
        var runStart = start
        var isASCII = isASCII
        while true {
            scratch.append(
                contentsOf: UnsafeRawBufferPointer(start: bytes + runStart, count: position - runStart))
            guard position < count else { throw failure(.unexpectedEnd, "ends within a string") }
            let next = byte(position)
            if next == UInt8(ascii: "\"") {
                position += 1
                // Escapes give valid UTF-8, so that ASCII runs make a valid whole.
                let result = scratch.withUnsafeBytes { bytes in
                    Result { () throws(JSONParseError) in try decoded(bytes, isASCII: isASCII, at: start) }
                }
                return try result.get()
            }
            guard next == UInt8(ascii: "\\") else {
                throw failure(.syntax, "has the control character \(found) in a string; write it as an escape")
            }
            try escape()
            runStart = position
            if !scanPlain() { isASCII = false }
        }
    }

    private mutating func escape() throws(JSONParseError) {
        guard position + 1 < count else { throw failure(.unexpectedEnd, "ends within an escape") }
        let letter = byte(position + 1)
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(letter)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "u"):
            try unicodeEscape()
            return
        default: throw failure(.invalidEscape, "has an unknown escape in a string")
        }
        position += 2
    }

    private mutating func unicodeEscape() throws(JSONParseError) {
        let start = position
        var code = try hexUnit()
        if code >= 0xD800, code < 0xDC00 {
            guard position + 1 < count, byte(position) == UInt8(ascii: "\\"), byte(position + 1) == UInt8(ascii: "u")
            else { throw failure(.invalidEscape, "has half of a surrogate pair in a string", at: start) }
            let low = try hexUnit()
            guard low >= 0xDC00, low < 0xE000 else {
                throw failure(.invalidEscape, "has half of a surrogate pair in a string", at: start)
            }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw failure(.invalidEscape, "has half of a surrogate pair in a string", at: start)
        }
        scratch.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// The value of `\uXXXX` at the position; moves past it.
    private mutating func hexUnit() throws(JSONParseError) -> UInt32 {
        guard position + 6 <= count else { throw failure(.unexpectedEnd, "ends within an escape") }
        var code: UInt32 = 0
        for index in (position + 2)..<(position + 6) {
            let digit: UInt8
            switch byte(index) {
            case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
            case let byte where byte >= 0x41 && byte <= 0x46: digit = byte - 0x37
            case let byte where byte >= 0x61 && byte <= 0x66: digit = byte - 0x57
            default: throw failure(.invalidEscape, "has \\u without four hexadecimal digits after it")
            }
            code = code << 4 | UInt32(digit)
        }
        position += 6
        return code
    }

    /// The number at the position.
    mutating func number() throws(JSONParseError) -> JSON {
        let start = position
        let isNegative = byte(position) == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var mantissa: UInt64 = 0
        var fits = true
        let firstDigit = position
        while position < count, let digit = digit(byte(position)) {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            if overflow || carry { fits = false } else { mantissa = sum }
            position += 1
        }
        guard position > firstDigit, position == firstDigit + 1 || byte(firstDigit) != UInt8(ascii: "0") else {
            throw failure(.invalidNumber, "has a number without digits or with leading zeros", at: start)
        }
        let isWhole = try !fraction(&mantissa, &fits, start: start)
        if isWhole, fits, mantissa <= UInt64(Int64.max) {
            // Minus zero stays a double, so that it is written as it was read.
            if !isNegative || mantissa > 0 { return .int(isNegative ? -Int64(mantissa) : Int64(mantissa)) }
            return .double(-0.0)
        }
        if isWhole, isNegative, fits, mantissa == 1 << 63 { return .int(.min) }
        let text = UnsafeBufferPointer(
            start: (bytes + start).assumingMemoryBound(to: UInt8.self), count: position - start)
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else {
            throw failure(.invalidNumber, "has a number beyond the range of doubles", at: start)
        }
        return .double(value)
    }

    /// Reads fraction and exponent; false when there are none.
    private mutating func fraction(
        _ mantissa: inout UInt64, _ fits: inout Bool, start: Int
    ) throws(JSONParseError) -> Bool {
        var found = false
        if current == UInt8(ascii: ".") {
            found = true
            position += 1
            try digits(start)
        }
        if current | 0x20 == UInt8(ascii: "e") {
            found = true
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits(start)
        }
        return found
    }

    private mutating func digits(_ start: Int) throws(JSONParseError) {
        let first = position
        while position < count, digit(byte(position)) != nil { position += 1 }
        if position == first { throw failure(.invalidNumber, "has a number that breaks off", at: start) }
    }

    @inline(__always) private func digit(_ byte: UInt8) -> UInt8? {
        let value = byte &- 0x30
        return value < 10 ? value : nil
    }

    // MARK: Errors

    /// What stands at the position, for a message.
    var found: String {
        guard position < count else { return "its end" }
        let byte = byte(position)
        if byte > 0x20, byte < 0x7F { return "\"\(Unicode.Scalar(byte))\"" }
        return "byte 0x" + String(byte, radix: 16)
    }

    func quoted(_ key: String) -> String { "\"" + HostileText.escaped(String(key.prefix(80)), multiline: false) + "\"" }

    func expected(_ what: String) -> JSONParseError {
        position < count
            ? failure(.syntax, "has \(found) where \(what) should stand")
            : failure(.unexpectedEnd, "ends where \(what) should stand")
    }

    /// An error at `offset`, or at the position.
    func failure(_ kind: JSONParseError.Kind, _ what: String, at offset: Int? = nil) -> JSONParseError {
        let end = Swift.min(offset ?? position, count)
        var line = 1
        var lineStart = 0
        for index in 0..<end where byte(index) == 0x0A {
            line += 1
            lineStart = index + 1
        }
        let column = end - lineStart + 1
        return JSONParseError(
            kind: kind, message: "The JSON text \(what) (line \(line), column \(column)).", offset: end, line: line,
            column: column)
    }
}
