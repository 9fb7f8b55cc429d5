import HTTPTypes
package import Support
import Synchronization

/// Who calls: what they may do, and how they showed it.
package struct Caller: Sendable {
    /// For the access log: `token`, `password`, `cookie`, `scoped`, `none`, `open`.
    package var kind: String
    /// What they may do.
    package var scopes: Set<Scope>

    /// May do everything.
    static func full(_ kind: String) -> Caller { Caller(kind: kind, scopes: Set(Scope.allCases)) }
}

/// Checks credentials: the token of this state directory, a password, tokens with fewer rights, and the cookie that a
/// one-time login URL sets. Everything but the login codes is derived from the token, so it survives a restart; changing
/// the token file revokes all of it.
package final class Authenticator: Sendable {
    /// The name of the cookie.
    package static let cookie = "codetether"
    private static let maximumCodes = 100
    private static let codeLifetimeMs: Int64 = 600_000
    private static let cookieLifetimeMs: Int64 = 30 * 86_400_000

    private let token: String
    private let password: String?
    private let isOpen: Bool
    private let time: any TimeSource
    /// Login codes with the time they end.
    private let codes = Mutex<[String: Int64]>([:])

    /// - Parameters:
    ///   - password: for basic authentication; nil or empty = none.
    ///   - isOpen: `--no-auth`: everybody may everything.
    package init(token: String, password: String?, isOpen: Bool, time: any TimeSource) {
        self.token = token
        self.password = password.flatMap { $0.isEmpty ? nil : $0 }
        self.isOpen = isOpen
        self.time = time
    }

    /// Who sent this request; nil for nobody we know.
    package func caller(of request: ServerRequest) -> Caller? {
        if isOpen { return .full("none") }
        if let header = request.headers[.authorization] { return caller(authorization: header) }
        if let cookie = request.cookie(Self.cookie), let scopes = verify(cookie, purpose: "cookie") {
            return Caller(kind: "cookie", scopes: scopes)
        }
        return nil
    }

    private func caller(authorization header: String) -> Caller? {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let value = parts[1].trimmingSpaces
        switch parts[0].lowercased() {
        case "bearer":
            if SecretText.isEqual(value, token) { return .full("token") }
            return verify(value, purpose: "scoped").map { Caller(kind: "scoped", scopes: $0) }
        case "basic":
            guard let password, let bytes = Base64.decode(value), bytes.count <= 4_096 else { return nil }
            let text = UTF8Text.lossy(bytes)
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let user = text[..<colon]
            let isPassword = SecretText.isEqual(String(text[text.index(after: colon)...]), password)
            return isPassword && (user == "codetether" || user == "opencode") ? .full("password") : nil
        default: return nil
        }
    }

    /// A token that may less, until a time.
    package func scopedToken(_ scopes: Set<Scope>, lifetimeMs: Int64) -> String {
        signed(scopes, lifetimeMs: lifetimeMs, purpose: "scoped")
    }

    /// The value of the login cookie.
    func cookieValue() -> String { signed(Set(Scope.allCases), lifetimeMs: Self.cookieLifetimeMs, purpose: "cookie") }

    /// Seconds.
    static var cookieLifetime: Int64 { cookieLifetimeMs / 1_000 }

    /// A code for one login within 10 minutes. At most 100 at a time; the oldest ends first.
    package func makeLoginCode() -> String {
        let code = SecretText.random(bytes: 32)
        let now = time.nowMs()
        codes.withLock { codes in
            codes = codes.filter { $0.value > now }
            if codes.count >= Self.maximumCodes, let oldest = codes.min(by: { $0.value < $1.value }) {
                codes[oldest.key] = nil
            }
            codes[SHA256Hash.hex(of: code.utf8)] = now + Self.codeLifetimeMs
        }
        return code
    }

    /// Uses a login code up; false when it is not one.
    func redeem(_ code: String) -> Bool {
        let now = time.nowMs()
        let end = codes.withLock { $0.removeValue(forKey: SHA256Hash.hex(of: code.utf8)) }
        return end.map { $0 > now } ?? false
    }

    /// `ct1.<scopes>.<end>.<nonce>.<signature>`
    private func signed(_ scopes: Set<Scope>, lifetimeMs: Int64, purpose: String) -> String {
        let names = Scope.allCases.filter { scopes.contains($0) && $0 != .open }.map(\.rawValue).joined(separator: "-")
        let body = "ct1.\(names).\(time.nowMs() + lifetimeMs).\(SecretText.random(bytes: 8))"
        return "\(body).\(SecretText.sign("\(purpose).\(body)", key: token))"
    }

    private func verify(_ value: String, purpose: String) -> Set<Scope>? {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "ct1", let end = Int64(parts[2]) else { return nil }
        let body = parts[..<4].joined(separator: ".")
        guard SecretText.isEqual(String(parts[4]), SecretText.sign("\(purpose).\(body)", key: token)),
            end > time.nowMs()
        else { return nil }
        return Set(parts[1].split(separator: "-").compactMap { Scope(rawValue: String($0)) }).union([.open])
    }
}

extension Substring {
    var trimmingSpaces: String {
        var text = self
        while text.hasPrefix(" ") { text.removeFirst() }
        while text.hasSuffix(" ") { text.removeLast() }
        return String(text)
    }
}
