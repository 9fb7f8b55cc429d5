import Permissions
import Testing

/// Random shell text that is the same at every run.
private struct ShellGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    private mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    private mutating func pick(_ values: [String]) -> String { values[below(values.count)] }

    private mutating func word(_ depth: Int) -> String {
        if depth <= 0 || below(2) == 0 {
            return pick([
                "x", "-f", "'a;b'", "\"c d\"", "\\ ", "$X", "\"$X\"", "*", "~", "{p,q}", "$'\\x41'", "${X:-y}",
                "$((1+2))", "''", "#h", "!",
            ])
        }
        switch below(5) {
        case 0: return "$(" + list(depth - 1) + ")"
        case 1: return "\"$(" + list(depth - 1) + ")\""
        case 2: return "${X:-$(" + list(depth - 1) + ")}"
        case 3: return "<(" + list(depth - 1) + ")"
        default: return "`rm y`"
        }
    }

    private mutating func simple(_ depth: Int) -> String {
        var parts = [
            pick([
                "rm", "ls", "git log", "'cat'", "env A=1 rm", "timeout 5 ls", "sh -c 'rm x'", "xargs rm",
                "find . -exec rm {} \\;",
            ])
        ]
        if below(6) == 0 { parts.insert(pick(["A=1", "B=$(rm q)"]), at: 0) }
        for _ in 0..<below(3) { parts.append(word(depth)) }
        if below(4) == 0 { parts.append(pick(["> o", "2>&1", "< i", "<<< z", "&> p", ">> q"])) }
        return parts.joined(separator: " ")
    }

    private mutating func command(_ depth: Int) -> String {
        guard depth > 0 else { return simple(depth) }
        switch below(9) {
        case 0: return "(" + list(depth - 1) + ")"
        case 1: return "{ " + list(depth - 1) + "; }"
        case 2: return "if " + list(depth - 1) + "; then " + list(depth - 1) + "; fi"
        case 3: return "for v in 1 2; do " + list(depth - 1) + "; done"
        case 4: return "case x in a) " + list(depth - 1) + ";; esac"
        case 5: return "[[ -n x && $X == y ]]"
        case 6: return simple(0) + " <<E\n$(rm h)\nE\n"
        default: return simple(depth)
        }
    }

    mutating func list(_ depth: Int) -> String {
        var text = command(depth)
        while below(3) == 0 { text += pick(["; ", " && ", " || ", " | ", "\n", " & "]) + command(depth) }
        return text
    }

    /// Changes a few characters, so that most of the result is nearly a command.
    mutating func mutated(_ text: String) -> String {
        var bytes = Array(text.utf8)
        let alphabet = Array("$(){}[]'\"`\\\n;&|<> #!*?~=rmE0-\u{1}\u{7F}é".utf8)
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            if below(2) == 0, place < bytes.count {
                bytes.remove(at: place)
            } else {
                bytes.insert(alphabet[below(alphabet.count)], at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite("Shell analysis of random text")
struct ShellFuzzTests {
    private struct NoFiles: ShellFiles {
        func place(_ path: String) -> ShellPlace { .outside(path) }
        func names(in directory: String) -> [String]? { [] }
        func exists(_ path: String) -> Bool { false }
    }

    @Test("10,000 random texts are taken apart or not, without a trap, and ranges stay inside", arguments: 0..<4)
    func random(part: UInt64) {
        var generator = ShellGenerator(seed: 7 + part)
        var parsed = 0
        for index in 0..<2_500 {
            var text = generator.list(index % 4)
            if index % 2 == 1 { text = generator.mutated(text) }
            let plan = ShellPlan(text)
            let effects = ShellEffects(plan, directory: "/ws", home: "/h", files: NoFiles())
            if plan.unparsable == nil { parsed += 1 }
            for invocation in plan.invocations {
                if invocation.command.range.upperBound > text.utf8.count { Issue.record("outside: \(text)") }
                _ = ShellReadOnly.isReadOnly(invocation)
                _ = ShellSaved.pattern(invocation)
            }
            _ = effects.doubts
        }
        #expect(parsed > 1_250)
    }

    @Test("the time grows with the length only")
    func linear() {
        let shapes: [(String, String, String)] = [
            ("", "a;", ""), ("echo ", "$(a) ", ""), ("echo \"", "x$a", "\""), ("cat <<E\n", "$(a)\n", "E"),
            ("", "((a+1)); ", "a"),
            ("echo ", "{a,b}", ""), ("echo ", "{", ""), ("echo ", "`a` ", ""), ("", "a|", "b"), ("", "x[", ""),
            ("sed '", "s/a/b/;", "'"),
            ("cat ", "* ", ""), ("", "cd d; ", "a"), ("rm ", "x ", ""), ("cat <<E\n", "a\\\n", "\nE"),
            ("f() { ", "a; ", "}"),
        ]
        let clock = ContinuousClock()
        for (start, part, end) in shapes {
            func time(_ bytes: Int) -> Duration {
                let text = start + String(repeating: part, count: bytes / part.utf8.count) + end
                return clock.measure {
                    let plan = ShellPlan(text)
                    _ = ShellEffects(plan, directory: "/ws", home: "/h", files: NoFiles())
                }
            }
            _ = time(1_000)
            let short = time(4_000)
            let long = time(32_000)
            // Eight times the text: quadratic would be 64 times the time. Small absolute times are noise.
            #expect(long < max(short * 40, .milliseconds(1_000)), "\(part): \(short) and \(long)")
        }
    }
}
