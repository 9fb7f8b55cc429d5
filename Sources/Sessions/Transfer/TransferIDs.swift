import Schema
import Support

/// Gives what comes in its ids: valid ones are kept, others become ids that follow from where they come from, so that the same
/// file gives the same session again. A copy gets fresh ids throughout.
struct TransferIDs {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private let format: TransferFormat
    /// Makes fresh ids; nil keeps or derives.
    private let fresh: (any IDSource)?
    private var sessions: [String: String] = [:]

    init(format: TransferFormat, fresh: (any IDSource)? = nil) {
        self.format = format
        self.fresh = fresh
    }

    /// The new id of a session.
    mutating func session(_ id: String) -> String {
        if let known = sessions[id] { return known }
        let new = make(.session, id, seed: id)
        sessions[id] = new
        return new
    }

    /// The new id of a session that came in before; nil for others.
    func known(_ id: String) -> String? { sessions[id] }

    /// The new id of a message.
    func message(_ id: String, of session: String) -> String { make(.message, id, seed: "\(session)/\(id)") }

    /// The new id of a part.
    /// - Parameter place: the index in its message, for parts that have no id.
    func part(_ id: String?, place: Int, message: String, of session: String) -> String {
        make(.part, id ?? "", seed: "\(session)/\(message)/\(id ?? String(place))")
    }

    private func make(_ prefix: IDPrefix, _ id: String, seed: String) -> String {
        if let fresh { return fresh.next(prefix) }
        if IDFormat.isValid(id, prefix: prefix) { return id }
        return Self.derived(prefix, from: "\(format.rawValue):\(seed)")
    }

    /// 128 bits of a hash in the form of a ULID.
    static func derived(_ prefix: IDPrefix, from seed: String) -> String {
        let digits = SHA256Hash.hex(of: seed.utf8).utf8.map { UInt64($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
        var out = [alphabet[Int(digits[0] & 7)]]
        var bits: UInt64 = 0
        var count = 0
        for digit in digits.dropFirst() {
            bits = (bits << 4 | digit) & 0xFFFF
            count += 4
            if count >= 5, out.count < 26 {
                count -= 5
                out.append(alphabet[Int(bits >> UInt64(count) & 31)])
            }
        }
        return prefix.rawValue + String(decoding: out, as: UTF8.self)
    }
}
