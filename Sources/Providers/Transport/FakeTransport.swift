package import Support
import Synchronization

/// Answers from a list instead of the network, for `--fake-responses FILE` and tests. One reply a request, in order.
///
/// The file is a JSON array whose items are `{"events":[…]}` (see `FakeReply`) or `{"status":429,"headers":{…},"body":"…"}`.
/// Events are put into the wire format that the request's address asks for, so that the real decoder reads them.
package final class FakeTransport: HTTPTransport {
    private struct State {
        var replies: ArraySlice<JSON>
        var calls: [HTTPCall] = []
    }

    private let state: Mutex<State>

    /// - Parameter replies: as in the file.
    package init(_ replies: [JSON]) { state = Mutex(State(replies: replies[...])) }

    /// - Parameters:
    ///   - bytes: the file's content; throws `malformed` with the reason.
    ///   - name: the file, for messages.
    package convenience init(parsing bytes: [UInt8], name: String) throws(ProviderError) {
        let json: JSON
        do {
            json = try JSON(parsing: bytes)
        } catch {
            throw ProviderError(.malformed, "The fake responses of \(name) are not JSON: \(error.message).", status: 0)
        }
        guard let replies = json.arrayValue else {
            throw ProviderError(.malformed, "\(name) holds no JSON array of replies.", status: 0)
        }
        self.init(replies)
    }

    /// The requests so far; the first 1,000 are kept.
    package var calls: [HTTPCall] { state.withLock { $0.calls } }

    package func send(_ call: HTTPCall) async throws(ProviderError) -> HTTPReply {
        if Task.isCancelled { throw ProviderError(.cancelled, "The request was cancelled.") }
        let reply = state.withLock { state in
            if state.calls.count < 1_000 { state.calls.append(call) }
            return state.replies.popFirst()
        }
        guard let reply else {
            throw ProviderError(.badRequest, "The fake responses are used up; add another reply to the file.")
        }
        if let error = reply["error"]?.stringValue.flatMap(ProviderError.Code.init(rawValue:)) {
            throw ProviderError(error, reply["message"]?.stringValue ?? "A fake failure.")
        }
        if let events = reply["events"]?.arrayValue {
            let bytes = FakeReply.bytes(events, url: call.url, isCut: reply["cut"]?.boolValue == true)
            return HTTPReply(
                status: 200, headers: HTTPFields([HTTPField("content-type", "text/event-stream")]),
                body: BytesSource(bytes, pieces: reply["pieces"]?.intValue.map { Int(clamping: $0) } ?? 65_536))
        }
        var fields: [HTTPField] = []
        for member in reply["headers"]?.objectValue ?? JSONObject() {
            fields.append(HTTPField(member.key, member.value.stringValue ?? member.value.text()))
        }
        let body = reply["body"].map { $0.stringValue ?? $0.text() } ?? ""
        return HTTPReply(
            status: reply["status"]?.intValue.map { Int(clamping: $0) } ?? 200, headers: HTTPFields(fields),
            body: BytesSource(Array(body.utf8)))
    }

    package func shutdown() async {}
}

/// Bytes that are already there, in pieces.
package final class BytesSource: ByteSource {
    private struct State {
        var rest: ArraySlice<UInt8>
        var error: ProviderError?
    }

    private let state: Mutex<State>
    private let pieces: Int

    /// - Parameter pieces: the size of a piece in bytes, at least 1.
    package init(_ bytes: [UInt8], pieces: Int = 65_536) {
        state = Mutex(State(rest: bytes[...]))
        self.pieces = max(1, pieces)
    }

    package func next() async throws(ProviderError) -> [UInt8]? {
        let (piece, error) = state.withLock { state -> ([UInt8], ProviderError?) in
            let piece = Array(state.rest.prefix(pieces))
            state.rest = state.rest.dropFirst(piece.count)
            return (piece, state.error)
        }
        if let error { throw error }
        return piece.isEmpty ? nil : piece
    }

    package func cancel(with error: ProviderError) { state.withLock { if $0.error == nil { $0.error = error } } }
}
