package import Testing

/// Gives all tests of a suite one PostgreSQL server, `PostgresServer.current`.
package struct PostgresTrait: SuiteTrait, TestTrait, TestScoping {
    /// The suite owns the server, its tests use it.
    package var isRecursive: Bool { false }

    @concurrent
    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await PostgresServer.with { server in
            try await PostgresServer.$current.withValue(server) { try await function() }
        }
    }
}

extension Trait where Self == PostgresTrait {
    /// Starts one server before the tests of a suite and ends it after them.
    package static var postgresServer: PostgresTrait { PostgresTrait() }
}

extension PostgresServer {
    /// The suite's server; throws when the suite lacks the trait.
    package static func shared() throws -> PostgresServer {
        guard let current else { throw TestSupportError("The suite needs the trait .postgresServer.") }
        return current
    }
}
