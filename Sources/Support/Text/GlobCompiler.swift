/// Turns a pattern into an automaton without empty steps (Glushkov's construction).
struct GlobCompiler {
    struct Automaton {
        var atoms: [Glob.Atom]
        var words: Int
        var next: [UInt64]
    }

    /// A part of the pattern: where it can begin, where it can end, whether it can be empty.
    private struct Part {
        var first: [Int] = []
        var last: [Int] = []
        var canBeEmpty = true
    }

    private let pattern: String
    private let scalars: [UInt32]
    private var position = 0
    private var atoms: [Glob.Atom] = []
    private var follow: [Set<Int>] = []

    init(_ pattern: String) {
        self.pattern = pattern
        scalars = pattern.unicodeScalars.map(\.value)
    }

    mutating func compile() throws(GlobError) -> Automaton {
        let whole = try sequence(depth: 0)
        let words = (atoms.count + 1 + 63) / 64
        var next = [UInt64](repeating: 0, count: (atoms.count + 1) * words)
        func set(_ row: Int, _ bit: Int) { next[row * words + bit >> 6] |= 1 << UInt64(bit & 63) }
        for atom in whole.first { set(0, atom) }
        if whole.canBeEmpty { set(0, atoms.count) }
        for (atom, followers) in follow.enumerated() {
            for follower in followers { set(atom + 1, follower) }
        }
        for atom in whole.last { set(atom + 1, atoms.count) }
        return Automaton(atoms: atoms, words: words, next: next)
    }

    private func peek(_ offset: Int = 0) -> UInt32? {
        scalars.indices.contains(position + offset) ? scalars[position + offset] : nil
    }

    private func error(_ reason: String) -> GlobError { GlobError(pattern: pattern, reason: reason) }

    /// Everything up to the end, or within braces (`depth` > 0) up to a comma or the closing brace.
    private mutating func sequence(depth: Int) throws(GlobError) -> Part {
        var whole = Part()
        while let scalar = peek() {
            switch scalar {
            case ",", "}":
                if depth > 0 { return whole }
                position += 1
                whole = join(whole, atom(.scalar(scalar)))
            case "{": whole = join(whole, try alternatives(depth: depth + 1))
            case "[": whole = join(whole, atom(try set()))
            case "?":
                position += 1
                whole = join(whole, atom(.anyInComponent))
            case "*": whole = join(whole, star())
            case "\\":
                guard let escaped = peek(1) else { throw error("ends with a backslash; double it") }
                position += 2
                whole = join(whole, atom(.scalar(escaped)))
            default:
                position += 1
                whole = join(whole, atom(.scalar(scalar)))
            }
        }
        return whole
    }

    private mutating func alternatives(depth: Int) throws(GlobError) -> Part {
        guard depth <= 16 else { throw error("nests braces more than 16 levels deep") }
        position += 1
        var whole = Part(canBeEmpty: false)
        while true {
            let part = try sequence(depth: depth)
            whole.first += part.first
            whole.last += part.last
            whole.canBeEmpty = whole.canBeEmpty || part.canBeEmpty
            guard let end = peek() else { throw error("has a { without }; write \\{ for a literal brace") }
            position += 1
            if end == "}" { return whole }
        }
    }

    /// `*`, or `**`, which is special only as a whole component.
    private mutating func star() -> Part {
        let start = position
        while peek() == "*" { position += 1 }
        let count = position - start
        let isAfterSeparator = start == 0 || ["/", "{", ","].contains(scalars[start - 1])
        let end = peek()
        guard count == 2, isAfterSeparator, end == nil || end == "/" || end == "}" || end == "," else {
            return loop(atom(.anyInComponent))
        }
        guard end == "/" else { return loop(atom(.any)) }
        // `**/` is "nothing, or anything that ends with a slash".
        position += 1
        var part = join(loop(atom(.any)), atom(.scalar(0x2F)))
        part.canBeEmpty = true
        return part
    }

    private mutating func set() throws(GlobError) -> Glob.Atom {
        position += 1
        var isNegated = false
        if peek() == "!" || peek() == "^" {
            isNegated = true
            position += 1
        }
        var ranges: [ClosedRange<UInt32>] = []
        while true {
            guard var low = peek() else { throw error("has a [ without ]; write \\[ for a literal bracket") }
            position += 1
            if low == "]", !ranges.isEmpty { return .set(ranges, isNegated: isNegated) }
            if low == "\\", let escaped = peek() {
                low = escaped
                position += 1
            }
            var high = low
            if peek() == "-", let end = peek(1), end != "]" {
                position += 2
                high = end
                if end == "\\", let escaped = peek() {
                    high = escaped
                    position += 1
                }
            }
            guard low <= high else { throw error("has a range in [] that runs backwards; swap its ends") }
            ranges.append(low...high)
        }
    }

    // MARK: Construction

    private mutating func atom(_ atom: Glob.Atom) -> Part {
        atoms.append(atom)
        follow.append([])
        return Part(first: [atoms.count - 1], last: [atoms.count - 1], canBeEmpty: false)
    }

    private mutating func link(_ from: [Int], _ to: [Int]) {
        for atom in from { follow[atom].formUnion(to) }
    }

    private mutating func join(_ left: Part, _ right: Part) -> Part {
        link(left.last, right.first)
        return Part(
            first: left.canBeEmpty ? left.first + right.first : left.first,
            last: right.canBeEmpty ? left.last + right.last : right.last,
            canBeEmpty: left.canBeEmpty && right.canBeEmpty)
    }

    private mutating func loop(_ part: Part) -> Part {
        link(part.last, part.first)
        return Part(first: part.first, last: part.last, canBeEmpty: true)
    }
}

/// Lets scalar values be compared with characters written as text.
private func ~= (pattern: Unicode.Scalar, value: UInt32) -> Bool { pattern.value == value }
private func == (value: UInt32?, scalar: Unicode.Scalar) -> Bool { value == scalar.value }
private func != (value: UInt32, scalar: Unicode.Scalar) -> Bool { value != scalar.value }
extension [Unicode.Scalar] {
    fileprivate func contains(_ value: UInt32) -> Bool { contains { $0.value == value } }
}
