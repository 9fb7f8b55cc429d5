import Synchronization

/// What an id names; its raw value starts the id.
package enum IDPrefix: String, Sendable, CaseIterable {
    case session = "ses_"
    case message = "msg_"
    case part = "prt_"
    case permission = "per_"
    case event = "evt_"
    case pty = "pty_"
    case run = "run_"
    case snapshot = "snp_"
    case call = "call_"
    case shell = "sh_"
    case question = "frm_"
}

/// Makes ids.
package protocol IDSource: Sendable {
    /// A fresh id: the prefix and 26 lower-case Crockford base32 characters.
    func next(_ prefix: IDPrefix) -> String
}

/// ULIDs (github.com/ulid/spec): 48 bits of milliseconds, 80 random bits; ids of one source ascend strictly.
/// Order is a convenience for people: nothing in codetether orders by ids.
package final class ULIDSource: IDSource {
    private struct State {
        var milliseconds: UInt64 = 0
        var high: UInt16 = 0
        var low: UInt64 = 0
    }

    private let time: any TimeSource
    private let state = Mutex(State())

    /// A source that takes the time from `time`.
    package init(time: any TimeSource = SystemTime()) { self.time = time }

    /// A fresh id, greater (by its bytes) than all before of the same prefix.
    package func next(_ prefix: IDPrefix) -> String {
        let now = UInt64(max(0, time.nowMs())) & 0xFFFF_FFFF_FFFF
        let (milliseconds, high, low) = state.withLock { state in
            if now > state.milliseconds {
                var random = SystemRandomNumberGenerator()
                state = State(
                    milliseconds: now, high: UInt16.random(in: .min ... .max, using: &random) >> 1,
                    low: UInt64.random(in: .min ... .max, using: &random))
            } else {
                state.low &+= 1
                if state.low == 0 { state.high &+= 1 }
            }
            return (state.milliseconds, state.high, state.low)
        }
        return prefix.rawValue + Self.encode(milliseconds, high, low)
    }

    /// 10 characters of time, 16 of randomness.
    private static func encode(_ milliseconds: UInt64, _ high: UInt16, _ low: UInt64) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(26)
        for shift in stride(from: 45, through: 0, by: -5) {
            out.append(IDFormat.character(milliseconds >> UInt64(shift)))
        }
        // 80 bits: high 16, low 64, read in groups of five from the top.
        let top = UInt64(high) << 24 | low >> 40
        let bottom = low & 0xFF_FFFF_FFFF
        for shift in stride(from: 35, through: 0, by: -5) { out.append(IDFormat.character(top >> UInt64(shift))) }
        for shift in stride(from: 35, through: 0, by: -5) { out.append(IDFormat.character(bottom >> UInt64(shift))) }
        return String(decoding: out, as: UTF8.self)
    }
}

/// The form of ids.
package enum IDFormat {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func character(_ bits: UInt64) -> UInt8 { alphabet[Int(bits & 31)] }

    /// True for the prefix followed by 26 lower-case Crockford base32 characters.
    package static func isValid(_ id: String, prefix: IDPrefix) -> Bool {
        guard id.utf8.starts(with: prefix.rawValue.utf8) else { return false }
        let rest = id.utf8.dropFirst(prefix.rawValue.utf8.count)
        return rest.count == 26 && rest.allSatisfy { alphabet.contains($0) }
    }
}
