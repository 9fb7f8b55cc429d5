import Crypto
import Support

/// A shared session as a page for people: read-only, without scripts, images or anything from elsewhere.
///
/// Everything in a share is foreign text: it is escaped, invisible and direction-changing characters become visible, and the
/// content security policy allows nothing but the page's own style.
enum SharePage {
    /// A longer page ends with a note.
    private static let maximumBytes = 4 << 20

    static let policy: String = {
        let hash = Base64.encode(Array(SHA256.hash(data: Array(style.utf8))))
        return
            "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }()

    /// - Parameter document: 2.1's `SessionTransferData`; what does not fit is passed over.
    static func html(_ document: JSON) -> String {
        let info = document["info"] ?? [:]
        let title = info["title"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "A shared session"
        var page = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <meta name="color-scheme" content="light dark">
            <title>\(escaped(title, multiline: false))</title>
            <style>\(style)</style>
            </head>
            <body>
            <header>
            <h1>\(escaped(title, multiline: false))</h1>
            <p class="facts">\(escaped(facts(info), multiline: false))</p>
            </header>
            <main>

            """
        let messages = document["messages"]?.arrayValue ?? []
        for (index, message) in messages.enumerated() {
            let part = article(message)
            guard page.utf8.count + part.utf8.count <= maximumBytes else {
                page +=
                    "<p class=\"note\">\(messages.count - index) messages more are not shown; import the session.</p>\n"
                break
            }
            page += part
        }
        if messages.isEmpty { page += "<p class=\"note\">There is nothing in it yet.</p>\n" }
        return page + """
            </main>
            <footer><p>Shared with codetether. Continue it: <code>codetether import</code> and this page’s address.</p></footer>
            </body>
            </html>

            """
    }

    private static func facts(_ info: JSON) -> String {
        var facts: [String] = []
        if let model = info["model"]?["id"]?.stringValue { facts.append(model) }
        if let agent = info["agent"]?.stringValue { facts.append(agent) }
        if let created = info["time"]?["created"]?.intValue, created > 0 { facts.append(day(created)) }
        return facts.joined(separator: " · ")
    }

    private static func article(_ message: JSON) -> String {
        let type = message["type"]?.stringValue ?? ""
        switch type {
        case "user":
            let files = (message["files"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            return section("user", "Prompt", text(message["text"]) + list(files))
        case "assistant":
            let parts = (message["content"]?.arrayValue ?? []).map(part).joined()
            let failure = error(message["error"])
            return parts.isEmpty && failure.isEmpty ? "" : section("assistant", "Answer", parts + failure)
        case "compaction": return section("other", "Summary", text(message["summary"]))
        case "shell":
            return section(
                "other", "Command",
                code(message["command"]?.stringValue ?? "") + code(message["output"]?["output"]?.stringValue ?? ""))
        case "idle":
            guard message["outcome"]?.stringValue != "succeeded" else { return "" }
            return section(
                "other", "Ended: \(message["outcome"]?.stringValue ?? "")", error(message["error"]))
        case "synthetic", "skill": return section("other", "Note", text(message["text"]))
        default: return ""
        }
    }

    private static func part(_ part: JSON) -> String {
        switch part["type"]?.stringValue {
        case "text": return text(part["text"])
        case "reasoning":
            let body = text(part["text"])
            return body.isEmpty ? "" : "<details><summary>Reasoning</summary>\(body)</details>\n"
        case "tool":
            let state = part["state"] ?? [:]
            let status = state["status"]?.stringValue ?? ""
            let input = state["input"].map { $0.stringValue ?? $0.text(.pretty) } ?? ""
            let output = (state["content"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
            return
                "<details class=\"tool\"><summary><b>\(escaped(part["name"]?.stringValue ?? "tool", multiline: false))</b> \(escaped(status, multiline: false))</summary>\(code(input))\(output.map(code).joined())\(error(state["error"]))</details>\n"
        default: return ""
        }
    }

    private static func section(_ kind: String, _ name: String, _ body: String) -> String {
        "<article class=\"\(kind)\"><h2>\(escaped(name, multiline: false))</h2>\n\(body)</article>\n"
    }

    private static func error(_ error: JSON?) -> String {
        guard let message = error?["message"]?.stringValue else { return "" }
        return "<p class=\"error\">\(escaped(message, multiline: true))</p>\n"
    }

    private static func list(_ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        return "<ul>" + names.map { "<li>\(escaped($0, multiline: false))</li>" }.joined() + "</ul>\n"
    }

    private static func code(_ text: String) -> String {
        text.isEmpty ? "" : "<pre>\(escaped(text, multiline: true))</pre>\n"
    }

    /// Prose as it is, what stands between lines of three backticks as code.
    private static func text(_ json: JSON?) -> String {
        guard let text = json?.stringValue, !text.isEmpty else { return "" }
        var html = ""
        var lines: [Substring] = []
        var isCode = false
        func flush() {
            let body = lines.joined(separator: "\n")
            lines = []
            if isCode {
                html += code(body)
            } else if !body.isEmpty {
                html += "<div class=\"text\">\(escaped(body, multiline: true))</div>\n"
            }
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.utf8.drop(while: { $0 == 0x20 }).starts(with: "```".utf8) {
                flush()
                isCode.toggle()
            } else {
                lines.append(line)
            }
        }
        flush()
        return html
    }

    /// Text that HTML takes as text, in elements and in quoted attributes.
    static func escaped(_ text: String, multiline: Bool) -> String {
        let safe = HostileText.escaped(text, multiline: multiline)
        guard safe.utf8.contains(where: { "&<>\"'".utf8.contains($0) }) else { return safe }
        var out: [UInt8] = []
        for byte in safe.utf8 {
            switch byte {
            case UInt8(ascii: "&"): out += "&amp;".utf8
            case UInt8(ascii: "<"): out += "&lt;".utf8
            case UInt8(ascii: ">"): out += "&gt;".utf8
            case UInt8(ascii: "\""): out += "&quot;".utf8
            case UInt8(ascii: "'"): out += "&#39;".utf8
            default: out.append(byte)
            }
        }
        return UTF8Text.lossy(out)
    }

    /// `2026-01-31`, UTC (Howard Hinnant's civil_from_days).
    private static func day(_ unixMs: Int64) -> String {
        let shifted = unixMs / 86_400_000 + 719_468
        let era = shifted / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))"
    }

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c1c1e;--paper:#fff;--soft:#f3f3f5;--line:#d9d9de;--faint:#5b5b63;--accent:#0a5bb5;--bad:#a4161a}
        @media (prefers-color-scheme:dark){:root{--ink:#e8e8ea;--paper:#161618;--soft:#222226;--line:#3a3a40;--faint:#a5a5ae;--accent:#7db7ff;--bad:#ff8f8f}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:52rem;padding:1.5rem 1rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
        h1{font-size:1.4rem;line-height:1.3;margin:0 0 .25rem;overflow-wrap:anywhere}
        h2{font-size:.8rem;letter-spacing:.04em;text-transform:uppercase;color:var(--faint);margin:0 0 .4rem}
        .facts,.note,footer{color:var(--faint);font-size:.9rem}
        article{border-top:1px solid var(--line);padding:1rem 0}
        .user .text{background:var(--soft);border-left:3px solid var(--accent);padding:.6rem .8rem;border-radius:4px}
        .text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}
        pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem;overflow-x:auto;font:.85rem/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
        details{margin:.4rem 0}
        summary{cursor:pointer;color:var(--faint);font-size:.9rem}
        summary:focus-visible{outline:2px solid var(--accent)}
        .error{color:var(--bad);white-space:pre-wrap}
        """
}
