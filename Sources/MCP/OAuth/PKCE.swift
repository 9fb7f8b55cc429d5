import Crypto
import Support

/// Proof key for code exchange, S256 (RFC 7636).
struct PKCE: Sendable, Equatable {
    /// 43 unreserved characters from 32 random bytes.
    let verifier: String
    /// BASE64URL(SHA256(verifier)).
    let challenge: String

    init(verifier: String = RandomText.make()) {
        self.verifier = verifier
        challenge = Base64.encodeURL(Array(SHA256.hash(data: Array(verifier.utf8))))
    }
}

/// Unguessable text.
enum RandomText {
    /// 256 bits of the system's generator as 43 characters of base64url.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            var word = generator.next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return Base64.encodeURL(bytes)
    }

    /// Compares without telling by its time how much is equal.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
