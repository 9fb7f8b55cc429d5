package import Schema

extension ProviderError {
    /// The error as sessions store it; its body is cut at 4,096 characters.
    package var structured: StructuredError {
        let type: String
        switch code {
        case .authentication: type = "ProviderAuthError"
        case .contextOverflow: type = "ContextOverflowError"
        case .contentFilter: type = "ContentFilterError"
        case .cancelled: type = "InterruptedError"
        case .rateLimited, .overloaded, .server, .badRequest, .network, .refused, .streamCut, .timeout, .malformed:
            type = "ProviderError"
        }
        return StructuredError(
            type: type, message: message, status: status, response: body.map { .init(body: String($0.prefix(4_096))) },
            retryAfterMs: retryAfterMs.map { Int(clamping: $0) })
    }
}
