import Crypto
import Support

/// An AWS access key. Never printed: `description` hides it.
package struct AWSAccessKey: Sendable, Equatable, CustomStringConvertible {
    package var accessKeyID: String
    package var secretAccessKey: String
    package var sessionToken: String?

    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    package var description: String { "AWSAccessKey(…)" }
}

/// AWS Signature Version 4 with signed headers. Pure.
package enum SigV4 {
    /// Adds `x-amz-date`, `x-amz-security-token` (with a session token) and `authorization`; `host` is signed, not added.
    ///
    /// - Parameters:
    ///   - call: its url is as sent: the path is encoded once more for the signature, as every service but S3 wants it.
    ///   - nowMs: Unix time; AWS allows five minutes of difference.
    package static func sign(
        _ call: inout HTTPCall, key: AWSAccessKey, region: String, service: String, nowMs: Int64
    ) throws(ProviderError) {
        guard let url = URLParts(call.url) else {
            throw ProviderError(
                .badRequest, "The address of the Bedrock endpoint is no URL; check base_url and AWS_REGION.")
        }
        let date = HTTPDate.amzDate(unixMs: nowMs)
        let day = String(date.prefix(8))
        call.headers["x-amz-date"] = date
        call.headers["x-amz-security-token"] = key.sessionToken
        let isDefaultPort = url.port == (url.scheme == "https" ? 443 : 80)
        var signed: [(name: String, value: String)] = [("host", isDefaultPort ? url.host : "\(url.host):\(url.port)")]
        for field in call.headers.fields {
            let name = field.name.lowercased()
            if name.hasPrefix("x-amz-") || name == "content-type" { signed.append((name, trimmed(field.value))) }
        }
        signed.sort { $0.name < $1.name }
        let names = signed.map(\.name).joined(separator: ";")
        let canonical = [
            call.method,
            PercentEncoding.segment(url.path, keepSlash: true),
            canonicalQuery(url.query),
            signed.map { "\($0.name):\($0.value)\n" }.joined(),
            names,
            hex(SHA256.hash(data: call.body)),
        ].joined(separator: "\n")
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let toSign = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(hex(SHA256.hash(data: Array(canonical.utf8))))"
        var signature = Array(("AWS4" + key.secretAccessKey).utf8)
        for part in [day, region, service, "aws4_request", toSign] {
            signature = Array(
                HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: SymmetricKey(data: signature)))
        }
        call.headers["authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(key.accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(hex(signature))"
    }

    private static func canonicalQuery(_ query: String) -> String {
        guard !query.isEmpty else { return "" }
        let pairs = query.split(separator: "&", omittingEmptySubsequences: true).map { pair -> (String, String) in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = PercentEncoding.segment(PercentEncoding.decode(parts.first ?? ""))
            let value = PercentEncoding.segment(PercentEncoding.decode(parts.count > 1 ? parts[1] : ""))
            return (name, value)
        }
        return pairs.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Outer white space removed, inner runs of spaces made one.
    private static func trimmed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }
}
