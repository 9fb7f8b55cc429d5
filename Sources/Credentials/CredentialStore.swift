package import Support

/// The key of a provider and where it was found.
package struct Credential: Sendable, Hashable {
    /// Where a credential lives.
    package enum Source: Sendable, Hashable, CustomStringConvertible {
        /// The name of the variable.
        case environment(String)
        /// `auth.json`.
        case file

        package var description: String {
            switch self {
            case .environment(let name): "env \(name)"
            case .file: "auth.json"
            }
        }
        /// `env` or `file`, as in `auth list --json`.
        package var kind: String {
            switch self {
            case .environment: "env"
            case .file: "file"
            }
        }
    }

    package var provider: String
    package var secret: Secret
    package var source: Source
}

/// Keys for Amazon Bedrock's SigV4.
package struct AWSCredential: Sendable, Hashable {
    package var accessKeyID: String
    package var secretAccessKey: Secret
    package var sessionToken: Secret?
}

/// Finds credentials. A value; asking costs a dictionary lookup.
package struct CredentialStore: Sendable {
    private let environment: Environment
    /// Asked when no variable has a key.
    package let file: CredentialFile?
    /// A longer value is a mistake and counts as unset.
    package static let maxBytes = 16 << 10

    /// Environment variables first, then the file.
    package init(environment: Environment, file: CredentialFile? = nil) {
        self.environment = environment
        self.file = file
    }

    /// The first of the named variables that holds a usable value: not blank, without line breaks or control characters
    /// (blanks at the ends are cut), at most 16 KiB.
    package func key(provider: String, names: [String]) -> Credential? {
        for name in names {
            if let secret = secret(name) {
                return Credential(provider: provider, secret: secret, source: .environment(name))
            }
        }
        return file?.key(provider).map { Credential(provider: provider, secret: $0, source: .file) }
    }

    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; `nil` unless the first two are set.
    package var aws: AWSCredential? {
        guard let id = secret("AWS_ACCESS_KEY_ID"), let key = secret("AWS_SECRET_ACCESS_KEY") else { return nil }
        return AWSCredential(accessKeyID: id.exposed, secretAccessKey: key, sessionToken: secret("AWS_SESSION_TOKEN"))
    }

    private func secret(_ name: String) -> Secret? {
        guard let value = environment[name], value.utf8.count <= Self.maxBytes else { return nil }
        let bytes = value.utf8.drop(while: Self.isBlank)
        guard let last = bytes.lastIndex(where: { !Self.isBlank($0) }) else { return nil }
        let trimmed = bytes[...last]
        guard trimmed.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), let text = String(trimmed) else { return nil }
        return Secret(text)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// The values of all variables that look like secrets by their name, for redaction.
    package var secrets: [String] {
        environment.values.compactMap { Secrets.isSensitive(name: $0.key) ? $0.value : nil }
    }
}
