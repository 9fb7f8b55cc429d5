package import Credentials
package import Support

/// What proves to a provider who asks. Never printed: `description` hides it.
package enum ProviderSecret: Sendable, Equatable, CustomStringConvertible {
    case key(String)
    case aws(AWSAccessKey)

    package var description: String { "ProviderSecret(…)" }

    /// The texts that must appear nowhere, for redaction.
    package var secretTexts: [String] {
        switch self {
        case .key(let key): [key]
        case .aws(let key): [key.secretAccessKey] + (key.sessionToken.map { [$0] } ?? [])
        }
    }
}

/// Where secrets come from; asked once per request and for availability. Returns nil when there is none.
package typealias SecretSource = @Sendable (_ providerID: String, _ route: Route) -> ProviderSecret?

/// Secrets from the credential store (environment variables for now).
package enum EnvironmentSecrets {
    /// As `source(_:)` with a store of this environment.
    package static func source(_ environment: Environment) -> SecretSource {
        source(CredentialStore(environment: environment))
    }

    /// The first usable variable of the provider's list; for AWS also `AWS_ACCESS_KEY_ID` with `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN`.
    package static func source(_ store: CredentialStore) -> SecretSource {
        { providerID, route in secret(for: route, providerID: providerID, in: store) }
    }

    /// As `source`, for one provider.
    package static func secret(for route: Route, providerID: String, in store: CredentialStore) -> ProviderSecret? {
        if let found = store.key(provider: providerID, names: route.keyNames) { return .key(found.secret.exposed) }
        guard case .aws = route.auth, let aws = store.aws else { return nil }
        return .aws(
            AWSAccessKey(
                accessKeyID: aws.accessKeyID, secretAccessKey: aws.secretAccessKey.exposed,
                sessionToken: aws.sessionToken?.exposed))
    }
}
