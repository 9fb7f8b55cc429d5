import Glibc
import Testing

@Suite("Undo, whatever happened")
struct UndoPropertyTests {
    /// 24 cases; `CODETETHER_PROPERTY_CASES=5000` runs the long form.
    static let cases = getenv("CODETETHER_PROPERTY_CASES").flatMap { UInt64(String(cString: $0)) } ?? 24

    @Test("random interleavings of two agents and a user: no user byte is lost, untouched files stay untouched")
    func interleavings() async throws {
        for seed in 0..<Self.cases {
            var property = try UndoProperty(seed: seed)
            try await property.run()
            #expect(property.problems.isEmpty, "\(property.problems.joined(separator: "\n"))")
        }
    }
}
