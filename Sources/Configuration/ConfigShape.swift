import Support

/// What a configuration value may look like: one table (`ConfigKeys`) serves validation and the JSON Schema.
indirect enum ConfigShape: Sendable {
    case bool
    case string
    case integer(ClosedRange<Int64>)
    case number
    case choice([String])
    case array(ConfigShape)
    /// Fixed keys.
    case object([ConfigField])
    /// Free names (matching, when given, `names`), all with the same shape.
    case map(ConfigShape, names: ConfigNameRule = .any)
    /// The first that fits; the first of the same JSON type explains a failure.
    case either([ConfigShape])
    case any

    /// True for values whose text is taken literally by `config set`.
    var isString: Bool {
        switch self {
        case .string, .choice: true
        case .either(let shapes): shapes.contains { $0.isString }
        default: false
        }
    }

    /// The shape at a path below this one.
    func shape(at components: ArraySlice<String>) -> ConfigShape? {
        guard let first = components.first else { return self }
        switch self {
        case .object(let fields):
            return fields.first { $0.name == first }?.shape.shape(at: components.dropFirst())
        case .map(let shape, _), .array(let shape): return shape.shape(at: components.dropFirst())
        case .either(let shapes):
            for shape in shapes { if let found = shape.shape(at: components) { return found } }
            return nil
        case .any: return .any
        default: return nil
        }
    }
}

/// A key of an object, with the sentence the JSON Schema carries.
struct ConfigField: Sendable {
    let name: String
    let shape: ConfigShape
    let help: String

    init(_ name: String, _ shape: ConfigShape, _ help: String = "") {
        self.name = name
        self.shape = shape
        self.help = help
    }
}

/// Which names a map takes.
enum ConfigNameRule: Sendable {
    case any
    /// `[a-z0-9][a-z0-9-]{0,63}`
    case agent
    /// `[A-Za-z0-9_-]{1,32}`
    case server

    func accepts(_ name: String) -> Bool {
        func lower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        switch self {
        case .any: return !name.isEmpty
        case .agent:
            guard let first = name.utf8.first, lower(first), name.utf8.count <= 64 else { return false }
            return name.utf8.allSatisfy { lower($0) || $0 == UInt8(ascii: "-") }
        case .server:
            return (1...32).contains(name.utf8.count)
                && name.utf8.allSatisfy {
                    lower($0) || (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    var pattern: String? {
        switch self {
        case .any: nil
        case .agent: "^[a-z0-9][a-z0-9-]{0,63}$"
        case .server: "^[A-Za-z0-9_-]{1,32}$"
        }
    }
}
