package import Support
package import Testing

/// The default clock of a test: using it records an issue at the place where it was made, so that no test depends on
/// real time by accident. Give the code a `TestTime` instead.
package struct UnmockedTime: TimeSource {
    private let location: SourceLocation

    package init(at location: SourceLocation = #_sourceLocation) { self.location = location }

    package func nowMs() -> Int64 {
        Trap.record("the time (nowMs)", "TestTime", location)
        return 0
    }

    package func uptimeNs() -> UInt64 {
        Trap.record("the time (uptimeNs)", "TestTime", location)
        return 0
    }

    package func sleep(for duration: Duration) async throws {
        Trap.record("sleep(for: \(duration))", "TestTime", location)
        throw CancellationError()
    }
}

/// The default id source of a test: using it records an issue. Give the code a `TestIDs` instead.
package struct UnmockedIDs: IDSource {
    private let location: SourceLocation

    package init(at location: SourceLocation = #_sourceLocation) { self.location = location }

    package func next(_ prefix: IDPrefix) -> String {
        Trap.record("an id (\(prefix.rawValue))", "TestIDs", location)
        return prefix.rawValue + String(repeating: "0", count: 26)
    }
}

/// Something a test did not expect to be called at all.
package enum Trap {
    /// Records that `what` was used although the test gave nothing for it; `instead` names what it should give.
    package static func record(_ what: String, _ instead: String, _ location: SourceLocation = #_sourceLocation) {
        Issue.record(
            "The code under test used \(what), which this test does not provide. Pass a \(instead).",
            sourceLocation: location)
    }
}
