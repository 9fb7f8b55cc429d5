/// Lets no test hang: what has not ended after its time fails it, whether it answers to cancellation or not.
package enum Bounded {
    /// Runs `body` in a task of its own and waits for it.
    /// - Throws: what `body` throws, and `TestSupportError` when `limit` passed first; `body` is cancelled then and left alone.
    package static func run<Value: Sendable>(
        _ what: String = "The test", within limit: Duration = .seconds(300),
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let result = Watchable<Result<Value, any Error>?>(nil)
        let task = Task {
            do {
                let value = try await body()
                result.change { $0 = .success(value) }
            } catch {
                result.change { $0 = .failure(error) }
            }
        }
        guard await result.wait(atMost: limit, until: { $0 != nil }), let result = result.state else {
            task.cancel()
            throw TestSupportError("\(what) has not ended after \(limit).")
        }
        return try result.get()
    }
}
