import Agents
import Events
import Schema
import Sessions
import Support

/// The answer to a prompt as a stream: the admission, then the events of the execution that it belongs to, up to its
/// terminal one.
struct PromptStream {
    /// What of a session's events belongs to one admission.
    struct Filter {
        let id: String
        private(set) var isOver = false
        private var isLive = false
        private var start: [EventWriter.Frame] = []

        init(id: String) { self.id = id }

        /// The frames that an event adds.
        mutating func take(_ event: Event, _ frame: EventWriter.Frame) -> [EventWriter.Frame] {
            switch event.payload {
            case .sessionInboxEnqueued(let data): return data.inboxID == id || isLive ? [frame] : []
            case .sessionInboxCancelled(let data) where data.inboxID == id:
                isOver = true
                return [frame]
            case .sessionInboxDelivered(let data) where data.inboxID == id:
                isLive = true
                defer { start = [] }
                return start + [frame]
            case .sessionExecutionStarted where !isLive:
                start = [frame]
                return []
            case .sessionExecutionSucceeded, .sessionExecutionFailed, .sessionExecutionInterrupted:
                start = []
                guard isLive else { return [] }
                isOver = true
                return [frame]
            default: return isLive ? [frame] : []
            }
        }
    }

    /// The frames, one at a time.
    private actor Frames {
        private let stream: EventStream
        private var filter: Filter
        private var ready: [EventWriter.Frame] = []

        init(_ stream: EventStream, id: String) {
            self.stream = stream
            filter = Filter(id: id)
        }

        func next() async -> EventWriter.Frame? {
            while ready.isEmpty {
                guard !filter.isOver, let item = await stream.next() else { return nil }
                switch item {
                case .event(let event, let cursor): ready = filter.take(event, .event(event, id: cursor))
                case .gap, .synced: continue
                }
            }
            return ready.removeFirst()
        }
    }

    static func response(_ admission: Admission, _ context: RouteContext) async throws -> ServerResponse {
        let sessionID = admission.sessionID
        var admission = admission
        let isRepeat = admission.id != nil
        if admission.id == nil { admission.id = context.services.ids.next(.message) }
        let stream = try context.services.feed.all { $0.payload.sessionID == sessionID }
        let receipt: AdmissionReceipt
        do {
            receipt = try await Prompts.admit(admission, context)
        } catch {
            stream.cancel()
            throw error
        }
        let done = isRepeat ? try await isDone(receipt, context) : false
        if done {
            // The same prompt again, after its end: what is left to tell is that it is over.
            stream.cancel()
            let ended = Event(
                id: context.services.ids.next(.event), created: context.services.time.nowMs(),
                payload: .sessionIdle(.init(sessionID: sessionID)))
            let once = Once(.event(ended, id: nil))
            return EventWriter.response(context) { await once.take() }
        }
        let frames = Frames(stream, id: receipt.id)
        let runs = context.services.runs
        // A prompt that stays in the inbox has no execution: the stream must not wait for one.
        let parked = Task {
            do {
                try await runs.wait(for: receipt.id, in: sessionID)
            } catch {
                stream.cancel()
            }
        }
        return EventWriter.response(
            context, heartbeat: { EventRoutes.heartbeat(context.services) },
            finish: {
                parked.cancel()
                stream.cancel()
            }
        ) {
            await frames.next()
        }
    }

    private static func isDone(_ receipt: AdmissionReceipt, _ context: RouteContext) async throws -> Bool {
        let projection = try await context.services.sessions.projection(receipt.sessionID)
        return !projection.running && !projection.inbox.contains { $0.id == receipt.id }
    }

    private actor Once {
        private var frame: EventWriter.Frame?
        init(_ frame: EventWriter.Frame) { self.frame = frame }
        func take() -> EventWriter.Frame? {
            defer { frame = nil }
            return frame
        }
    }
}
