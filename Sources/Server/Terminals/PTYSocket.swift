import NIOCore
import NIOWebSocket
import PTY
import Schema
import Support
import Synchronization

/// One connection to a terminal.
///
/// Out goes what the attachment gives, as fast as the client takes it: the socket holds at most a frame and NIO's write
/// buffer. In comes what is typed; it waits when the program does not read. A ping every 20 s; a client that says nothing
/// for 60 s, or takes nothing for 30 s, is cut off. Close codes: 1000 the program ended or the terminal was removed, 1001
/// the server stops, 1002 and 1007 bad frames, 1008 a client that is too slow.
final class PTYSocket: Sendable {
    /// With it, binary frames are bytes both ways and text frames are JSON control.
    static let subprotocol = "codetether.pty"
    private static let pingEvery = Duration.seconds(20)
    private static let silenceNs: UInt64 = 60_000_000_000
    private static let stallNs: UInt64 = 30_000_000_000
    /// How long the client may take to answer our close.
    private static let farewell = Duration.seconds(2)
    /// Typed bytes that are handed on at a time.
    private static let piece = 65_536

    typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>
    typealias Inbound = NIOAsyncChannelInboundStream<WebSocketFrame>

    private struct State {
        var heardNs: UInt64
        /// Since when a write waits for the client.
        var writingNs: UInt64?
        var hasClosed = false
    }

    private enum Part: Sendable {
        case output
        case other
    }

    private let host: PTYHost
    private let id: String
    private let attachment: PTYAttachment
    private let role: PTYRole
    private let isBinary: Bool
    private let time: any TimeSource
    private let state: Mutex<State>

    init(
        host: PTYHost, id: String, attachment: PTYAttachment, role: PTYRole, isBinary: Bool, time: any TimeSource
    ) {
        self.host = host
        self.id = id
        self.attachment = attachment
        self.role = role
        self.isBinary = isBinary
        self.time = time
        state = Mutex(State(heardNs: time.uptimeNs()))
    }

    /// Runs until either side ends; then the terminal knows this connection no more.
    func run(_ channel: WebSocketChannel) async {
        hear()
        let connection = channel.channel
        try? await channel.executeThenClose { inbound, outbound in
            await withTaskGroup(of: Part.self) { group in
                group.addTask {
                    await self.send(outbound)
                    return .output
                }
                group.addTask {
                    await self.receive(inbound, outbound)
                    return .other
                }
                group.addTask {
                    await self.ping(outbound)
                    return .other
                }
                group.addTask {
                    await self.watch()
                    return .other
                }
                for await part in group {
                    guard case .output = part else { break }
                    group.addTask {
                        try? await self.time.sleep(for: Self.farewell)
                        return .other
                    }
                }
                group.cancelAll()
                // A write that waits for a client who does not read ends with the connection.
                connection.close(promise: nil)
            }
        }
        await attachment.close()
    }

    // MARK: Out

    private func send(_ outbound: Outbound) async {
        var text = UTF8Chunker()
        var exit: (code: Int, signal: Int?)?
        do {
            while exit == nil, let frame = await attachment.next() {
                switch frame {
                case .bytes(let bytes):
                    if isBinary {
                        try await write(outbound, .binary, bytes)
                    } else {
                        try await write(outbound, text: text.push(bytes))
                    }
                case .cursor(let cursor):
                    if isBinary {
                        try await write(outbound, json: ["type": "cursor", "cursor": .int(cursor)])
                    } else {
                        // What was sent, so not the bytes of a character that is still to come.
                        let control: JSON = ["cursor": .int(cursor - Int64(text.heldCount))]
                        try await write(outbound, .binary, [0] + control.bytes())
                    }
                case .gap(let from, let to):
                    if isBinary {
                        try await write(outbound, json: ["type": "gap", "from": .int(from), "to": .int(to)])
                    } else {
                        try await write(outbound, text: text.finish())
                    }
                case .exit(let code, let signal):
                    exit = (code, signal)
                    if isBinary {
                        try await write(
                            outbound,
                            json: [
                                "type": "exit", "code": .int(Int64(code)),
                                "signal": signal.map { .int(Int64($0)) } ?? .null,
                            ])
                    } else {
                        try await write(outbound, text: text.finish())
                    }
                }
            }
            guard !Task.isCancelled else { return }
            if let exit {
                return try await close(
                    outbound, .normalClosure,
                    exit.signal.map { "ended by signal \($0)" } ?? "exited with \(exit.code)")
            }
            switch await host.end(of: id) {
            case .removed: try await close(outbound, .normalClosure, "the terminal was removed")
            case .stopping: try await close(outbound, .goingAway, "the server is stopping")
            case .tooSlow: try await close(outbound, .policyViolation, "output was not read fast enough")
            }
        } catch {
            // The client is gone.
        }
    }

    private func write(_ outbound: Outbound, text: String) async throws {
        if !text.isEmpty { try await write(outbound, .text, Array(text.utf8)) }
    }

    private func write(_ outbound: Outbound, json: JSON) async throws {
        try await write(outbound, .text, json.bytes())
    }

    private func write(_ outbound: Outbound, _ opcode: WebSocketOpcode, _ bytes: [UInt8]) async throws {
        state.withLock { $0.writingNs = time.uptimeNs() }
        try await outbound.write(WebSocketFrame(fin: true, opcode: opcode, data: ByteBuffer(bytes: bytes)))
        state.withLock { $0.writingNs = nil }
    }

    /// Says why it ends, once.
    private func close(_ outbound: Outbound, _ code: WebSocketErrorCode, _ reason: String) async throws {
        let isFirst = state.withLock { state in
            defer { state.hasClosed = true }
            return !state.hasClosed
        }
        guard isFirst else { return }
        var data = ByteBuffer()
        data.write(webSocketErrorCode: code)
        data.writeString(reason)
        try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
    }

    // MARK: In

    private func receive(_ inbound: Inbound, _ outbound: Outbound) async {
        do {
            for try await frame in inbound {
                hear()
                switch frame.opcode {
                case .binary: try await type(Array(frame.unmaskedData.readableBytesView))
                case .text:
                    let bytes = Array(frame.unmaskedData.readableBytesView)
                    guard String(validating: bytes, as: UTF8.self) != nil else {
                        return try await close(outbound, .dataInconsistentWithMessage, "a text frame is not UTF-8")
                    }
                    if isBinary {
                        if let problem = await control(bytes) {
                            try await write(outbound, json: ["type": "error", "message": .string(problem)])
                        }
                    } else {
                        try await type(bytes)
                    }
                case .ping:
                    try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
                case .pong: continue
                case .connectionClose:
                    return try await close(outbound, .normalClosure, "")
                default:
                    return try await close(outbound, .protocolError, "there is no such frame")
                }
            }
        } catch {
            // The client is gone, or sent what is no WebSocket frame.
        }
    }

    /// Types; waits while the program does not read. What comes after its end is dropped.
    private func type(_ bytes: [UInt8]) async throws {
        guard role == .writer else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            do throws(PTYError) {
                try await host.write(id, Array(rest.prefix(Self.piece)))
                rest = rest.dropFirst(Self.piece)
            } catch {
                guard error.kind == .inputFull else { return }
                // Its pongs are behind what waits here.
                hear()
                try await time.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Does what a control message asks for; says what is wrong with it.
    private func control(_ bytes: [UInt8]) async -> String? {
        guard let json = try? JSON(parsing: bytes), let type = json["type"]?.stringValue else {
            return "A text frame must be a JSON object with \"type\"; send what is typed in binary frames."
        }
        guard type == "resize" else {
            return
                "There is no control message \"\(HostileText.escaped(String(type.prefix(64)), multiline: false))\"; known: resize."
        }
        guard role == .writer else { return "A viewer cannot change the size." }
        guard let rows = json["rows"]?.intValue, let columns = json["cols"]?.intValue else {
            return "resize needs the whole numbers \"rows\" and \"cols\"."
        }
        do throws(PTYError) {
            _ = try await host.update(id, size: try PTYSize(checking: rows, columns: columns))
            return nil
        } catch {
            return error.message
        }
    }

    // MARK: Watching

    private func hear() {
        state.withLock { $0.heardNs = time.uptimeNs() }
    }

    private func ping(_ outbound: Outbound) async {
        do {
            while true {
                try await time.sleep(for: Self.pingEvery)
                try await outbound.write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()))
            }
        } catch {
            // The client is gone.
        }
    }

    /// Returns when the client is silent or takes nothing for too long.
    private func watch() async {
        while (try? await time.sleep(for: .seconds(5))) != nil {
            let isOver = state.withLock { state in
                // Inside the lock: what is heard meanwhile must not lie in the future.
                let now = time.uptimeNs()
                return now &- state.heardNs > Self.silenceNs
                    || state.writingNs.map { now &- $0 > Self.stallNs } ?? false
            }
            if isOver { return }
        }
    }
}
