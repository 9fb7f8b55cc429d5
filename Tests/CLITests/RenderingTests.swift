import Support
import Testing

@testable import CLI

@Suite("Rendering")
struct RenderingTests {
    private func layout(_ columns: [OutputTable.Column], _ rows: [[String]], width: Int? = nil) -> String {
        TableLayout(
            OutputTable(columns: columns, rows: rows.map { OutputTable.Row(json: .null, cells: $0) }), width: width
        ).text
    }

    @Test("Columns line up, numbers at the right, no blanks at the end")
    func columns() {
        #expect(
            layout([.init("ID"), .init("N", isNumber: true), .init("T")], [["a", "5", "x"], ["long", "123", ""]])
                == "ID      N  T\na       5  x\nlong  123\n")
        #expect(layout([.init("ID")], []) == "")
    }

    @Test("Wide and combining characters count as the terminal counts them")
    func width() {
        #expect(TableLayout.width(of: "日本e\u{301}🙂") == 7)
        #expect(layout([], [["日本", "x"], ["abcd", "y"]]) == "日本  x\nabcd  y\n")
    }

    @Test("Only the flexible column is cut, and only for a terminal")
    func cutting() {
        let rows = [["id", String(repeating: "t", count: 40)]]
        let columns: [OutputTable.Column] = [.init("ID"), .init("TITLE", isFlexible: true)]
        #expect(
            layout(columns, rows, width: 30).split(separator: "\n").last == "id  \(String(repeating: "t", count: 25))…")
        #expect(layout(columns, rows).contains(String(repeating: "t", count: 40)))
    }

    @Test("Hostile cells cannot break lines or reach the terminal")
    func hostile() {
        let text = layout([], [["a\nb\u{1B}[31m\u{202E}\r", "c\u{9B}2J"]])
        #expect(text.split(separator: "\n").count == 1)
        #expect(
            !text.unicodeScalars.contains {
                $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E)
            })
    }

    @Test("Points in time")
    func time() {
        let now: Int64 = 1_795_000_000_000
        #expect(PointInTime.parse("7d", nowMs: now) == now - 604_800_000)
        #expect(PointInTime.parse("12h", nowMs: now) == now - 43_200_000)
        #expect(PointInTime.parse("2026-11-24T10:30:00Z", nowMs: now) == 1_795_516_200_000)
        #expect(PointInTime.parse("2026-11-24T11:30+01:00", nowMs: now) == 1_795_516_200_000)
        #expect(PointInTime.parse("2026-11-24T05:30:00.250-0500", nowMs: now) == 1_795_516_200_000)
        #expect(PointInTime.dayMs("1970-01-01") == 0 && PointInTime.dayMs("2000-03-01") == 951_868_800_000)
        for bad in [
            "", "d", "2026-13-01", "2026-02-30", "2026-1-1", "2026-11-24T25:00", "yesterday", "-3d", "2026-11-24T10",
            "7w",
        ] {
            #expect(PointInTime.parse(bad, nowMs: now) == nil, "\(bad)")
        }
    }

    @Test("Global options are only taken before the command")
    func leading() throws {
        var values = GlobalValues()
        let rest = try values.takeLeading(["--cwd", "a", "--print-logs", "--config=b", "run", "--cwd", "c"])
        #expect(rest == ["run", "--cwd", "c"])
        #expect(values.cwd == "a" && values.config == "b" && values.printLogs && !values.noColor)
    }

    @Test("JSON is asked for in three ways, not behind --")
    func jsonFlag() {
        #expect(
            OutputFormat.isJSON(["x", "--json"]) && OutputFormat.isJSON(["--format", "json"])
                && OutputFormat.isJSON(["--format=json"]))
        #expect(!OutputFormat.isJSON(["x", "--", "--json"]) && !OutputFormat.isJSON(["--format", "jsonl"]))
    }
}
