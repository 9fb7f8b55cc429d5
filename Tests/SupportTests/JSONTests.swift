import Support
import Testing

@Suite("JSON")
struct JSONTests {
    private func kind(_ text: String, _ limits: JSONLimits = .standard) -> JSONParseError.Kind? {
        do {
            _ = try JSON(parsing: text, limits: limits)
            return nil
        } catch { return error.kind }
    }

    @Test("every kind of value is read")
    func values() throws {
        let json = try JSON(parsing: #" {"a":[1,-2.5,true,false,null,"x"],"b":{}} "#)
        #expect(json["a"]?.arrayValue == [1, -2.5, true, false, nil, "x"])
        #expect(json["b"] == .object([:]))
        #expect(json["a"]?[0]?.intValue == 1)
        #expect(json["a"]?[6] == nil)
        #expect(json["c"] == nil)
        #expect(json[0] == nil)
    }

    @Test("members keep their order and can be set and removed")
    func order() throws {
        var json = try JSON(parsing: #"{"z":1,"a":2,"m":3}"#)
        json["b"] = 4
        json["a"] = nil
        json["z"] = "new"
        #expect(json.text() == #"{"z":"new","m":3,"b":4}"#)
        #expect(json.text(sortedKeys: true) == #"{"b":4,"m":3,"z":"new"}"#)
        #expect(json == ["b": 4, "m": 3, "z": "new"])
    }

    @Test("large objects find, replace and remove their members")
    func largeObject() {
        var object = JSONObject()
        for number in 0..<1_000 { object["k\(number)"] = .int(Int64(number)) }
        for number in stride(from: 0, to: 1_000, by: 2) { object.removeValue(forKey: "k\(number)") }
        #expect(object.count == 500)
        for number in 0..<1_000 { #expect(object["k\(number)"]?.intValue == (number % 2 == 0 ? nil : Int64(number))) }
        #expect(object.keys.prefix(2) == ["k1", "k3"])
    }

    @Test("128 levels are read, 129 refused, in arrays and objects")
    func depth() {
        func nested(_ count: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
        }
        #expect(kind(nested(128, "[", "]")) == nil)
        #expect(kind(nested(129, "[", "]")) == .tooDeep)
        #expect(kind(nested(128, #"{"a":"#, "}")) == nil)
        #expect(kind(nested(129, #"{"a":"#, "}")) == .tooDeep)
        #expect(kind(String(repeating: "[", count: 5_000_000)) == .tooDeep)
        #expect(kind("[1,2,3]", JSONLimits(bytes: 6)) == .tooLarge)
    }

    @Test("a repeated key is refused with its place, in small and large objects")
    func duplicates() throws {
        do {
            _ = try JSON(parsing: "{\"a\":1,\n \"a\":2}")
            Issue.record("not refused")
        } catch {
            #expect(error.kind == .duplicateKey)
            #expect(error.line == 2 && error.column == 2 && error.offset == 9)
            #expect(error.message.contains("\"a\" twice"))
        }
        let many = (0..<100).map { "\"k\($0)\":0" }.joined(separator: ",")
        #expect(kind("{\(many)}") == nil)
        #expect(kind("{\(many),\"k7\":1}") == .duplicateKey)
        #expect(kind(#"{"a":1,"\u0061":2}"#) == .duplicateKey)
    }

    @Test("keys and strings that are only canonically equal are different")
    func normalForms() throws {
        let json = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(json.objectValue?.count == 2)
        #expect(json["e\u{301}"] == 2)
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
    }

    @Test("escapes and surrogate pairs are read")
    func escapes() throws {
        #expect(try JSON(parsing: #""\"\\\/\b\f\n\r\t\u0041\u00e9\uD83D\ude00""#) == "\"\\/\u{8}\u{C}\n\r\tA\u{E9}😀")
        #expect(try JSON(parsing: #""\u0000""#).stringValue?.utf8.count == 1)
    }

    @Test(
        "bad strings are refused",
        arguments: [
            #""\uD83D""#, #""\uDE00""#, #""\uD83Dx""#, #""\uD83D\u0041""#, #""\u12G4""#, #""\x""#, "\"a\u{1}b\"",
            "\"a\nb\"",
            "\"abc", #""abc\"#, #""\u12"#,
        ])
    func badStrings(_ text: String) { #expect(throws: JSONParseError.self) { try JSON(parsing: text) } }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]] as [[UInt8]])
    func invalidUTF8(_ middle: [UInt8]) {
        for escape in ["", "\\n"] {
            let text = [0x22] + bytes(escape) + middle + [0x22]
            #expect(throws: JSONParseError.self) { try JSON(parsing: text) }
        }
    }

    @Test(
        "texts that are not JSON are refused",
        arguments: [
            "", " ", "nul", "truE", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "{\"a\" 1}", "[", "{", "{\"a\"",
            "1 2",
            "01", "-", "1.", ".5", "1e", "1e+", "+1", "0x10", "NaN", "Infinity", "-01", "1e999", "// x\n1", "\u{FEFF}1",
            "]", "\0",
        ])
    func badTexts(_ text: String) { #expect(throws: JSONParseError.self) { try JSON(parsing: text) } }

    @Test("numbers keep their kind; integers beyond 64 bits become doubles")
    func numbers() throws {
        #expect(try JSON(parsing: "9223372036854775807") == .int(.max))
        #expect(try JSON(parsing: "-9223372036854775808") == .int(.min))
        #expect(try JSON(parsing: "9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try JSON(parsing: "123456789012345678901234567890") == .double(1.2345678901234568e29))
        #expect(try JSON(parsing: "1.0") == .double(1))
        #expect(try JSON(parsing: "1.0").intValue == 1)
        #expect(try JSON(parsing: "1E2") == .double(100))
        #expect(try JSON(parsing: "0.1").doubleValue == 0.1)
        #expect(try JSON(parsing: "-0").text() == "-0.0")
        #expect(try JSON(parsing: "5e-324").doubleValue == .leastNonzeroMagnitude)
        #expect(JSON.double(.nan).text() == "null")
        #expect(JSON.double(1e300).intValue == nil)
    }

    @Test("what is written is read back the same, a thousand random trees")
    func roundTrips() throws {
        var random = SeededGenerator(7)
        for _ in 0..<1_000 {
            let json = Self.tree(&random, depth: 4)
            #expect(try JSON(parsing: json.bytes()) == json)
            #expect(try JSON(parsing: json.text(.pretty)) == json)
            #expect(try JSON(parsing: json.bytes(sortedKeys: true)) == json)
            #expect(try JSON(parsing: json.bytes()).bytes() == json.bytes())
        }
    }

    @Test("every cut of a valid text is refused or valid, never a trap")
    func cuts() {
        let whole = bytes(#"{"a":[1,-2.5e3,"x\n\u00e9😀"],"b":{"c":null,"d":true}}"#)
        for end in 0..<whole.count {
            #expect(throws: JSONParseError.self) { try JSON(parsing: whole[..<end]) }
        }
        var random = SeededGenerator(3)
        for _ in 0..<3_000 {
            var damaged = whole
            damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            if let json = try? JSON(parsing: damaged) { #expect((try? JSON(parsing: json.bytes())) == json) }
        }
    }

    @Test("pretty text is indented by two spaces")
    func pretty() {
        let json: JSON = ["a": [1, [:]], "b": []]
        #expect(json.text(.pretty) == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}")
    }

    @Test("JSONC takes comments, trailing commas and a BOM, and nothing else")
    func jsonc() throws {
        let text = "\u{FEFF}// head\n{ /* a */ \"a\": [1, 2,], // b\n \"url\": \"http://x/*y*/\", }\n/* end */"
        #expect(try JSON(parsingJSONC: text) == ["a": [1, 2], "url": "http://x/*y*/"])
        for bad in ["[,]", "[1,,]", "{,}", "/* x", "/ 1", "{a:1}", "1 //x\n2"] {
            #expect(throws: JSONParseError.self) { try JSON(parsingJSONC: bad) }
        }
    }

    @Test("an error names line and column by bytes")
    func places() {
        do {
            _ = try JSON(parsingJSONC: "{\n  // é\n  \"a\": x\n}")
            Issue.record("not refused")
        } catch {
            #expect(error.line == 3 && error.column == 8)
            #expect(error.message == "The JSON text has \"x\" where a value should stand (line 3, column 8).")
        }
    }

    static func tree(_ random: inout SeededGenerator, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int64.random(in: .min ... .max, using: &random))
        case 3:
            let value = Double(bitPattern: UInt64.random(in: .min ... .max, using: &random))
            return .double(value.isFinite ? value : 0.5)
        case 4, 5: return .string(string(&random))
        case 6: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in tree(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                object[string(&random)] = tree(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let limit: UInt32 = [0x30, 0x80, 0x800, 0x11_0000].randomElement(using: &random) ?? 0x80
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
