import Providers
import Sessions
import Support

/// Fetches a share.
struct ImportDownload {
    private static let maximumRedirects = 5
    private static let timeout: Duration = .seconds(60)

    private let transport: any HTTPTransport

    init(_ transport: any HTTPTransport) { self.transport = transport }

    /// The session behind an address: JSON that the address itself gives, or what a share service of OpenCode's kind has at
    /// `/api/share/ID/data` for a page `/share/ID`.
    func read(_ url: URLParts, _ text: String) async throws -> TransferDocument {
        let data = Self.dataAddress(url)
        let reply = try await get(text)
        if reply.status == 200, !Self.isPage(reply) { return try await parse(reply) }
        if let data {
            reply.body.cancel(with: ProviderError(.cancelled, "Another address has the data."))
            let second = try await get(data)
            if second.status == 200, !Self.isPage(second) { return try await parse(second) }
            throw await failure(reply.status == 200 ? second : reply, text)
        }
        guard reply.status != 200 else {
            throw TransferError(
                .malformed, path: "$", "The address gives a page, not a session; give the address of a share.")
        }
        throw await failure(reply, text)
    }

    private func get(_ text: String) async throws -> HTTPReply {
        var address = text
        for _ in 0...Self.maximumRedirects {
            let reply: HTTPReply
            do throws(ProviderError) {
                reply = try await transport.send(
                    HTTPCall(
                        method: "GET", url: Self.withoutFragment(address),
                        headers: HTTPFields([HTTPField("accept", "application/json")]), headTimeout: Self.timeout))
            } catch {
                let shown = HostileText.escaped(text, multiline: false)
                throw CLIError(
                    error.code == .cancelled ? .interrupted : .unreachable,
                    "\(shown) cannot be reached: \(error.message)")
            }
            guard [301, 302, 303, 307, 308].contains(reply.status) else { return reply }
            reply.body.cancel(with: ProviderError(.cancelled, "The address moved."))
            guard let location = reply.headers["location"], let base = URLParts(address) else { return reply }
            address = location.utf8.first == UInt8(ascii: "/") ? base.origin + location : location
            guard let next = URLParts(address), next.scheme == "https" || next.scheme == base.scheme else {
                throw CLIError(
                    .unreachable, "\(HostileText.escaped(text, multiline: false)) leads to an address that is not used."
                )
            }
        }
        throw CLIError(
            .unreachable,
            "\(HostileText.escaped(text, multiline: false)) leads on more than \(Self.maximumRedirects) times.")
    }

    private func parse(_ reply: HTTPReply) async throws -> TransferDocument {
        var reader = TransferReader()
        do {
            while let bytes = try await reply.body.next() { try reader.push(bytes) }
        } catch {
            reply.body.cancel(with: ProviderError(.cancelled, "The import ended."))
            if let error = error as? ProviderError {
                throw CLIError(.unreachable, "The share broke off: \(error.message)")
            }
            throw error
        }
        return try reader.finish()
    }

    private func failure(_ reply: HTTPReply, _ text: String) async -> CLIError {
        reply.body.cancel(with: ProviderError(.cancelled, "The answer is of no use."))
        let shown = HostileText.escaped(text, multiline: false)
        switch reply.status {
        case 404, 410: return CLIError(.notFound, "There is no share at \(shown) (HTTP \(reply.status)).")
        case 401, 403: return CLIError(.denied, "The share at \(shown) is not public (HTTP \(reply.status)).")
        case 429: return CLIError(.limitReached, "\(shown) asks to come back later (HTTP 429).")
        case 500...: return CLIError(.unreachable, "The service of \(shown) has a problem (HTTP \(reply.status)).")
        default: return CLIError(.badData, "\(shown) gives no session (HTTP \(reply.status)).")
        }
    }

    private static func isPage(_ reply: HTTPReply) -> Bool {
        reply.headers["content-type"]?.lowercased().hasPrefix("text/html") ?? false
    }

    private static func withoutFragment(_ text: String) -> String {
        text.utf8.firstIndex(of: UInt8(ascii: "#")).map { String(text[..<$0]) } ?? text
    }

    /// `/share/ID` and `/s/ID` are pages whose data stand elsewhere.
    private static func dataAddress(_ url: URLParts) -> String? {
        let parts = url.path.split(separator: "/")
        guard parts.count == 2, parts[0] == "share" || parts[0] == "s" else { return nil }
        return "\(url.origin)/api/share/\(parts[1])/data"
    }
}
