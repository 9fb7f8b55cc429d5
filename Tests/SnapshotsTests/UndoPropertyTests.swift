import Glibc
import Testing

@Suite("Undo, whatever happened")
struct UndoPropertyTests {
    /// 24 cases; `CODETETHER_PROPERTY_CASES=5000` runs the long form, from the seed `CODETETHER_PROPERTY_FIRST` on.
    static let cases = number("CODETETHER_PROPERTY_CASES") ?? 24
    static let first = number("CODETETHER_PROPERTY_FIRST") ?? 0

    private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    @Test("random interleavings of two agents and a user: no user byte is lost, untouched files stay untouched")
    func interleavings() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<UInt64(2) {
                group.addTask {
                    for seed in stride(from: Self.first + worker, to: Self.first + Self.cases, by: 2) {
                        await Self.run(seed)
                    }
                }
            }
        }
    }

    private static func run(_ seed: UInt64) async {
        do {
            var property = try UndoProperty(seed: seed)
            try await property.run()
            #expect(property.problems.isEmpty, "\(property.problems.joined(separator: "\n"))")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
        guard cases > 100, seed % 100 < 2 else { return }
        print("undo property: seed \(seed) done")
    }
}
