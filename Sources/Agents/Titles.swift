import Configuration
import Git
import Logging
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage
import Tools

/// Session titles.
///
/// A session gets its title from its first message at once, without a request. When `small_model` is configured, that model
/// writes a better one beside the first turn. No other provider ever sees the conversation for a title's sake.
package enum Titles {
    /// The longest title, in characters.
    package static let maximumLength = 60
    /// How long a finished run waits for its title.
    package static let patience: Duration = .seconds(3)

    /// The first line of a message, cut at a word.
    package static func provisional(for text: String) -> String {
        let line =
            text.split(whereSeparator: \.isNewline).lazy.map { trimmed($0) }.first { !$0.isEmpty } ?? "New session"
        guard line.count > maximumLength else { return line }
        let cut = line.prefix(maximumLength - 1)
        let words = cut.split(separator: " ").dropLast()
        let short = words.count > 2 ? words.joined(separator: " ") : String(cut)
        return short + "…"
    }

    /// What a model answered, as a title; nil when it is unusable.
    package static func cleaned(_ answer: String) -> String? {
        let line = answer.split(whereSeparator: \.isNewline).map { trimmed($0) }.first { !$0.isEmpty }
        guard var title = line else { return nil }
        while let first = title.first, "\"'`*#".contains(first) { title.removeFirst() }
        while let last = title.last, "\"'`*.".contains(last) { title.removeLast() }
        title = trimmed(title[...])
        return title.isEmpty ? nil : String(title.prefix(maximumLength))
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Execution {
    /// Asks the small model for a title, on the session's first prompt. Failures only leave the provisional title; a title that
    /// a person gave stays.
    func makeTitle() async {
        let provisional = Titles.provisional(for: input.text)
        guard lineage.depth == 0, let name = dependencies.config.smallModel, !input.text.isEmpty,
            let projection = try? await sessions.projection(sessionID), projection.messages.isEmpty,
            projection.info.title == provisional,
            let small = try? dependencies.models.resolve(name),
            let agent = dependencies.agents.first(where: { $0.name == "title" })
        else { return }
        let request = ModelRequest(
            model: small, system: [agent.prompt ?? ""],
            messages: [ModelMessage(role: .user, content: [.text(String(input.text.prefix(2_000)))])], tools: [],
            maxOutputTokens: 100, sessionID: sessionID)
        guard let answer = try? await complete(request), let title = Titles.cleaned(answer.text) else { return }
        let cost = Cost.of(answer.usage, small)
        result.overhead.add(answer.usage, cost: cost)
        var events: [EventPayload] = [
            .sessionUsageRecorded(.init(sessionID: sessionID, source: .title, cost: cost, tokens: answer.usage))
        ]
        if (try? await sessions.projection(sessionID))?.info.title == provisional {
            events.append(.sessionRenamed(.init(sessionID: sessionID, title: title)))
        }
        _ = try? await sessions.append(sessionID, events)
    }

    /// One request without tools, without retries, whose text is collected. At most 64 KiB of text.
    func complete(
        _ request: ModelRequest, onDelta: ((String) async -> Void)? = nil
    ) async throws(ProviderError) -> (text: String, usage: TokenUsage, finish: FinishReason) {
        let stream = try await dependencies.client.stream(request)
        var text = ""
        var usage = TokenUsage.zero
        var finish = FinishReason.unknown
        while let batch = try await stream.next() {
            for event in batch {
                switch event {
                case .textDelta(let delta):
                    guard text.utf8.count < 65_536 else { continue }
                    text += delta
                    await onDelta?(delta)
                case .usage(let counts): usage = counts
                case .finish(let reason, _): finish = reason
                default: continue
                }
            }
        }
        return (text, usage, finish)
    }
}
