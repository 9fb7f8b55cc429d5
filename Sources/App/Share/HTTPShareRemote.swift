import Providers
import Sessions
import Support

/// A share service over HTTP: `POST /v1/share`, `POST /v1/share/{id}/sync`, `DELETE /v1/share/{id}` (docs/share.md).
///
/// Every request ends within its time, answers are read up to 64 KiB, redirects are not followed: what is shared goes to the
/// configured address or nowhere.
struct HTTPShareRemote: ShareRemote {
    private static let maximumAnswer = 64 << 10

    let transport: any HTTPTransport
    /// `CODETETHER_SHARE_TOKEN`: what a service that asks for a credential wants, unless the address carries one.
    var token: String?
    /// For one request, the answer included.
    var timeout: Duration = .seconds(30)

    func place(_ address: String, id: String) throws(ShareError) -> (service: String, url: String) {
        let shown = HostileText.escaped(address, multiline: false)
        guard let url = URLParts(address), url.scheme == "https" || url.scheme == "http", url.query.isEmpty,
            address.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            // An address that is none may hold a password.
            let what = address.utf8.contains(UInt8(ascii: "@")) ? "share.url" : "share.url \"\(shown)\""
            throw ShareError(
                .notConfigured,
                "\(what) is no address of a share service; it looks like https://host or https://host/path.")
        }
        var path = url.path
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        let service = url.origin + path
        return (service, "\(service)/v1/share/\(id)")
    }

    func create(_ address: String, id: String, secretHash: String) async throws(ShareError) {
        let place = try place(address, id: id)
        let answer = try await send(
            "POST", "\(place.service)/v1/share", authorization: authorization(address),
            body: ["id": .string(id), "secretHash": .string(secretHash)])
        guard answer["data"]?["id"]?.stringValue == id else { throw Self.nonsense(place.service) }
    }

    func sync(_ record: ShareRecord, seq: Int64, items: [JSON]) async throws(ShareError) {
        let answer = try await send(
            "POST", "\(record.service)/v1/share/\(record.id)/sync", authorization: "Bearer \(record.secret)",
            body: ["seq": .int(seq), "items": .array(items)])
        guard let reached = answer["data"]?["seq"]?.intValue, reached >= seq else {
            throw Self.nonsense(record.service)
        }
    }

    func remove(_ record: ShareRecord) async throws(ShareError) {
        let answer = try await send(
            "DELETE", "\(record.service)/v1/share/\(record.id)", authorization: "Bearer \(record.secret)", body: nil)
        guard answer["data"]?["removed"]?.boolValue == true else { throw Self.nonsense(record.service) }
    }

    // MARK: Parts

    private func authorization(_ address: String) -> String? {
        if let user = URLParts(address)?.userInfo {
            return "Basic \(Base64.encode(Array(PercentEncoding.decode(user).utf8)))"
        }
        return token.map { "Bearer \($0)" }
    }

    private func send(
        _ method: String, _ url: String, authorization: String?, body: JSON?
    ) async throws(ShareError) -> JSON {
        var headers = HTTPFields([HTTPField("accept", "application/json")])
        headers["authorization"] = authorization
        if body != nil { headers["content-type"] = "application/json" }
        let call = HTTPCall(method: method, url: url, headers: headers, body: body?.bytes() ?? [], headTimeout: timeout)
        let reply: HTTPReply
        do throws(ProviderError) {
            reply = try await transport.send(call)
        } catch {
            throw Self.failure(error, call.origin)
        }
        let bytes = await read(reply.body)
        guard let bytes else {
            throw ShareError(
                .timeout, "\(call.origin) began to answer and did not end; it is tried again.", isUncertain: true)
        }
        let json = (try? JSON(parsing: bytes)) ?? .null
        switch reply.status {
        case 200, 201: return json
        case 204: return [:]
        case 404 where json["_tag"]?.stringValue == "ShareNotFoundError",
            410 where json["_tag"]?.stringValue == "ShareNotFoundError":
            throw ShareError(.gone, "\(call.origin) does not have this share.")
        case 401, 403:
            throw ShareError(
                .denied,
                "\(call.origin) asks for a credential (HTTP \(reply.status)). Put it into share.url as user:password@, or into CODETETHER_SHARE_TOKEN."
            )
        case 500...:
            throw ShareError(
                .failing, "The share service \(call.origin) has a problem (HTTP \(reply.status)); try again later.",
                isUncertain: reply.status == 504)
        case 400..<500:
            let reason = json["message"]?.stringValue.map {
                ": " + HostileText.escaped(String($0.prefix(300)), multiline: false)
            }
            throw ShareError(.refused, "\(call.origin) refuses (HTTP \(reply.status))\(reason ?? "; check share.url.")")
        default:
            throw ShareError(.badAnswer, "\(call.origin) is no share service (HTTP \(reply.status)); check share.url.")
        }
    }

    /// The body; nil when it does not end in time.
    private func read(_ body: any ByteSource) async -> [UInt8]? {
        let clock = Task { [timeout] in
            try await Task.sleep(for: timeout)
            body.cancel(with: ProviderError(.timeout, "The answer did not end."))
        }
        defer { clock.cancel() }
        var bytes: [UInt8] = []
        do {
            while bytes.count <= Self.maximumAnswer, let more = try await body.next() { bytes += more }
        } catch {
            return nil
        }
        body.cancel(with: ProviderError(.cancelled, "The answer was read."))
        return bytes
    }

    private static func nonsense(_ service: String) -> ShareError {
        ShareError(
            .badAnswer, "\(service) did not answer as a share service does; check share.url.")
    }

    private static func failure(_ error: ProviderError, _ origin: String) -> ShareError {
        switch error.code {
        case .timeout:
            ShareError(.timeout, "The share service \(origin) does not answer; try again later.", isUncertain: true)
        case .refused:
            ShareError(.unreachable, "Nobody answers at \(origin); check share.url, or try again later.")
        default:
            ShareError(
                .unreachable, "The share service \(origin) cannot be reached: \(error.message)", isUncertain: true)
        }
    }
}
