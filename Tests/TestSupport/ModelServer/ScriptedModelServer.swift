import NIOCore
import NIOHTTP1
import NIOPosix
import Support
import Synchronization
package import Testing

/// A model that says what the test scripted, for all five protocols, on `127.0.0.1` and a free port.
///
/// Each request takes the first turn of the script that suits it. Requests without tools (titles, compaction) do not
/// touch the script unless `sideRequestsUseScript` is set: they get `sideTurn`. Every request is checked as a strict
/// provider would (`violations`), recorded, and answered; a request after the script's end gets 400 and is a violation.
package final class ScriptedModelServer: Sendable {
    private struct State {
        var script: [Turn]
        var checker: RequestChecker
        var requests: [RecordedRequest] = []
        var violations: [String] = []
        var aborted: Set<Int> = []
        var channels: [ObjectIdentifier: any Channel] = [:]
        var gates: [Gate] = []
    }

    private let state: Mutex<State>
    private let counts = Watchable(0)
    private let abortCounts = Watchable(0)
    private let sideTurn: Turn
    private let sideRequestsUseScript: Bool
    private let listener: any Channel

    /// The port it listens on.
    package let port: Int

    private init(
        _ script: [Turn], canary: String, wantsSameTools: Bool, sideTurn: Turn, sideRequestsUseScript: Bool
    ) async throws {
        state = Mutex(State(script: script, checker: RequestChecker(canary: canary, wantsSameTools: wantsSameTools)))
        self.sideTurn = sideTurn
        self.sideRequestsUseScript = sideRequestsUseScript
        let box = ServerBox()
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.backlog, value: 256)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true)
                    try channel.pipeline.syncOperations.addHandler(ModelServerHandler(box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
        box.server.withLock { $0 = WeakServer(self) }
    }

    /// Starts a server, hands it to `body`, stops it and, when `body` succeeded, expects that it saw nothing wrong.
    package static func withServer<Result: Sendable>(
        _ script: [Turn], canary: String = "", wantsSameTools: Bool = true, sideTurn: Turn = .text("Scripted title"),
        sideRequestsUseScript: Bool = false, at location: SourceLocation = #_sourceLocation,
        _ body: (ScriptedModelServer) async throws -> Result
    ) async throws -> Result {
        let server = try await ScriptedModelServer(
            script, canary: canary, wantsSameTools: wantsSameTools, sideTurn: sideTurn,
            sideRequestsUseScript: sideRequestsUseScript)
        do {
            let result = try await body(server)
            await server.stop()
            server.expectClean(at: location)
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Base URL for the protocol: everything before the path that the protocol adds.
    package func baseURL(_ wire: ModelProtocol) -> String { "http://127.0.0.1:\(port)\(wire.basePath)" }

    /// All model requests so far, in order of arrival.
    package var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Model requests that offered tools: the agent's own, without titles and compaction.
    package var agentRequests: [RecordedRequest] { requests.filter { !$0.tools.isEmpty } }

    /// Everything that was wrong with the requests, as sentences.
    package var violations: [String] { state.withLock { $0.violations } }

    /// Turns nobody has asked for yet.
    package var unusedTurns: Int { state.withLock { $0.script.count } }

    /// Forgets the violations seen so far, for tests that provoke them.
    package func forgetViolations() { state.withLock { $0.violations = [] } }

    /// Adds turns at the end of the script.
    package func append(_ turns: Turn...) { state.withLock { $0.script += turns } }

    /// Waits until `count` requests have come; false when they have not within `limit`.
    package func waitForRequests(_ count: Int, atMost limit: Duration = .seconds(20)) async -> Bool {
        await counts.wait(atMost: limit) { $0 >= count }
    }

    /// Waits until the client has closed the connection in the middle of a reply.
    package func waitForAbort(atMost limit: Duration = .seconds(20)) async -> Bool {
        await abortCounts.wait(atMost: limit) { $0 > 0 }
    }

    /// Records an issue for each violation.
    package func expectClean(at location: SourceLocation = #_sourceLocation) {
        for violation in violations { Issue.record("\(violation)", sourceLocation: location) }
    }

    private func stop() async {
        let (channels, gates) = state.withLock { (Array($0.channels.values), $0.gates) }
        for gate in gates { gate.open() }
        try? await listener.close().get()
        for channel in channels { try? await channel.close().get() }
    }

    // MARK: For the handler

    func opened(_ channel: any Channel) { state.withLock { $0.channels[ObjectIdentifier(channel)] = channel } }

    func closed(_ channel: any Channel) {
        state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    func aborted(_ request: Int) {
        state.withLock { _ = $0.aborted.insert(request) }
        abortCounts.change { $0 += 1 }
    }

    func violation(_ text: String) { state.withLock { $0.violations.append(text) } }

    /// Records and checks a request and says what to answer.
    func answer(_ head: HTTPRequestHead, _ body: [UInt8]) -> ServerReply {
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        let path = parts.first.map { percentDecoded(String($0)) } ?? ""
        let query = parts.count > 1 ? String(parts[1]) : ""
        if head.method == .GET, path.hasSuffix("/models") {
            let json: JSON = ["object": "list", "data": [["id": "m", "object": "model", "owned_by": "mock"]]]
            return ServerReply(
                status: 200, headers: [("content-type", "application/json")], parts: [.bytes(json.bytes())])
        }
        guard head.method == .POST, let (wire, modelInPath) = ModelProtocol.of(path: path) else {
            violation("\(head.method.rawValue) \(path) is no path of any protocol.")
            return failure(.openAIChat, 404, [], "No such path \(path).", request: nil)
        }
        if wire == .google, query != "alt=sse" { violation("Google's query is “\(query)”, not alt=sse.") }
        let json = (try? JSON(parsing: body)) ?? .null
        let model = modelInPath ?? json["model"]?.stringValue ?? ""
        let (turn, number) = state.withLock { state -> (Turn?, Int) in
            let request = RecordedRequest(
                index: state.requests.count, wire: wire, path: path, query: query,
                headers: head.headers.map { ($0.name, $0.value) }, body: body, json: json,
                conversation: ConversationReader.read(json, wire))
            state.requests.append(request)
            state.violations += state.checker.problems(of: request)
            if model.isEmpty { state.violations.append("Request \(request.index): the model is missing.") }
            if request.tools.isEmpty, !sideRequestsUseScript { return (sideTurn, request.index) }
            guard let place = state.script.firstIndex(where: { $0.matches?(request) ?? true }) else {
                state.violations.append("Request \(request.index): the script has no turn left for it.")
                return (nil, request.index)
            }
            let turn = state.script.remove(at: place)
            if case .stream(let pieces) = turn.reply {
                state.gates += pieces.compactMap { if case .gate(let gate) = $0 { gate } else { nil } }
            }
            return (turn, request.index)
        }
        counts.change { $0 += 1 }
        guard let turn else { return failure(wire, 400, [], "The script is at its end.", request: number) }
        return reply(turn, wire, model, number)
    }

    private func reply(_ turn: Turn, _ wire: ModelProtocol, _ model: String, _ number: Int) -> ServerReply {
        switch turn.reply {
        case .hangUp: return ServerReply(status: 0, headers: [], parts: [], request: number)
        case .raw(let status, let headers, let body):
            return ServerReply(status: status, headers: headers, parts: [.bytes(body)], request: number).shaped(turn)
        case .failure(let status, let headers, let message):
            return failure(wire, status, headers, message, request: number).shaped(turn)
        case .stream(let pieces):
            let (type, parts) = ReplyEncoder.encode(pieces, turn: turn, wire: wire, number: number, model: model)
            return ServerReply(
                status: 200, headers: [("content-type", type), ("cache-control", "no-cache")], parts: parts,
                request: number
            ).shaped(turn)
        }
    }

    private func failure(
        _ wire: ModelProtocol, _ status: Int, _ headers: [(name: String, value: String)], _ message: String,
        request: Int?
    ) -> ServerReply {
        let body = ReplyEncoder.errorBody(wire, status: status, message: message)
        let type = [(name: "content-type", value: "application/json")]
        return ServerReply(status: status, headers: type + headers, parts: [.bytes(body)], request: request)
    }

    private func percentDecoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What the handler writes. Status 0 closes the connection at once.
struct ServerReply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var parts: [BodyPart]
    var request: Int?
    /// Close instead of ending the body properly.
    var isCut = false

    /// The parts in the chunk size of the turn, and cut where it wants them cut.
    func shaped(_ turn: Turn) -> ServerReply {
        var copy = self
        if let size = turn.transportChunk {
            copy.parts = parts.flatMap { part -> [BodyPart] in
                guard case .bytes(let bytes) = part else { return [part] }
                return stride(from: 0, to: bytes.count, by: size).map {
                    .bytes(Array(bytes[$0..<min($0 + size, bytes.count)]))
                }
            }
        }
        if var left = turn.cutAfterBytes {
            copy.isCut = true
            copy.parts = copy.parts.compactMap { part in
                guard case .bytes(let bytes) = part else { return left > 0 ? part : nil }
                defer { left -= min(left, bytes.count) }
                return left > 0 ? .bytes(Array(bytes.prefix(left))) : nil
            }
        }
        return copy
    }
}

/// Breaks the cycle between the listening channel and its server.
struct WeakServer: Sendable {
    weak let value: ScriptedModelServer?
    init(_ value: ScriptedModelServer) { self.value = value }
}

/// Filled once the server listens.
final class ServerBox: Sendable {
    let server = Mutex<WeakServer?>(nil)
}
