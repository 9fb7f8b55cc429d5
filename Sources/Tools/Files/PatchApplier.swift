import Support

/// Applies the hunks of one file to its bytes. Context lines keep the bytes they have in the file; added lines take the
/// file's dominant line end; a byte order mark and a missing last line end stay. Pure: nothing is changed on failure.
package enum PatchApplier {
    /// How the lines of a hunk were compared, strictest first.
    package enum Pass: Int, Sendable, CaseIterable {
        /// Byte for byte.
        case exact
        /// Without whitespace at the end.
        case trimmedEnd
        /// Without whitespace at both ends.
        case trimmed
        /// Trimmed, with typographic dashes, quotes and spaces as their ASCII forms.
        case unicodeNormalized
    }

    /// The result of applying hunks.
    package struct Result: Sendable, Equatable {
        /// The whole new file.
        package let bytes: [UInt8]
        /// Sentences about hunks that did not match exactly.
        package let notes: [String]
    }

    /// The bytes of a new file.
    package static func bytes(adding lines: [[UInt8]]) -> [UInt8] {
        lines.reduce(into: []) { result, line in
            result.append(contentsOf: line)
            result.append(0x0A)
        }
    }

    /// Applies `hunks`, which must be in the order of the file, to `file`. `path` is for messages.
    package static func apply(_ hunks: [Patch.Hunk], to file: [UInt8], path: String) throws(PatchError) -> Result {
        let text = FileText(file)
        let lines = TextLines(text.normalized)
        var replacements: [(range: Range<Int>, with: [UInt8])] = []
        var notes: [String] = []
        var position = 0
        for hunk in hunks {
            let start = try positionAfterHeaders(of: hunk, from: position, in: lines, path: path)
            let sought = hunk.lines.compactMap { line -> [UInt8]? in
                switch line {
                case .context(let text), .removed(let text): text
                case .added: nil
                }
            }
            guard !sought.isEmpty else {
                let place = hunk.headers.isEmpty || hunk.atEnd ? lines.count : start
                replacements += insertion(of: hunk, at: place, in: lines)
                position = start
                continue
            }
            let (found, pass) = try place(of: sought, hunk: hunk, from: start, in: lines, path: path)
            if pass != .exact {
                notes.append(
                    "\(path): the hunk at line \(hunk.patchLine) of the patch matched line \(found + 1) only when "
                        + (pass == .unicodeNormalized ? "whitespace and typographic characters were" : "whitespace was")
                        + " ignored.")
            }
            replacements += changes(of: hunk, at: found, in: lines)
            position = found + sought.count
        }
        return Result(bytes: text.replacing(merged(replacements)), notes: notes)
    }

    private static func positionAfterHeaders(
        of hunk: Patch.Hunk, from start: Int, in lines: TextLines, path: String
    ) throws(PatchError) -> Int {
        var position = start
        for header in hunk.headers {
            let wanted = [header]
            var found: Int?
            for pass in Pass.allCases where found == nil {
                found = matches(of: wanted, from: position, in: lines, pass: pass, limit: 1).first
            }
            // A header may name the start of a longer line, as in "def run(".
            if found == nil {
                let prefix = TextBytes.trimmed(header[...])
                found = (min(position, lines.count)..<lines.count).first {
                    TextBytes.trimmed(lines.line($0)).starts(with: prefix)
                }
            }
            guard let found else {
                throw PatchError(
                    message: "In \(path) there is no line '\(shown(header))' after line \(position), which the '@@' at "
                        + "line \(hunk.patchLine) of the patch names. Nothing was changed; read the file and correct "
                        + "the patch.")
            }
            position = found + 1
        }
        return position
    }

    private static func place(
        of sought: [[UInt8]], hunk: Patch.Hunk, from start: Int, in lines: TextLines, path: String
    ) throws(PatchError) -> (Int, Pass) {
        for pass in Pass.allCases {
            if hunk.atEnd {
                let end = lines.count - sought.count
                if end >= start, equal(sought, at: end, in: lines, pass: pass) { return (end, pass) }
                continue
            }
            let found = matches(of: sought, from: start, in: lines, pass: pass, limit: 11)
            guard let first = found.first else { continue }
            // Exact text means the first place after the hunk before it; a tolerant match has to be the only one.
            if pass == .exact || found.count == 1 { return (first, pass) }
            throw PatchError(
                message: "In \(path) the hunk at line \(hunk.patchLine) of the patch matches several places (lines "
                    + found.prefix(10).map { String($0 + 1) }.joined(separator: ", ")
                    + ") when whitespace is ignored. Nothing was changed; copy the lines exactly or add '@@' context.")
        }
        let first = sought.first { !TextBytes.trimmed($0[...]).isEmpty } ?? []
        let hint =
            matches(of: [first], from: 0, in: lines, pass: .trimmed, limit: 1).first
            .map { first.isEmpty ? "" : " Its first line is at line \($0 + 1) of the file." } ?? ""
        let place = hunk.atEnd ? " at the end of the file" : start > 0 ? " after line \(start)" : ""
        throw PatchError(
            message: "In \(path) the lines of the hunk at line \(hunk.patchLine) of the patch, starting with "
                + "'\(shown(first))', were not found\(place).\(hint) "
                + "Nothing was changed; read the file and correct the patch.")
    }

    private static func matches(
        of sought: [[UInt8]], from start: Int, in lines: TextLines, pass: Pass, limit: Int
    ) -> [Int] {
        guard lines.count - sought.count >= start else { return [] }
        var found: [Int] = []
        for position in start...(lines.count - sought.count) where equal(sought, at: position, in: lines, pass: pass) {
            found.append(position)
            if found.count >= limit { break }
        }
        return found
    }

    private static func equal(_ sought: [[UInt8]], at position: Int, in lines: TextLines, pass: Pass) -> Bool {
        for (offset, line) in sought.enumerated() {
            guard equal(line[...], lines.line(position + offset), pass: pass) else { return false }
        }
        return true
    }

    private static func equal(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>, pass: Pass) -> Bool {
        switch pass {
        case .exact: first == second
        case .trimmedEnd: TextBytes.trimmedEnd(first) == TextBytes.trimmedEnd(second)
        case .trimmed: TextBytes.trimmed(first) == TextBytes.trimmed(second)
        case .unicodeNormalized: asciiForm(first) == asciiForm(second)
        }
    }

    /// `line` trimmed, with typographic dashes, quotes and spaces as ASCII.
    static func asciiForm(_ line: ArraySlice<UInt8>) -> [UInt8] {
        guard line.contains(where: { $0 >= 0x80 }) else { return Array(TextBytes.trimmed(line)) }
        var result: [UInt8] = []
        for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x2010...0x2015, 0x2212: result.append(UInt8(ascii: "-"))
            case 0x2018...0x201B: result.append(UInt8(ascii: "'"))
            case 0x201C...0x201F: result.append(UInt8(ascii: "\""))
            case 0xA0, 0x2002...0x200A, 0x202F, 0x205F, 0x3000: result.append(0x20)
            default: result.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        return Array(TextBytes.trimmed(result[...]))
    }

    /// The replacements of a hunk found at line `start`: one for each run of removed and added lines.
    private static func changes(
        of hunk: Patch.Hunk, at start: Int, in lines: TextLines
    ) -> [(range: Range<Int>, with: [UInt8])] {
        var result: [(range: Range<Int>, with: [UInt8])] = []
        var line = start
        var removedFrom = start
        var added: [[UInt8]] = []
        func flush() {
            guard line > removedFrom || !added.isEmpty else { return }
            result.append(replacement(of: removedFrom..<line, with: added, in: lines))
            added = []
        }
        for item in hunk.lines {
            switch item {
            case .context:
                flush()
                line += 1
                removedFrom = line
            case .removed: line += 1
            case .added(let text): added.append(text)
            }
        }
        flush()
        return result
    }

    private static func insertion(
        of hunk: Patch.Hunk, at place: Int, in lines: TextLines
    ) -> [(range: Range<Int>, with: [UInt8])] {
        let added = hunk.lines.compactMap { line -> [UInt8]? in
            if case .added(let text) = line { text } else { nil }
        }
        return added.isEmpty ? [] : [replacement(of: place..<place, with: added, in: lines)]
    }

    /// Replaces whole lines. At the end of a file whose last line has no LF the new last line has none either.
    private static func replacement(
        of range: Range<Int>, with added: [[UInt8]], in lines: TextLines
    ) -> (range: Range<Int>, with: [UInt8]) {
        let reachesEnd = range.upperBound >= lines.count
        let unterminated = lines.count > 0 && !lines.endsWithLineFeed
        let end = reachesEnd ? lines.bytes.count : lines.ranges[range.upperBound].lowerBound
        var start = range.lowerBound < lines.count ? lines.ranges[range.lowerBound].lowerBound : lines.bytes.count
        guard reachesEnd, unterminated else { return (start..<end, bytes(adding: added)) }
        if added.isEmpty {
            // The line before becomes the last one and loses its LF with the lines that go.
            if range.lowerBound > 0 { start -= range.lowerBound < lines.count ? 1 : 0 }
            return (start..<end, [])
        }
        var text = Array(bytes(adding: added).dropLast())
        if range.lowerBound >= lines.count { text.insert(0x0A, at: 0) }
        return (start..<end, text)
    }

    /// Joins replacements that touch, so that ranges are ascending and disjoint.
    private static func merged(
        _ all: [(range: Range<Int>, with: [UInt8])]
    ) -> [(range: Range<Int>, with: [UInt8])] {
        let ordered = all.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        return ordered.map(\.element).reduce(into: []) { result, next in
            if let last = result.last, last.range.upperBound == next.range.lowerBound,
                next.range.isEmpty || last.range.isEmpty
            {
                result[result.count - 1] = (last.range.lowerBound..<next.range.upperBound, last.with + next.with)
            } else {
                result.append(next)
            }
        }
    }

    private static func shown(_ line: [UInt8]) -> String { String(decoding: line.prefix(80), as: UTF8.self) }
}
