/// A statement's parameter, in PostgreSQL's binary format.
enum PostgresValue: Sendable {
    case null
    case int(Int64)
    case text(String)
    case blob([UInt8])
    case ints([Int64])
    case texts([String?])
    case blobs([[UInt8]])

    init(_ text: String?) { self = text.map(PostgresValue.text) ?? .null }

    /// The type's number in every PostgreSQL.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .int: 20
        case .text: 25
        case .blob: 17
        case .ints: 1016
        case .texts: 1009
        case .blobs: 1001
        }
    }

    /// nil for NULL.
    var bytes: [UInt8]? {
        switch self {
        case .null: return nil
        case .int(let number): return Self.bigEndian(number)
        case .text(let text): return Array(text.utf8)
        case .blob(let bytes): return bytes
        case .ints(let numbers): return Self.array(of: 20, numbers.map { Self.bigEndian($0) })
        case .texts(let texts): return Self.array(of: 25, texts.map { $0.map { Array($0.utf8) } })
        case .blobs(let blobs): return Self.array(of: 17, blobs)
        }
    }

    /// Dimensions, has-nulls, element type, then (length, lower bound) a dimension, then (length, bytes) an element.
    private static func array(of type: UInt32, _ elements: [[UInt8]?]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(elements.reduce(20) { $0 + 4 + ($1?.count ?? 0) })
        out += bigEndian(Int32(elements.isEmpty ? 0 : 1))
        out += bigEndian(Int32(elements.contains { $0 == nil } ? 1 : 0))
        out += bigEndian(type)
        guard !elements.isEmpty else { return out }
        out += bigEndian(Int32(clamping: elements.count))
        out += bigEndian(Int32(1))
        for element in elements {
            guard let element else {
                out += bigEndian(Int32(-1))
                continue
            }
            out += bigEndian(Int32(clamping: element.count))
            out += element
        }
        return out
    }

    private static func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
