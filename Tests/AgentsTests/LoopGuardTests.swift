import Support
import Testing

@testable import Agents

@Suite("Loop guards")
struct LoopGuardTests {
    @Test("the third identical call in a row is noticed, with period 1")
    func identical() {
        var doom = DoomLoopGuard()
        #expect(doom.record(tool: "bash", input: ["command": "ls"]) == nil)
        #expect(doom.record(tool: "bash", input: ["command": "ls"]) == nil)
        #expect(doom.record(tool: "bash", input: ["command": "ls"]) == 1)
    }

    @Test("a cycle of up to four calls is noticed when it closes for the third time", arguments: 1...4)
    func cycles(period: Int) {
        var doom = DoomLoopGuard()
        var noticed: [Int] = []
        for index in 0..<(period * 3) {
            let found = doom.record(tool: "read", input: ["filePath": .string("f\(index % period)")])
            if let found { noticed.append(found) }
        }
        #expect(noticed == [period])
    }

    @Test("different inputs and a period of five are no loop")
    func noLoop() {
        var doom = DoomLoopGuard()
        for index in 0..<60 { #expect(doom.record(tool: "read", input: ["n": .int(Int64(index % 5))]) == nil) }
    }

    @Test("the order of keys does not hide a repeat")
    func keyOrder() {
        var doom = DoomLoopGuard()
        _ = doom.record(tool: "t", input: ["a": 1, "b": 2])
        _ = doom.record(tool: "t", input: ["b": 2, "a": 1])
        #expect(doom.record(tool: "t", input: ["a": 1, "b": 2]) == 1)
    }

    @Test("a model that streams the same lines without end is noticed, a list is not")
    func repetition() {
        var repeating = RepetitionGuard()
        for _ in 0..<40 { repeating.receive("I will now do the thing.\nLet me do the thing now.\n") }
        #expect(repeating.isRepeating)
        var list = RepetitionGuard()
        for index in 0..<200 { list.receive("- entry number \(index) of the list\n") }
        #expect(!list.isRepeating)
    }
}
