import Support
import Testing

@Suite("Codable over JSON")
struct JSONCodingTests {
    private enum Kind: String, Codable { case big, small }

    private struct Inner: Codable, Equatable {
        var b: [Int]
        var kind: Kind?
    }

    private struct Outer: Codable, Equatable {
        var z: String
        var a: [Inner]
        var map: [String: Double]
        var raw: JSON
        var missing: String?
        var flag: Bool
        var wide: UInt64
    }

    private let outer = Outer(
        z: "é", a: [Inner(b: [1, 2], kind: .big), Inner(b: [], kind: nil)], map: ["x": 1.5],
        raw: ["k": [1, nil, "s"]], missing: nil, flag: true, wide: 7)

    @Test("values come back the same; members keep the order of encoding and nil ones are left out")
    func roundTrip() throws {
        let json = try JSON(encoding: outer)
        #expect(
            json.text()
                == #"{"z":"é","a":[{"b":[1,2],"kind":"big"},{"b":[]}],"map":{"x":1.5},"raw":{"k":[1,null,"s"]},"flag":true,"wide":7}"#
        )
        #expect(try json.decode(Outer.self) == outer)
        #expect(try JSONEncoding.bytes(of: outer) == json.bytes())
        #expect(try JSON(parsing: json.bytes()).decode(Outer.self) == outer)
    }

    @Test("scalars, arrays and JSON itself can be the top")
    func tops() throws {
        #expect(try JSON(encoding: 5) == 5)
        #expect(try JSON(encoding: ["a"]) == ["a"])
        #expect(try JSON(encoding: JSON.null) == .null)
        #expect(try JSON(encoding: [[1], [2, 3]]) == [[1], [2, 3]])
        #expect(try JSON.int(5).decode(Int.self) == 5)
        #expect(try JSON.array([1, 2]).decode([UInt8].self) == [1, 2])
        #expect(try JSON.null.decode(Int?.self) == nil)
    }

    @Test(
        "an error names the path",
        arguments: [
            (["a", "1", "b", "0"], "$.a[1].b[0]"), (["z"], "$.z"), (["a", "0", "kind"], "$.a[0].kind"),
            (["flag"], "$.flag"),
        ])
    func paths(_ place: [String], _ expected: String) throws {
        var json = try JSON(encoding: outer)
        json["a"] = [["b": [1]], ["b": [1]]]
        let broken = Self.replacing(json, place[...], with: ["wrong": true])
        do {
            _ = try broken.decode(Outer.self)
            Issue.record("not refused")
        } catch {
            #expect(error.path == expected)
        }
    }

    @Test("a missing member is named")
    func missing() {
        do {
            _ = try JSON.object(["z": "x"]).decode(Outer.self)
            Issue.record("not refused")
        } catch {
            #expect("\(error.message)".contains("a"))
        }
    }

    @Test("numbers out of range are refused, whole doubles are integers")
    func numbers() throws {
        #expect(throws: JSONCodingError.self) { try JSON.int(300).decode(UInt8.self) }
        #expect(throws: JSONCodingError.self) { try JSON.int(-1).decode(UInt.self) }
        #expect(throws: JSONCodingError.self) { try JSON.double(1.5).decode(Int.self) }
        #expect(throws: JSONCodingError.self) { try JSON.string("1").decode(Int.self) }
        #expect(try JSON.double(3).decode(Int.self) == 3)
        #expect(try JSON.int(3).decode(Double.self) == 3)
    }

    private static func replacing(_ json: JSON, _ place: ArraySlice<String>, with value: JSON) -> JSON {
        guard let first = place.first else { return value }
        if var array = json.arrayValue, let index = Int(first), array.indices.contains(index) {
            array[index] = replacing(array[index], place.dropFirst(), with: value)
            return .array(array)
        }
        var json = json
        json[first] = replacing(json[first] ?? .null, place.dropFirst(), with: value)
        return json
    }
}
