/// A value of a statement's parameter.
enum SQLiteValue {
    case null
    case int(Int64)
    case text(String)
    case blob([UInt8])

    init(_ text: String?) { self = text.map(SQLiteValue.text) ?? .null }
}
