import Support
import Testing

@testable import Tools

@Suite("Search rules")
struct FilesSearchRulesTests {
    @Test("the last matching rule of the nearest file wins")
    func ignoreRules() {
        let rules = IgnoreRules()
            .adding(Array("# note\n*.log\n!keep.log\n/build/\nnode_modules/\ndocs/*.tmp\n{x}.txt\n".utf8), in: [])
            .adding(Array("!special.log\nlocal\n".utf8), in: Array("sub".utf8))
        func ignored(_ path: String, directory: Bool = false) -> Bool {
            rules.isIgnored(Array(path.utf8), isDirectory: directory)
        }
        #expect(ignored("a.log"))
        #expect(ignored("deep/er/a.log"))
        #expect(!ignored("keep.log"))
        #expect(ignored("build", directory: true))
        #expect(!ignored("build"))
        #expect(!ignored("src/build", directory: true))
        #expect(ignored("src/node_modules", directory: true))
        #expect(ignored("docs/a.tmp"))
        #expect(!ignored("docs/deep/a.tmp"))
        #expect(!ignored("sub/special.log"))
        #expect(ignored("special.log"))
        #expect(ignored("sub/x/local"))
        #expect(!ignored("local"))
        #expect(ignored("{x}.txt"))
        #expect(!ignored("x.txt"))
    }

    @Test(
        "model patterns become POSIX ones",
        arguments: [
            ("needle\\d+", "needle[0-9]+"), ("(?:a|b)\\w*?x", "(a|b)\\w*x"), ("[\\w\\]-]+", "[][:alnum:]_-]+"),
            ("[^\\s]", "[^[:space:]]"), ("a{2}", "a{2}"), ("f(){", "f()\\{"), ("[a^]", "[a^]"), ("\\/x\\.", "/x\\."),
        ])
    func posix(pattern: String, expected: String) throws {
        #expect(try PosixPattern(pattern).expression == expected)
    }

    @Test("what POSIX cannot do is refused", arguments: ["(?=x)", "(a)\\1", "a\\nb", "[a", "\\p{L}", "x\\", "(?<n>a)"])
    func unsupported(pattern: String) {
        #expect(throws: PosixPattern.Unsupported.self) { try PosixPattern(pattern) }
    }

    @Test("lines match as their pattern says")
    func lineMatcher() throws {
        func matches(_ pattern: String, _ line: String) throws -> Bool {
            try LineMatcher(SearchQuery(pattern: pattern)).matches(Array(line.utf8)[...])
        }
        #expect(try matches("needle\\d+$", "a needle42\r"))
        #expect(try !matches("needle\\d+$", "a needle42 "))
        #expect(try matches("plain", "some plain text"))
        #expect(try matches("(?i)PLAIN", "some plain text"))
        #expect(try matches("^$", ""))
        #expect(try matches("\\bfn\\b", "pub fn x"))
        #expect(try !matches("\\bfn\\b", "pub fnx"))
        #expect(throws: ToolError.self) { try matches("(", "x") }
    }

    @Test("a pattern that backtracks elsewhere is answered at once")
    func noBacktracking() throws {
        let matcher = try LineMatcher(SearchQuery(pattern: "(a+)+b"))
        #expect(!matcher.matches(Array(repeating: UInt8(ascii: "a"), count: 5_000)[...]))
    }

    @Test("files with secrets are known by name")
    func sensitive() {
        for name in [".env", ".env.local", "prod.env"] { #expect(SensitiveFiles.contains(name: Array(name.utf8))) }
        for name in [".env.example", "environment.ts", "env", ".envrc"] {
            #expect(!SensitiveFiles.contains(name: Array(name.utf8)))
        }
    }

    @Test("hits are read from output in any pieces")
    func outputParser() {
        let output = Array("./a.swift\u{0}12:let x = 1\r\n./b c/d\u{0}3:\tvalue: 2\nbinary file matches\n".utf8)
        for size in 1...output.count {
            var parser = SearchOutputParser(prefix: Array("src/".utf8))
            var hits: [SearchHit] = []
            var start = 0
            while start < output.count {
                let end = min(output.count, start + size)
                parser.push(Array(output[start..<end])) { hits.append($0) }
                start = end
            }
            #expect(
                hits == [
                    SearchHit(path: Array("src/a.swift".utf8), line: 12, text: Array("let x = 1\r".utf8)),
                    SearchHit(path: Array("src/b c/d".utf8), line: 3, text: Array("\tvalue: 2".utf8)),
                ])
        }
    }

    @Test("a hit is shown without its line end, cut, and with control characters visible")
    func shownHit() {
        let hit = SearchHit(path: [], line: 1, text: Array("a\u{1B}[31mb\r".utf8))
        #expect(!hit.shown.utf8.contains(0x1B) && !hit.shown.utf8.contains(0x0D))
        let long = SearchHit(path: [], line: 1, text: Array(String(repeating: "é", count: 2_001).utf8))
        #expect(long.shown == String(repeating: "é", count: 2_000) + "...")
    }

    @Test("only the newest hits are kept and all are counted")
    func groups() {
        let groups = MatchGroups(limit: 10) { path in Int64(path.last ?? 0) }
        for file in 0..<60 {
            for line in 1...3 { groups.add(SearchHit(path: [UInt8(file)], line: line, text: [0x78])) }
        }
        let (shown, hits, files) = groups.result()
        #expect(hits == 180)
        #expect(files == 60)
        #expect(shown.map(\.path) == [[59], [58], [57], [56]])
        #expect(shown.map(\.hits.count) == [3, 3, 3, 1])
    }

    @Test("the newest values are kept whatever their order")
    func newest() {
        var random = SeededGenerator(seed: 9)
        var newest = NewestFirst<Int>(limit: 5)
        for value in (0..<1_000).shuffled(using: &random) { newest.add(value, mtimeNs: Int64(value)) }
        #expect(newest.sorted == [999, 998, 997, 996, 995])
        #expect(newest.total == 1_000)
    }

    @Test(
        "definitions are told from uses",
        arguments: [
            ("func parse(_ x: Int) {", true), ("let y = parse(x)", false), ("def parse(self):", true),
            ("func (p *T) parse(x int) error {", true), ("class parse extends B {", true), ("return parse(x) {", false),
            ("int parse(char *s) {", true), ("const parse = (x) => x", true), ("parse(x)", false),
            ("#define parse 1", true),
            ("if parse(x) {", false), ("  parse(x) {", true),
        ])
    func definitions(line: String, expected: Bool) throws {
        let query = try #require(CodeQuery("parse"))
        #expect(query.score(line: Array(line.utf8), path: Array("a.x".utf8)).isDefinition == expected)
    }

    @Test("definitions rank over uses, code over tests, whole words over parts")
    func ranking() throws {
        let query = try #require(CodeQuery("where is the UserStore defined"))
        #expect(query.terms.map { String(decoding: $0, as: UTF8.self) } == ["UserStore", "defined"])
        let single = try #require(CodeQuery("userstore"))
        #expect(single.ignoresCase)
        func score(_ line: String, _ path: String) -> Int {
            single.score(line: Array(line.utf8), path: Array(path.utf8)).score
        }
        #expect(score("struct UserStore {", "a.swift") > score("let s = UserStore()", "a.swift"))
        #expect(score("let s = UserStore()", "a.swift") > score("let s = UserStore()", "tests/a.swift"))
        #expect(score("let s = UserStore()", "a.swift") > score("let s = UserStores()", "a.swift"))
        #expect(score("nothing", "a.swift") == 0)
        #expect(CodeQuery(" - ") == nil)
    }
}
