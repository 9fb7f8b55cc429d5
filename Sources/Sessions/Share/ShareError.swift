import Support

/// Why a share could not be made, brought up to date or revoked.
package struct ShareError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable, CaseIterable {
        /// `share.mode` is `disabled`.
        case disabled
        /// There is no service to share to, or its address is none.
        case notConfigured
        /// There is no such share here.
        case notFound
        /// Another change of the same share is under way.
        case busy
        /// Nobody answers at the service's address, or the connection broke.
        case unreachable
        /// The service did not answer in time.
        case timeout
        /// The service has a problem (5xx).
        case failing
        /// The service answered something that no share service answers.
        case badAnswer
        /// The service refuses (4xx).
        case refused
        /// The service refuses the credential (401, 403).
        case denied
        /// The service does not have this share (any more).
        case gone
    }

    /// The class of the failure.
    package var kind: Kind
    /// Whole sentences with the value and the next step; never a secret.
    package var message: String
    /// The service may have done what it was asked to: the answer was lost, not the request.
    package var isUncertain: Bool

    /// The class as a stable name.
    package var code: String { "share.\(kind.rawValue)" }

    /// The value with these members.
    package init(_ kind: Kind, _ message: String, isUncertain: Bool = false) {
        self.kind = kind
        self.message = message
        self.isUncertain = isUncertain
    }
}

extension ShareError {
    static let disabled = ShareError(
        .disabled, "Sharing is disabled by the configuration (share.mode). Set it to \"manual\" to share sessions.")

    static let notConfigured = ShareError(
        .notConfigured,
        "There is no share service. Set share.url to one, for example a `codetether serve` with share.serve: true.")

    static func notFound(_ name: String) -> ShareError {
        ShareError(
            .notFound,
            "There is no share \"\(HostileText.escaped(name, multiline: false))\". `codetether share list` shows those there are."
        )
    }
}
