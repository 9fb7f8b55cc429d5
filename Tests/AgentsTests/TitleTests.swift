import Testing

@testable import Agents

@Suite("Titles and dates")
struct TitleTests {
    @Test("the first line is the title, cut at a word")
    func provisional() {
        #expect(Titles.provisional(for: "\n  Fix the tests  \nplease") == "Fix the tests")
        let long = Titles.provisional(for: String(repeating: "word ", count: 40))
        #expect(long.count <= Titles.maximumLength)
        #expect(long.hasSuffix("word…"))
        #expect(Titles.provisional(for: "") == "New session")
    }

    @Test("quotes and stops around a model's title go")
    func cleaned() {
        #expect(Titles.cleaned("\"Fix the build.\"\nbecause") == "Fix the build")
        #expect(Titles.cleaned("  \n") == nil)
    }

    @Test("days are right across leap years and before 1970")
    func dates() {
        #expect(CivilDate(unixMs: 0).text == "1970-01-01")
        #expect(CivilDate(unixMs: 951_782_400_000).text == "2000-02-29")
        #expect(CivilDate(unixMs: 1_795_478_400_000).text == "2026-11-24")
        #expect(CivilDate(unixMs: -1).text == "1969-12-31")
    }
}
