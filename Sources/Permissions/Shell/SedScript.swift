/// Scripts of sed that only print and change text.
enum SedScript {
    /// True when no command of the script runs a program or opens a file; false also for what is not understood.
    static func isHarmless(_ script: String) -> Bool {
        var scanner = Scanner(bytes: Array(script.utf8))
        return scanner.scan()
    }

    private struct Scanner {
        let bytes: [UInt8]
        var pos = 0

        var isAtEnd: Bool { pos >= bytes.count }
        func peek() -> UInt8 { pos < bytes.count ? bytes[pos] : 0 }

        mutating func scan() -> Bool {
            while true {
                skip(" \t\n;")
                if isAtEnd { return true }
                guard address() else { return false }
                skip(" \t!")
                let command = peek()
                pos += 1
                switch command {
                case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "="): break
                case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "g"), UInt8(ascii: "G"), UInt8(ascii: "h"),
                    UInt8(ascii: "H"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "p"), UInt8(ascii: "P"),
                    UInt8(ascii: "x"), UInt8(ascii: "z"), UInt8(ascii: "F"):
                    break
                case UInt8(ascii: "q"), UInt8(ascii: "Q"), UInt8(ascii: "l"):
                    skip(" ")
                    digits()
                case UInt8(ascii: "s"):
                    guard delimited(parts: 2) else { return false }
                    while !isAtEnd, "gpiImM0123456789".utf8.contains(peek()) { pos += 1 }
                case UInt8(ascii: "y"): guard delimited(parts: 2) else { return false }
                case UInt8(ascii: "a"), UInt8(ascii: "i"), UInt8(ascii: "c"):
                    // Text up to a line end without a backslash.
                    while !isAtEnd, peek() != 0x0A { pos += peek() == 0x5C ? 2 : 1 }
                    continue
                case UInt8(ascii: "b"), UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: ":"):
                    while !isAtEnd, peek() != 0x0A, peek() != 0x3B { pos += 1 }
                    continue
                default: return false
                }
                skip(" \t")
                guard isAtEnd || ";\n}{".utf8.contains(peek()) || command == UInt8(ascii: "{") else { return false }
            }
        }

        mutating func skip(_ set: String) { while !isAtEnd, set.utf8.contains(peek()) { pos += 1 } }
        mutating func digits() { while !isAtEnd, (0x30...0x39).contains(peek()) { pos += 1 } }

        mutating func address() -> Bool {
            guard oneAddress() else { return false }
            skip(" ")
            guard peek() == 0x2C else { return true }
            pos += 1
            skip(" ~+")
            return oneAddress()
        }

        mutating func oneAddress() -> Bool {
            switch peek() {
            case 0x30...0x39:
                digits()
                if peek() == UInt8(ascii: "~") {
                    pos += 1
                    digits()
                }
            case UInt8(ascii: "$"): pos += 1
            case UInt8(ascii: "/"):
                guard delimited(parts: 1) else { return false }
                skip("IM")
            case 0x5C: return false
            default: break
            }
            return true
        }

        /// `/…/` with one or two parts; the delimiter is the byte here.
        mutating func delimited(parts: Int) -> Bool {
            let delimiter = peek()
            guard !isAtEnd, delimiter != 0x5C, delimiter != 0x0A, delimiter < 0x80 else { return false }
            pos += 1
            for _ in 0..<parts {
                var inBracket = false
                while true {
                    guard !isAtEnd else { return false }
                    let byte = peek()
                    if byte == 0x5C {
                        pos += 2
                        continue
                    }
                    // A bracket could hide a delimiter or not: not understood.
                    if byte == 0x5B { inBracket = true }
                    if byte == 0x5D { inBracket = false }
                    if byte == delimiter {
                        guard !inBracket else { return false }
                        break
                    }
                    pos += 1
                }
                pos += 1
            }
            return pos <= bytes.count
        }
    }
}
