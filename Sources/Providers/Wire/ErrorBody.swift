package import Support

/// Turns what providers say about failures into `ProviderError`. Pure.
package enum ErrorBody {
    /// At most this much of an error body is read, in bytes.
    package static let limit = 64 * 1024

    /// An error in the course of a stream, whatever the protocol.
    /// - Parameter type: a type that came beside the body.
    package static func inStream(_ json: JSON, type: String? = nil) -> ProviderError {
        let facts = Facts(json, type: type)
        let text = facts.message.isEmpty ? facts.type : facts.message
        let kind = facts.kind(status: facts.status)
        return ProviderError(
            kind, "The provider reported an error: \(Facts.shown(text)).\(hint(kind))", status: facts.status,
            retryAfterMs: facts.retryAfterMs, body: String(json.text().prefix(limit)), isPermanent: facts.isPermanent)
    }

    /// A response whose status is not 2xx.
    /// - Parameters:
    ///   - body: at most `limit` bytes of it.
    ///   - nowMs: Unix time, for `Retry-After` dates.
    ///   - secrets: texts that must not appear in the error.
    package static func http(
        status: Int, headers: HTTPFields, body: [UInt8], model: ModelSpec, nowMs: Int64, secrets: [String]
    ) -> ProviderError {
        let text = redact(String(decoding: body.prefix(limit), as: UTF8.self), secrets: secrets)
        let host = URLParts(model.route.baseURL)?.origin ?? "the provider"
        if (300..<400).contains(status) {
            return ProviderError(
                .badRequest,
                "\(host) answered with a redirect (\(status)), which is not followed because it would hand on the key; "
                    + "set base_url of provider \(model.providerID) to the final address.", status: status)
        }
        let facts =
            (try? JSON(parsing: text)).map { Facts($0, type: headers["x-amzn-errortype"]) }
            ?? Facts(plain: text)
        var kind = facts.kind(status: status)
        if status == 413, facts.message.isEmpty { kind = .contextOverflow }
        let said = facts.message.isEmpty ? "no explanation" : Facts.shown(facts.message)
        let retryAfter = RetryAfter.milliseconds(headers, nowMs: nowMs) ?? facts.retryAfterMs
        return ProviderError(
            kind, sentence(kind, status: status, said: said, host: host, model: model), status: status,
            retryAfterMs: retryAfter, body: text, isPermanent: facts.isPermanent)
    }

    private static func sentence(
        _ kind: ProviderError.Code, status: Int, said: String, host: String, model: ModelSpec
    ) -> String {
        let name = model.providerID
        switch kind {
        case .authentication:
            let keys = model.route.keyNames
            let advice =
                keys.isEmpty ? "check the headers of provider \(name)" : "check \(keys.joined(separator: " or "))"
            return "\(name) refuses access (\(status)): \(said). To go on, \(advice)."
        case .rateLimited:
            return "\(name) limits requests (\(status)): \(said). Wait, or choose another model with -m."
        case .overloaded, .server, .timeout:
            return "\(name) has a problem of its own (\(status)): \(said). Try again later, or choose another model."
        case .contextOverflow:
            return "The conversation is too long for \(model.id) (\(status)): \(said).\(hint(kind))"
        case .contentFilter:
            return "The content filter of \(name) stopped the request (\(status)): \(said).\(hint(kind))"
        default:
            if status == 404 {
                return "\(host) does not know this model or address (404): \(said). "
                    + "Check \(model.wireID) with `codetether models \(name)`, and base_url."
            }
            return "\(name) refuses the request (\(status)): \(said)."
        }
    }

    private static func hint(_ kind: ProviderError.Code) -> String {
        switch kind {
        case .contextOverflow: " Compact the session, start a new one, or choose a model with a larger context."
        case .contentFilter: " Rephrase the request or choose another model."
        case .authentication: " Check the key."
        default: ""
        }
    }

    /// Removes known secrets and what looks like a key.
    package static func redact(_ text: String, secrets: [String]) -> String {
        var bytes = Array(text.utf8)
        for secret in secrets where secret.utf8.count >= 4 {
            let needle = Array(secret.utf8)
            var index = 0
            var out: [UInt8] = []
            while index < bytes.count {
                if bytes[index] == needle[0], index + needle.count <= bytes.count,
                    bytes[index..<index + needle.count].elementsEqual(needle)
                {
                    out += Array("[redacted]".utf8)
                    index += needle.count
                } else {
                    out.append(bytes[index])
                    index += 1
                }
            }
            bytes = out
        }
        return String(decoding: redactShapes(bytes), as: UTF8.self)
    }

    private static let prefixes = [
        "sk-", "xai-", "gsk_", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "nvapi-", "csk-", "AKIA", "ASIA",
    ].map { Array($0.utf8) }

    /// A known prefix at the start of a word, with at least eight more word characters or asterisks.
    private static func redactShapes(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        var index = 0
        var wasWord = false
        while index < bytes.count {
            let byte = bytes[index]
            let isWord = WireIDs.isWordByte(byte)
            if isWord, !wasWord,
                let prefix = prefixes.first(where: {
                    index + $0.count <= bytes.count && bytes[index..<index + $0.count].elementsEqual($0)
                })
            {
                var end = index + prefix.count
                while end < bytes.count, WireIDs.isWordByte(bytes[end]) || bytes[end] == UInt8(ascii: "*") { end += 1 }
                if end - index >= prefix.count + 8 {
                    out += Array("[redacted]".utf8)
                    index = end
                    wasWord = false
                    continue
                }
            }
            out.append(byte)
            wasWord = isWord
            index += 1
        }
        return out
    }
}
