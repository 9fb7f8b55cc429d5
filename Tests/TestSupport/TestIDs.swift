package import Support
import Synchronization

/// Ids that are valid, unique and the same in every run: `ses_00000000000000000000000001`, counted over all kinds.
package final class TestIDs: IDSource {
    private let last: Mutex<UInt64>

    /// A source whose first id is `first`.
    package init(first: UInt64 = 1) { last = Mutex(first &- 1) }

    package func next(_ prefix: IDPrefix) -> String {
        let number = last.withLock { last in
            last &+= 1
            return last
        }
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        var digits: [Character] = []
        var rest = number
        for _ in 0..<26 {
            digits.append(alphabet[Int(rest & 31)])
            rest >>= 5
        }
        return prefix.rawValue + String(digits.reversed())
    }
}
