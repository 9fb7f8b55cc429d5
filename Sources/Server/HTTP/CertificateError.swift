import Support

/// A certificate or key that TLS cannot be served with.
package struct CertificateError: AppError, Equatable {
    /// A whole sentence with the path and the next step.
    package var message: String
    /// The library's reason.
    package var metadata: [String: String]
    /// A stable name.
    package var code: String { "server.certificate" }
}
