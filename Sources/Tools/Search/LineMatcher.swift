import Glibc
import Support

/// Says whether a line matches a pattern: byte search for plain text, POSIX `regexec` else. Not for concurrent use.
final class LineMatcher {
    /// Longest line given to the regular expression, bytes; what is behind does not count.
    static let lineLimitBytes = 256 * 1024

    private let literal: [UInt8]
    private var expression = regex_t()
    private let isCompiled: Bool

    /// Compiles the pattern of `query`.
    init(_ query: SearchQuery) throws(ToolError) {
        let special = Array("\\^$.[]|()*+?{}".utf8)
        let bytes = Array(query.pattern.utf8)
        guard query.ignoresCase || bytes.contains(where: special.contains) else {
            literal = bytes
            isCompiled = false
            return
        }
        literal = []
        let pattern: PosixPattern
        do throws(PosixPattern.Unsupported) {
            pattern = try PosixPattern(query.pattern)
        } catch {
            isCompiled = false
            throw .file(.invalid, error.message)
        }
        var flags = REG_EXTENDED
        if query.ignoresCase || pattern.ignoresCase { flags |= REG_ICASE }
        let code = regcomp(&expression, pattern.expression, flags)
        isCompiled = code == 0
        guard code == 0 else {
            var text = [UInt8](repeating: 0, count: 200)
            let size = text.count
            text.withUnsafeMutableBytes { buffer in
                _ = regerror(code, &expression, buffer.bindMemory(to: CChar.self).baseAddress, size)
            }
            let reason = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            throw .file(.invalid, "The pattern '\(query.pattern)' is not valid: \(reason). Correct it.")
        }
    }

    deinit {
        if isCompiled { regfree(&expression) }
    }

    /// The plain text that every matching line holds; nil for a regular expression.
    var literalToFind: ArraySlice<UInt8>? { isCompiled ? nil : literal[...] }

    /// True when `line`, without its line end, matches somewhere.
    func matches(_ line: ArraySlice<UInt8>) -> Bool {
        var text = line
        if text.last == 0x0D { text = text.dropLast() }
        guard isCompiled else { return !TextBytes.occurrences(of: literal[...], in: text, limit: 1).isEmpty }
        let size = min(text.count, Self.lineLimitBytes)
        guard size > 0 else {
            var range = regmatch_t(rm_so: 0, rm_eo: 0)
            return regexec(&expression, "", 1, &range, REG_STARTEND) == 0
        }
        return text.withUnsafeBytes { buffer in
            var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(size))
            return regexec(&expression, buffer.bindMemory(to: CChar.self).baseAddress, 1, &range, REG_STARTEND) == 0
        }
    }
}
