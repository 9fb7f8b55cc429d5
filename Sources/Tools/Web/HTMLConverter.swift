import Support

/// Turns a page into markdown or plain text: headings, lists, links, code, quotes, tables, images. Linear in the size
/// of the page; nesting beyond 20 levels of lists and quotes is flattened.
package enum HTMLConverter {
    /// The page as markdown.
    package static func markdown(_ html: [UInt8]) -> String { convert(html, isMarkdown: true) }

    /// The page as text: the same lines without marks and addresses.
    package static func text(_ html: [UInt8]) -> String { convert(html, isMarkdown: false) }

    private static func convert(_ html: [UInt8], isMarkdown: Bool) -> String {
        var scanner = HTMLScanner(html)
        var writer = HTMLWriter(isMarkdown: isMarkdown)
        while let token = scanner.next() {
            switch token {
            case .text(let bytes): writer.text(bytes)
            case .open(let name, let attributes): writer.open(name, attributes)
            case .close(let name): writer.close(name)
            }
        }
        return writer.finish()
    }
}

/// Builds the lines of a converted page.
private struct HTMLWriter {
    private static let blocks: Set<String> = [
        "p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "form", "fieldset", "figure",
        "figcaption", "dl", "dt", "dd", "details", "summary", "address", "table", "thead", "tbody", "tfoot", "caption",
        "body", "html", "center",
    ]
    private static let levels = 20

    let isMarkdown: Bool
    private var out: [UInt8] = []
    /// Line ends owed before the next text.
    private var owed = 0
    private var hasSpace = false
    private var inPre = 0
    private var hidden = 0
    private var lists: [Int?] = []
    private var quotes = 0
    private var links: [[UInt8]?] = []
    private var cells = 0
    private var isHeaderRow = false

    init(isMarkdown: Bool) { self.isMarkdown = isMarkdown }

    mutating func text(_ bytes: ArraySlice<UInt8>) {
        guard hidden == 0 else { return }
        for byte in HTMLEntities.decoded(bytes) {
            if inPre > 0 {
                if byte == 0x0A { owed += 1 } else { put(byte, raw: true) }
            } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
                hasSpace = true
            } else {
                put(byte, raw: false)
            }
        }
    }

    mutating func open(_ name: String, _ attributes: ArraySlice<UInt8>) {
        if name == "head" { hidden += 1 }
        guard hidden == 0 else { return }
        switch name {
        case "br": owed = max(owed, 1)
        case "hr":
            block()
            mark("---")
            block()
        case "h1", "h2", "h3", "h4", "h5", "h6":
            block()
            mark(String(repeating: "#", count: Int(name.utf8.last ?? 0x31) - 0x30) + " ")
        case "ul", "ol":
            if lists.isEmpty { block() } else { line() }
            if lists.count < Self.levels { lists.append(name == "ol" ? 1 : nil) }
        case "li":
            line()
            mark(String(repeating: "  ", count: max(0, lists.count - 1)), isText: true)
            if let last = lists.indices.last, let number = lists[last] {
                mark("\(number). ", isText: true)
                lists[last] = number + 1
            } else {
                mark("- ", isText: true)
            }
        case "blockquote":
            block()
            if quotes < Self.levels { quotes += 1 }
        case "pre":
            block()
            mark("```")
            if isMarkdown { owed = max(owed, 1) }
            inPre += 1
        case "code" where inPre == 0: inline("`")
        case "b", "strong": inline("**")
        case "em", "i": inline("*")
        case "a":
            let target = HTMLScanner.attribute("href", in: attributes).map { HTMLEntities.decoded($0) }
            let isShown = isMarkdown && links.count < Self.levels && Self.isUseful(target)
            links.append(isShown ? target : nil)
            if isShown { inline("[") }
        case "img":
            let alt = HTMLScanner.attribute("alt", in: attributes).map { HTMLEntities.decoded($0) } ?? []
            if !alt.isEmpty {
                let source = HTMLScanner.attribute("src", in: attributes).map { HTMLEntities.decoded($0) }
                if isMarkdown, let source, Self.isUseful(source) {
                    inline("![")
                    for byte in alt { put(byte == 0x0A ? 0x20 : byte, raw: false) }
                    inline("](\(UTF8Text.lossy(source)))")
                } else {
                    for byte in alt { put(byte == 0x0A ? 0x20 : byte, raw: false) }
                }
            }
        case "tr":
            line()
            cells = 0
            isHeaderRow = false
        case "td", "th":
            if isMarkdown || cells > 0 { mark(cells == 0 ? "| " : " | ", isText: true) }
            cells += 1
            if name == "th" { isHeaderRow = true }
        default: if Self.blocks.contains(name) { block() }
        }
    }

    mutating func close(_ name: String) {
        if name == "head" || name == "body" { hidden = 0 }
        guard hidden == 0 else { return }
        switch name {
        case "h1", "h2", "h3", "h4", "h5", "h6": block()
        case "ul", "ol":
            if !lists.isEmpty { lists.removeLast() }
            if lists.isEmpty { block() } else { line() }
        case "li": line()
        case "blockquote":
            block()
            quotes = max(0, quotes - 1)
        case "pre":
            guard inPre > 0 else { return }
            inPre -= 1
            owed = min(owed, 1)
            line()
            mark("```")
            block()
        case "code" where inPre == 0: inline("`")
        case "b", "strong": inline("**")
        case "em", "i": inline("*")
        case "a":
            if let target = links.popLast() ?? nil { inline("](\(UTF8Text.lossy(target)))") }
        case "tr":
            if isMarkdown, cells > 0 {
                mark(" |", isText: true)
                if isHeaderRow {
                    line()
                    mark("|" + String(repeating: " --- |", count: min(cells, 100)))
                }
            }
            line()
        default: if Self.blocks.contains(name) { block() }
        }
    }

    mutating func finish() -> String {
        while let last = out.last, last <= 0x20 { out.removeLast() }
        return UTF8Text.lossy(out)
    }

    /// An address that helps a reader: no script, no fragment, not a whole image.
    private static func isUseful(_ target: [UInt8]?) -> Bool {
        guard let target, let first = target.first, first != 0x23, target.count <= 2_000 else { return false }
        let start = UTF8Text.lossy(target.prefix(11)).lowercased()
        return !start.hasPrefix("javascript:") && !start.hasPrefix("data:") && !target.contains(where: { $0 <= 0x20 })
    }

    private mutating func line() {
        owed = max(owed, 1)
        hasSpace = false
    }

    private mutating func block() {
        owed = max(owed, 2)
        hasSpace = false
    }

    /// A mark at the start of a line or cell.
    private mutating func mark(_ text: String, isText: Bool = false) {
        guard isMarkdown || isText else { return }
        for byte in text.utf8 { put(byte, raw: true) }
        hasSpace = false
    }

    /// A mark inside a line: a space before it stays before it.
    private mutating func inline(_ text: String) {
        guard isMarkdown, inPre == 0 else { return }
        for byte in text.utf8 { put(byte, raw: false) }
    }

    private mutating func put(_ byte: UInt8, raw: Bool) {
        if owed > 0 {
            if !out.isEmpty {
                while let last = out.last, last == 0x20, inPre == 0 { out.removeLast() }
                out.append(contentsOf: repeatElement(0x0A, count: inPre > 0 ? min(owed, 20) : min(owed, 2)))
            }
            owed = 0
            hasSpace = false
            if isMarkdown, quotes > 0 {
                for _ in 0..<quotes { out.append(contentsOf: [0x3E, 0x20]) }
            }
        }
        if hasSpace, !raw, let last = out.last, last != 0x0A, last != 0x20 { out.append(0x20) }
        hasSpace = false
        out.append(byte)
    }
}
