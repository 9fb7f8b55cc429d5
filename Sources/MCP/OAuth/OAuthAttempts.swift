package import Support

/// Logins that wait for a browser, for faces that do not wait themselves (the HTTP API).
///
/// At most `maxPending` wait at the same time; a new login at a server ends the one that was under way there. How an attempt ended
/// is known for as long as `maxKept` others have not come after it. An attempt ends by itself after 5 minutes.
package actor OAuthAttempts {
    /// Logins that may wait at the same time; another one ends the oldest.
    package static let maxPending = 16
    /// Attempts that are remembered.
    package static let maxKept = 64

    /// How an attempt stands.
    package enum Status: Sendable, Equatable {
        case pending
        case complete
        case failed(String)
        case expired
    }

    /// One login.
    package struct Attempt: Sendable {
        package var id: String
        /// What it is for: the server's name and directory.
        package var key: String
        /// Where the user logs in.
        package var url: String
        package var createdMs: Int64
        package var expiresMs: Int64
        package var status: Status
        fileprivate var flow: OAuthFlow
        fileprivate var started: OAuthFlow.Started
        fileprivate var task: Task<Void, Never>?
    }

    private let time: any TimeSource
    private var attempts: [Attempt] = []

    package init(time: any TimeSource) { self.time = time }

    /// Starts a login and returns without waiting for the browser.
    /// - Parameters:
    ///   - key: of the server; a login under way for the same is ended.
    ///   - redirectURI: where the browser goes afterwards, when that is not a port of its own on this machine.
    ///   - onDone: called when the login is stored.
    /// - Throws: what `OAuthFlow.start` throws.
    package func begin(
        key: String, flow: OAuthFlow, redirectURI: String?, onDone: @escaping @Sendable () async -> Void
    ) async throws(MCPError) -> Attempt {
        let started = try await flow.start(redirectURI: redirectURI)
        for old in attempts where old.key == key && old.status == .pending { await cancel(old.id) }
        let waiting = attempts.filter { $0.status == .pending }
        if waiting.count >= Self.maxPending, let oldest = waiting.first { await cancel(oldest.id) }
        if attempts.count >= Self.maxKept { attempts.removeFirst(attempts.count - Self.maxKept + 1) }
        let now = time.nowMs()
        let (seconds, _) = OAuthFlow.patience.components
        let attempt = Attempt(
            id: RandomText.make(), key: key, url: started.authorizationURL, createdMs: now,
            expiresMs: now + seconds * 1000, status: .pending, flow: flow, started: started)
        attempts.append(attempt)
        let task = Task { [weak self] in
            var status = Status.complete
            do throws(MCPError) {
                try await flow.finish(started)
                await onDone()
            } catch {
                status = error.metadata["expired"] == "true" ? .expired : .failed(error.message)
            }
            await self?.ended(attempt.id, status)
        }
        if let index = index(attempt.id) { attempts[index].task = task }
        return attempt
    }

    /// The attempt of an id and key; nil when there is none.
    package func attempt(_ id: String, key: String) -> Attempt? { attempts.first { $0.id == id && $0.key == key } }

    /// Hands in what the browser brought: the address it ended at, or the bare code. Returns when it was checked and stored, or not.
    /// - Returns: how the attempt stands now; nil when there is none that waits.
    package func complete(_ id: String, key: String, with text: String) async -> Status? {
        guard let attempt = attempt(id, key: key), attempt.status == .pending else { return nil }
        let isAddress = text.contains("?") || text.contains("=")
        let query =
            isAddress ? (text.contains("?") ? text : "?\(text)") : attempt.flow.answer(code: text, to: attempt.started)
        guard attempt.flow.paste(query, to: attempt.started) else { return .pending }
        await attempt.task?.value
        return self.attempt(id, key: key)?.status
    }

    /// The browser's way back to us: finds the login by its `state`, which nobody can guess. False when there is none.
    package func callback(query: String) -> Bool {
        let state = OAuthFlow.parameters(query)["state"] ?? ""
        let found = attempts.first {
            $0.status == .pending && RandomText.isEqual($0.started.state, state)
        }
        guard let found else { return false }
        return found.flow.paste("?\(query)", to: found.started)
    }

    /// Gives a login up; does nothing for one that is over.
    package func cancel(_ id: String) async {
        guard let index = index(id), attempts[index].status == .pending else { return }
        attempts[index].status = .failed("The login was given up.")
        attempts[index].task?.cancel()
        await attempts[index].flow.cancel(attempts[index].started)
    }

    /// Gives up what waits.
    package func stop() async { for attempt in attempts { await cancel(attempt.id) } }

    private func ended(_ id: String, _ status: Status) {
        guard let index = index(id), attempts[index].status == .pending else { return }
        attempts[index].status = status
    }

    private func index(_ id: String) -> Int? { attempts.firstIndex { $0.id == id } }
}
