extension JSON {
    /// Reads one JSON text (RFC 8259, strict: no comments, no duplicate keys, no lone surrogates, valid UTF-8).
    package init(
        parsing bytes: some Collection<UInt8>, limits: JSONLimits = .standard
    ) throws(JSONParseError) {
        self = try Self.parse(bytes, limits: limits, isTolerant: false)
    }

    /// Reads one JSON text; see `init(parsing:limits:)` of bytes.
    package init(parsing text: String, limits: JSONLimits = .standard) throws(JSONParseError) {
        self = try Self.parse(text.utf8, limits: limits, isTolerant: false)
    }

    /// Reads JSONC: as JSON, and `//` and `/* */` comments, a comma after the last element and a leading BOM are legal.
    package init(parsingJSONC text: String, limits: JSONLimits = .standard) throws(JSONParseError) {
        self = try Self.parse(text.utf8, limits: limits, isTolerant: true)
    }

    /// Reads JSONC from bytes; invalid UTF-8 in strings is refused, in comments it is skipped.
    package init(
        parsingJSONC bytes: some Collection<UInt8>, limits: JSONLimits = .standard
    ) throws(JSONParseError) {
        self = try Self.parse(bytes, limits: limits, isTolerant: true)
    }

    private static func parse(
        _ bytes: some Collection<UInt8>, limits: JSONLimits, isTolerant: Bool
    ) throws(JSONParseError) -> JSON {
        let direct = bytes.withContiguousStorageIfAvailable { parse($0, limits, isTolerant) }
        if let direct { return try direct.get() }
        return try Array(bytes).withUnsafeBufferPointer { parse($0, limits, isTolerant) }.get()
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits, _ isTolerant: Bool
    ) -> Result<JSON, JSONParseError> {
        guard let base = bytes.baseAddress else {
            // Nothing at all may have no address; one byte that is not read has.
            return withUnsafePointer(to: 0) { parse(UnsafeBufferPointer(start: $0, count: 0), limits, isTolerant) }
        }
        var parser = JSONParser(base, count: bytes.count, limits: limits, isTolerant: isTolerant)
        do throws(JSONParseError) {
            return .success(try parser.document())
        } catch {
            return .failure(error)
        }
    }
}

/// A recursive-descent parser over bytes that outlive it. Every access is behind a check of `position < count`.
struct JSONParser {
    let bytes: UnsafeRawPointer
    let count: Int
    let limits: JSONLimits
    let isTolerant: Bool
    var position = 0
    var scratch: [UInt8] = []

    init(_ bytes: UnsafePointer<UInt8>, count: Int, limits: JSONLimits, isTolerant: Bool) {
        self.bytes = UnsafeRawPointer(bytes)
        self.count = count
        self.limits = limits
        self.isTolerant = isTolerant
    }

    @inline(__always) func byte(_ index: Int) -> UInt8 { bytes.load(fromByteOffset: index, as: UInt8.self) }

    /// The byte at the position, 0 at the end (0 is legal nowhere outside strings).
    @inline(__always) var current: UInt8 { position < count ? byte(position) : 0 }

    mutating func document() throws(JSONParseError) -> JSON {
        if count > limits.bytes {
            throw failure(.tooLarge, "has \(count) bytes, more than the \(limits.bytes) allowed")
        }
        if isTolerant, count >= 3, byte(0) == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF { position = 3 }
        try skipSpace()
        let value = try value(depth: 0)
        try skipSpace()
        if position < count { throw failure(.trailingData, "goes on after its end with \(found)") }
        return value
    }

    mutating func value(depth: Int) throws(JSONParseError) -> JSON {
        guard position < count else { throw failure(.unexpectedEnd, "ends where a value should stand") }
        switch byte(position) {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure(.syntax, "has \(found) where a value should stand")
        }
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSON {
        try enter(depth)
        var object = JSONObject()
        try skipSpace()
        if current == UInt8(ascii: "\"") { object.reserveCapacity(4) }
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(object)
        }
        while true {
            guard current == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
            let start = position
            let key = try string()
            try skipSpace()
            guard current == UInt8(ascii: ":") else { throw expected("a colon after the key \(quoted(key))") }
            position += 1
            try skipSpace()
            let value = try value(depth: depth)
            guard object.insertNew(key, value) else {
                position = start
                throw failure(.duplicateKey, "has the key \(quoted(key)) twice in one object; keep one of them")
            }
            try skipSpace()
            if try endOfList(UInt8(ascii: "}")) { return .object(object) }
        }
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> JSON {
        try enter(depth)
        var array: [JSON] = []
        try skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array(array)
        }
        while true {
            array.append(try value(depth: depth))
            try skipSpace()
            if try endOfList(UInt8(ascii: "]")) { return .array(array) }
        }
    }

    /// Behind an element: true and past `closer` at the end of the list, false and at the next element after a comma.
    private mutating func endOfList(_ closer: UInt8) throws(JSONParseError) -> Bool {
        if current == UInt8(ascii: ",") {
            position += 1
            try skipSpace()
            guard isTolerant, current == closer else { return false }
        }
        guard current == closer else { throw expected("a comma or \"\(Unicode.Scalar(closer))\"") }
        position += 1
        return true
    }

    private mutating func enter(_ depth: Int) throws(JSONParseError) {
        if depth > limits.depth {
            throw failure(.tooDeep, "nests more than \(limits.depth) levels")
        }
        position += 1
    }

    private mutating func literal(_ word: StaticString) throws(JSONParseError) {
        let length = word.utf8CodeUnitCount
        guard position + length <= count else { throw failure(.unexpectedEnd, "ends within a word") }
        for index in 0..<length where byte(position + index) != word.utf8Start[index] {
            throw failure(.syntax, "has an unknown word where a value should stand")
        }
        position += length
    }

    @inline(__always) mutating func skipSpace() throws(JSONParseError) {
        while position < count {
            switch byte(position) {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            case UInt8(ascii: "/") where isTolerant: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(JSONParseError) {
        let next = position + 1 < count ? byte(position + 1) : 0
        if next == UInt8(ascii: "/") {
            while position < count, byte(position) != 0x0A { position += 1 }
        } else if next == UInt8(ascii: "*") {
            let start = position
            position += 2
            while position + 1 < count, byte(position) != UInt8(ascii: "*") || byte(position + 1) != UInt8(ascii: "/") {
                position += 1
            }
            if position + 1 >= count {
                position = start
                throw failure(.unexpectedEnd, "has a comment without end")
            }
            position += 2
        } else {
            throw failure(.syntax, "has a \"/\" that begins no comment")
        }
    }
}
