package import Storage
import Support

/// Where the database is and who we are there. The password is in no text that leaves this type.
package struct PostgresURL: Sendable, Equatable {
    /// What libpq gets.
    let text: String
    /// The address without password and parameters, for people.
    package let shown: String
    private let secrets: [String]

    /// - Parameter text: `postgres://user:password@host:port/database?parameters`, as libpq takes it.
    /// - Throws: `invalid` for another scheme or impossible characters; the message holds no part of a password.
    package init(_ text: String) throws(StorageError) {
        let schemes = ["postgres://", "postgresql://"]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else {
            throw StorageError(
                .invalid,
                "The storage URL is not one of PostgreSQL. Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, without blanks."
            )
        }
        self.text = text
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let parameters = rest.drop { $0 != "?" }.dropFirst()
        var secrets = [text]
        var user = ""
        var hosts = authority[...]
        if let at = authority.lastIndex(of: "@") {
            let login = authority[..<at]
            hosts = authority[authority.index(after: at)...]
            user = String(login.prefix { $0 != ":" })
            if let colon = login.firstIndex(of: ":") {
                secrets.append(String(login))
                secrets.append(String(login[login.index(after: colon)...]))
                user += ":***"
            }
            user += "@"
        }
        for parameter in parameters.split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            if pair.count == 2, ["password", "sslpassword"].contains(pair[0]) { secrets.append(String(pair[1])) }
        }
        secrets += secrets.map(Self.percentDecoded)
        var seen = Set<String>()
        self.secrets = secrets.filter { $0.utf8.count >= 3 && seen.insert($0).inserted }
            .sorted { $0.utf8.count > $1.utf8.count }
        let database = rest.dropFirst(authority.utf8.count).prefix { $0 != "?" }
        shown = HostileText.escaped("\(scheme)\(user)\(hosts)\(database)", multiline: false)
    }

    /// The text with every occurrence of a password replaced, in one line and safe for a terminal.
    package func redact(_ text: String) -> String {
        var out = text
        for secret in secrets { out = out.replacing(secret, with: "***") }
        return HostileText.escaped(out, multiline: false)
    }

    /// The passwords, for the redaction of logs.
    package var secretTexts: [String] { secrets }

    private static func percentDecoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
