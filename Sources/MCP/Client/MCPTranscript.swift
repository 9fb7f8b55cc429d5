import Credentials
package import Providers
package import Support
import Synchronization

/// Something that went over a connection.
package enum MCPWireEvent: Sendable {
    /// A message of ours, about to be sent.
    case sent(JSON)
    /// A message of the server.
    case received(JSON)
    /// The head of an HTTP request, also of a login's.
    case request(method: String, url: String, headers: [HTTPField])
    /// The head of its answer.
    case reply(status: Int, headers: [HTTPField])
    /// No answer came.
    case failed(String)
}

/// Gets what goes over a connection, from any thread; must not block. A client that is watched opens no streams for news, so that
/// the order is the same every time.
package typealias MCPWireTap = @Sendable (MCPWireEvent) -> Void

/// What went over a connection, without secrets and times: two runs against the same server give the same text.
///
/// Values of headers are shown only for those that hold no secret (`shownHeaders`); known secrets and whatever has the shape of a
/// token are replaced wherever they stand. At most `maxEvents` are kept.
package final class MCPTranscript: Sendable {
    package static let maxEvents = 2_000
    /// The longest message that is kept whole, in bytes of JSON.
    package static let maxMessageBytes = 64 << 10
    /// Headers whose value is shown.
    package static let shownHeaders: Set<String> = [
        "accept", "allow", "content-type", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version",
        "retry-after", "www-authenticate",
    ]
    /// Headers of ours that are named, with their value hidden.
    private static let hidden = "***"

    /// One event.
    package struct Entry: Sendable, Equatable {
        /// `send`, `receive`, `request`, `reply` or `failure`.
        package var kind: String
        /// `POST URL`, `HTTP 200`, the message or the failure.
        package var value: JSON
        package var headers: [String]
        /// Since the first event, in milliseconds.
        package var atMs: Int64
    }

    private struct State {
        var entries: [Entry] = []
        var leftOut = 0
        var startNs: UInt64?
    }

    private let secrets: Secrets
    private let short: [String]
    private let time: any TimeSource
    private let state = Mutex(State())

    /// - Parameter hiding: texts that must not be shown; those under 4 bytes are too common to be found.
    package init(hiding secrets: [String], time: any TimeSource) {
        self.secrets = Secrets(known: secrets)
        short = Set(secrets).filter { (4..<Secrets.minBytes).contains($0.utf8.count) }.sorted()
        self.time = time
    }

    /// Adds an event.
    package func note(_ event: MCPWireEvent) {
        let now = time.uptimeNs()
        state.withLock { state in
            guard state.entries.count < Self.maxEvents else {
                state.leftOut += 1
                return
            }
            let start = state.startNs ?? now
            state.startNs = start
            state.entries.append(entry(event, Int64((now &- start) / 1_000_000)))
        }
    }

    /// All events, oldest first.
    package var entries: [Entry] { state.withLock { $0.entries } }

    /// A line for each message, head and header, escaped: `>` is ours, `<` the server's.
    /// - Parameter timed: begins lines of events with their time.
    package func lines(timed: Bool) -> [String] {
        let (entries, leftOut) = state.withLock { ($0.entries, $0.leftOut) }
        var lines: [String] = []
        for entry in entries {
            let mark = entry.kind == "failure" ? "!" : entry.kind == "send" || entry.kind == "request" ? ">" : "<"
            let text = HostileText.escaped(entry.value.stringValue ?? entry.value.text(), multiline: false)
            lines.append("\(timed ? "\(entry.atMs) ms " : "")\(mark) \(text)")
            lines += entry.headers.map { "\(mark)   \(HostileText.escaped($0, multiline: false))" }
        }
        if leftOut > 0 { lines.append("… \(leftOut) more") }
        return lines
    }

    /// `[{kind, value, headers?, ms?}]`.
    package func json(timed: Bool) -> JSON {
        .array(
            entries.map { entry in
                var object: JSONObject = ["kind": .string(entry.kind), "value": entry.value]
                if !entry.headers.isEmpty { object["headers"] = .array(entry.headers.map { .string($0) }) }
                if timed { object["ms"] = .int(entry.atMs) }
                return .object(object)
            })
    }

    private func entry(_ event: MCPWireEvent, _ atMs: Int64) -> Entry {
        switch event {
        case .sent(let message): Entry(kind: "send", value: shown(message), headers: [], atMs: atMs)
        case .received(let message): Entry(kind: "receive", value: shown(message), headers: [], atMs: atMs)
        case .request(let method, let url, let headers):
            Entry(
                kind: "request", value: .string(redacted("\(method) \(MCPRedaction.url(url))")),
                headers: headers.map { field in
                    let name = field.name.lowercased()
                    let isShown = Self.shownHeaders.contains(name)
                    return "\(name): \(isShown ? redacted(field.value) : Self.hidden)"
                }, atMs: atMs)
        case .reply(let status, let headers):
            Entry(
                kind: "reply", value: .string("HTTP \(status)"),
                headers: headers.compactMap { field in
                    let name = field.name.lowercased()
                    if name == "mcp-session-id" { return "\(name): \(Self.hidden)" }
                    return Self.shownHeaders.contains(name) ? "\(name): \(redacted(field.value))" : nil
                }, atMs: atMs)
        case .failed(let text): Entry(kind: "failure", value: .string(redacted(text)), headers: [], atMs: atMs)
        }
    }

    private func shown(_ message: JSON) -> JSON {
        let bytes = message.bytes().count
        guard bytes <= Self.maxMessageBytes else { return ["leftOutBytes": .int(Int64(bytes))] }
        return redacted(message)
    }

    private func redacted(_ json: JSON) -> JSON {
        switch json {
        case .string(let text): return .string(redacted(text))
        case .array(let items): return .array(items.map { redacted($0) })
        case .object(let object):
            var out: JSONObject = [:]
            for (key, value) in object { out[redacted(key)] = redacted(value) }
            return .object(out)
        default: return json
        }
    }

    private func redacted(_ text: String) -> String {
        var text = secrets.redact(text)
        for secret in short where text.contains(secret) { text = text.replacing(secret, with: Secrets.replacement) }
        return text
    }
}

/// Tells a tap about the heads of requests and answers.
struct TappedTransport: HTTPTransport {
    let base: any HTTPTransport
    let tap: MCPWireTap

    func send(_ call: HTTPCall) async throws(ProviderError) -> HTTPReply {
        tap(.request(method: call.method, url: call.url, headers: call.headers.fields))
        do throws(ProviderError) {
            let reply = try await base.send(call)
            tap(.reply(status: reply.status, headers: reply.headers.fields))
            return reply
        } catch {
            tap(.failed(error.message))
            throw error
        }
    }

    func shutdown() async { await base.shutdown() }
}
