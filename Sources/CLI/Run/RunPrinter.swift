import Agents
import Events
import Permissions
import Schema
import Support
import SystemPackage

/// Shows a run while it goes on: reads the bus, renders, writes in order.
final class RunPrinter: Sendable {
    private let sessionID: String
    private let format: RunCommand.RunFormat
    private let subscription: EventSubscription
    private let out = StreamOutput(.standardOutput, label: "codetether.stdout")
    private let errors: StreamOutput
    private let color: Bool

    /// - Parameter subscription: of the run's bus, made before the session.
    init(
        sessionID: String, format: RunCommand.RunFormat, subscription: EventSubscription, errors: StreamOutput,
        color: Bool
    ) {
        self.sessionID = sessionID
        self.format = format
        self.subscription = subscription
        self.errors = errors
        self.color = color
    }

    /// Everything that happens in this process belongs to the run. A printer that falls behind must not lose the end.
    static func subscription(_ bus: EventBus) -> EventSubscription {
        bus.subscribe(limit: 65_536, maxBytes: 256 << 20) { $0.payload.sessionID != nil }
    }

    /// True once the reader of stdout has gone away.
    var isClosed: Bool { out.isClosed }

    /// Shows events until `finish`.
    /// - Parameter onClosed: called once when the reader of stdout has gone away.
    func run(onClosed: @Sendable () -> Void) async {
        var renderer = RunRenderer(sessionID: sessionID, color: color)
        var told = false
        while let event = await subscription.next() {
            switch format {
            case .default:
                for chunk in renderer.render(event.payload) { await write(chunk) }
            case .jsonl:
                if let bytes = try? JSONEncoding.bytes(of: event) {
                    await out.write(String(decoding: bytes, as: UTF8.self) + "\n")
                }
            case .json: continue
            }
            if out.isClosed, !told {
                told = true
                onClosed()
            }
        }
        for chunk in renderer.endLine() { await write(chunk) }
    }

    /// No more events will come; `run` returns when those that came are shown.
    func finish() async { subscription.cancel() }

    /// Shows the result and how to continue.
    func conclude(_ result: ExecutionResult, status: ExitStatus) async throws {
        if status == .closedPipe { return }
        await tellDenials(result)
        switch format {
        case .default:
            if let error = result.error {
                await errors.write("Error: \(HostileText.escaped(error.message, multiline: true))\n")
            } else if result.outcome == .interrupted {
                await errors.write("Interrupted.\n")
            }
            await errors.write(
                "[Session: \(result.sessionID) | Continue with: codetether run -s \(result.sessionID) \"...\"]\n")
        case .json: await out.write(result.document.text(.pretty) + "\n")
        case .jsonl: break
        }
        if format != .default, let error = result.error {
            await errors.write("Error: \(HostileText.escaped(error.message, multiline: true))\n")
        }
    }

    /// What was denied and, for asks that nobody answered, the rule that would allow it; each once, at most ten.
    private func tellDenials(_ result: ExecutionResult) async {
        var told: Set<String> = []
        for denial in result.denials where told.count < 10 && told.insert(denial.message).inserted {
            await errors.write("Denied: \(HostileText.escaped(denial.message, multiline: false))\n")
        }
    }

    private func write(_ chunk: RunRenderer.Chunk) async {
        switch chunk.stream {
        case .out: await out.write(chunk.text)
        case .err: await errors.write(chunk.text)
        }
    }
}
