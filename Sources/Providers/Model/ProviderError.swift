/// Why a model did not answer. `message` is a sentence that names the model or host and the next step; it holds no key.
package struct ProviderError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No key, a wrong key, or no right to the model (401, 403).
        case authentication
        /// 429 and its relatives.
        case rateLimited
        /// The provider says it has no capacity now (529, 503).
        case overloaded
        /// Any other 5xx.
        case server
        /// The provider refuses the request (other 4xx).
        case badRequest
        /// The conversation is longer than the model's context.
        case contextOverflow
        /// Name resolution, TLS, proxy, connection lost before the answer.
        case network
        /// Nobody listens at the address.
        case refused
        /// The stream ended before its end was announced.
        case streamCut
        /// No answer, or no data, for too long.
        case timeout
        /// The answer is not what the protocol says.
        case malformed
        /// The provider's filter stopped the request.
        case contentFilter
        /// The caller's task was cancelled.
        case cancelled
    }

    package var code: Code
    /// The HTTP status, when there was one.
    package var status: Int?
    /// How long the provider asks to wait, in milliseconds.
    package var retryAfterMs: Int64?
    package var message: String
    /// The start of the provider's error body, at most 64 KiB, keys removed.
    package var body: String?
    /// True when waiting does not help although the kind of error would say so, such as a used-up budget.
    package var isPermanent: Bool

    package init(
        _ code: Code, _ message: String, status: Int? = nil, retryAfterMs: Int64? = nil, body: String? = nil,
        isPermanent: Bool = false
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.retryAfterMs = retryAfterMs
        self.body = body
        self.isPermanent = isPermanent
    }

    package var description: String { message }

    /// True when the same request may succeed later.
    package var isRetryable: Bool {
        if isPermanent { return false }
        return switch code {
        case .rateLimited, .overloaded, .server, .network, .refused, .streamCut, .timeout: true
        case .malformed: status == nil
        case .authentication, .badRequest, .contextOverflow, .contentFilter, .cancelled: false
        }
    }

    /// CONTRACT §9: 77 without permission, 75 rate limited, 69 unreachable, 130 cancelled, else 1.
    package var exitCode: Int32 {
        switch code {
        case .authentication: 77
        case .rateLimited: 75
        case .overloaded, .server, .network, .refused, .streamCut, .timeout: 69
        case .cancelled: 130
        case .badRequest, .contextOverflow, .malformed, .contentFilter:
            if let retryAfterMs, retryAfterMs > RetryPolicy.longestRetryAfterMs { 75 } else { 1 }
        }
    }
}
