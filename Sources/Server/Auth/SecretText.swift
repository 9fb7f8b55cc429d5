import Crypto
import Support

/// Secrets: made, compared and derived.
package enum SecretText {
    /// Random hexadecimal digits.
    /// - Parameter bytes: how many random bytes, two digits each.
    package static func random(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return hex((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// Whether two texts are equal, in a time that does not depend on where they differ. Their lengths may show.
    package static func isEqual(_ left: String, _ right: String) -> Bool {
        // Hashes have one length: neither the position of a difference nor the length of the secret shows.
        let first = Array(SHA256.hash(data: Array(left.utf8)))
        let second = Array(SHA256.hash(data: Array(right.utf8)))
        var difference: UInt8 = 0
        for (one, other) in zip(first, second) { difference |= one ^ other }
        return difference == 0
    }

    /// HMAC-SHA256 as hexadecimal digits.
    static func sign(_ text: String, key: String) -> String {
        hex(
            Array(
                HMAC<SHA256>.authenticationCode(
                    for: Array(text.utf8), using: SymmetricKey(data: Array(key.utf8)))))
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return UTF8Text.lossy(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
