import Support
import SystemPackage

/// What a commit does to files, written down before it starts so that the next holder of the lock can undo it (file `prepare`)
/// or, past its commit point, finish it (file `journal`). Both are the same bytes; renaming the first to the second commits.
struct CommitPlan: Equatable {
    /// A log and the size it had before.
    struct Append: Equatable {
        var aggregate: String
        var size: Int64
    }

    /// A staged file that becomes a record.
    struct Put: Equatable {
        var staged: String
        var key: RecordKey
    }

    var appends: [Append] = []
    var puts: [Put] = []
    var removes: [RecordKey] = []
    var removeAggregates: [String] = []
    var flushed = false

    private static let magic = "codetether-commit 1"

    /// Lines of fields that hold no spaces, then a line with their hash.
    var bytes: [UInt8] {
        var text = "\(Self.magic) \(flushed ? "flushed" : "buffered")\n"
        for append in appends { text += "append \(append.aggregate) \(append.size)\n" }
        for put in puts { text += "put \(put.staged) \(put.key.collection) \(put.key.id)\n" }
        for key in removes { text += "remove \(key.collection) \(key.id)\n" }
        for aggregate in removeAggregates { text += "drop \(aggregate)\n" }
        return Array(text.utf8) + Array("end \(SHA256Hash.hex(of: Array(text.utf8)))\n".utf8)
    }

    init() {}

    /// - Returns: nil for bytes that were not written to their end.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), text.hasSuffix("\n"),
            let end = text.range(ofLast: "end "),
            SHA256Hash.hex(of: Array(text[..<end.lowerBound].utf8)) == text[end.upperBound...].dropLast(),
            text.hasPrefix("\(Self.magic) ")
        else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\n")
        flushed = lines.first?.hasSuffix("flushed") ?? true
        for line in lines.dropFirst() {
            let fields = line.split(separator: " ").map(String.init)
            switch (fields.first, fields.count) {
            case ("append", 3):
                guard let size = Int64(fields[2]) else { return nil }
                appends.append(Append(aggregate: fields[1], size: size))
            case ("put", 4): puts.append(Put(staged: fields[1], key: RecordKey(fields[2], fields[3])))
            case ("remove", 3): removes.append(RecordKey(fields[1], fields[2]))
            case ("drop", 2): removeAggregates.append(fields[1])
            default: return nil
            }
        }
    }
}

extension String {
    /// The last occurrence of an ASCII text at the start of a line.
    fileprivate func range(ofLast text: String) -> Range<String.Index>? {
        let bytes = Array(utf8)
        let wanted = Array(text.utf8)
        var index = bytes.count - wanted.count
        while index >= 0 {
            if bytes[index..<(index + wanted.count)].elementsEqual(wanted),
                index == 0 || bytes[index - 1] == UInt8(ascii: "\n")
            {
                let start = utf8.index(startIndex, offsetBy: index)
                return start..<utf8.index(start, offsetBy: wanted.count)
            }
            index -= 1
        }
        return nil
    }
}
