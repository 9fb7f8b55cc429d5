package import Support

/// A share service, as a client sees it. Every operation may be repeated.
package protocol ShareRemote: Sendable {
    /// The address of the service without its credential, and where a share of it will be read.
    /// - Throws: `notConfigured` for what is no http or https address.
    func place(_ address: String, id: String) throws(ShareError) -> (service: String, url: String)
    /// Makes an empty share, or finds the one with this id and secret.
    /// - Parameters:
    ///   - address: as configured; may carry a credential.
    ///   - secretHash: SHA-256 of the write secret, 64 hexadecimal digits.
    func create(_ address: String, id: String, secretHash: String) async throws(ShareError)
    /// Puts items; of two with the same key the one with the larger `seq` stays.
    func sync(_ record: ShareRecord, seq: Int64, items: [JSON]) async throws(ShareError)
    /// Removes a share with everything in it. Returns only when the service said that it is gone.
    /// - Throws: `gone` when the service says that it never had it, or not any more.
    func remove(_ record: ShareRecord) async throws(ShareError)
}

/// What sharing needs to know of a directory's configuration.
package struct ShareContext: Sendable {
    /// `share.mode`.
    package enum Mode: String, Sendable { case manual, auto, disabled }

    package var mode: Mode
    /// `share.url`.
    package var address: String?
    package var redaction: ShareRedaction

    /// The value with these members.
    package init(mode: Mode, address: String?, redaction: ShareRedaction) {
        self.mode = mode
        self.address = address
        self.redaction = redaction
    }
}
