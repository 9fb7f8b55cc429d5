import Support
package import SystemPackage

/// The journal as a value: who changed what in which order, and what was undone since.
package struct JournalView: Sendable {
    /// The effect of an entry on one path.
    package struct Effect: Hashable, Sendable {
        /// The entry.
        package var entry: String
        /// The path.
        package var path: FilePath
    }

    /// The calls that changed files or may have, oldest first. Calls that took everything back are left out.
    package private(set) var entries: [JournalEntry] = []
    /// Undo, redo, revert and restore, oldest first.
    package private(set) var undos: [JournalUndo] = []
    /// What is undone now.
    package private(set) var undone: Set<Effect> = []
    /// What an undo looked at and kept, because somebody else's bytes are there.
    package private(set) var kept: Set<Effect> = []
    /// What calls of two owners did to a path at the same time: it belongs to neither.
    package private(set) var shared: Set<Effect> = []

    init(lines: [JSON]) {
        var begins: [String: Int] = [:]
        var indexes: [String: Int] = [:]
        var undoIndexes: [String: Int] = [:]
        var undoSpans: [ClosedRange<Int>] = []
        var failed: Set<String> = []
        for (ordinal, line) in lines.enumerated() {
            guard let id = line["id"]?.stringValue else { continue }
            switch line["t"]?.stringValue {
            case "begin":
                guard let call = JournalCall(line) else { continue }
                begins[id] = ordinal
                indexes[id] = entries.count
                entries.append(
                    JournalEntry(
                        id: id, call: call, timeMs: line["time"]?.intValue ?? 0, files: [], folders: [],
                        span: ordinal...ordinal, isConfirmed: false,
                        notice: "The command was cut off; what it had changed by then is not known."))
            case "write", "command":
                guard let call = JournalCall(line) else { continue }
                let start = begins[id] ?? ordinal
                let entry = JournalEntry(
                    id: id, call: call, timeMs: line["time"]?.intValue ?? 0,
                    files: line["files"]?.arrayValue?.compactMap { JournalFile($0) } ?? [],
                    folders: line["dirs"]?.arrayValue?.compactMap { JournalPath.path($0) } ?? [],
                    span: start...ordinal, isConfirmed: line["t"]?.stringValue == "command",
                    notice: line["notice"]?.stringValue)
                if let index = indexes[id] {
                    // In the order in which calls ended: what they say is what was there then.
                    entries.remove(at: index)
                    for (other, place) in indexes where place > index { indexes[other] = place - 1 }
                }
                indexes[id] = entries.count
                entries.append(entry)
            case "end":
                guard let index = indexes[id] else { continue }
                entries[index].span = entries[index].span.lowerBound...ordinal
                entries[index].isConfirmed = true
                if line["ok"]?.boolValue == false { failed.insert(id) }
            case "undo":
                guard let kind = line["kind"]?.stringValue.flatMap(JournalUndo.Kind.init(rawValue:)) else { continue }
                undoIndexes[id] = undos.count
                undoSpans.append(ordinal...ordinal)
                undos.append(
                    JournalUndo(
                        id: id, owner: line["ses"]?.stringValue ?? "", kind: kind, of: line["of"]?.stringValue,
                        timeMs: line["time"]?.intValue ?? 0,
                        items: line["items"]?.arrayValue?.compactMap { UndoItem($0) } ?? []))
            case "done":
                guard let index = undoIndexes[id] else { continue }
                undoSpans[index] = undoSpans[index].lowerBound...ordinal
                undos[index].succeeded = line["ok"]?.boolValue ?? false
                let late = Set(line["kept"]?.arrayValue?.compactMap { JournalPath.path($0) } ?? [])
                for item in undos[index].items.indices where late.contains(undos[index].items[item].path) {
                    undos[index].items[item].isApplied = false
                }
            default: continue
            }
        }
        // Of two ends the last one counts: an undo whose end could not be made durable was put back.
        for undo in undos { settle(undo) }
        entries.removeAll { failed.contains($0.id) }
        findShared(undoSpans)
    }

    private mutating func settle(_ undo: JournalUndo) {
        guard undo.succeeded == true else { return }
        for item in undo.items {
            for entry in item.entries {
                let effect = Effect(entry: entry, path: item.path)
                if undo.kind.takesBack {
                    if item.isApplied { undone.insert(effect) } else { kept.insert(effect) }
                } else if undo.kind == .redo, item.isApplied {
                    undone.remove(effect)
                    kept.remove(effect)
                }
            }
        }
    }

    /// Finds what calls of different owners changed while both ran. What an undo or a restore did while a command of another
    /// session ran looks like that command's work and is not.
    private mutating func findShared(_ undoSpans: [ClosedRange<Int>]) {
        var byPath: [FilePath: [(owner: String, span: ClosedRange<Int>, entry: String)]] = [:]
        for entry in entries {
            for file in entry.files { byPath[file.path, default: []].append((entry.call.owner, entry.span, entry.id)) }
        }
        for (undo, span) in zip(undos, undoSpans) where undo.succeeded == true {
            for item in undo.items where item.isApplied && item.from != item.to {
                byPath[item.path, default: []].append((undo.owner, span, undo.id))
            }
        }
        for (path, all) in byPath where Set(all.map(\.owner)).count > 1 {
            let sorted = all.sorted { $0.span.lowerBound < $1.span.lowerBound }
            for (index, one) in sorted.enumerated() {
                for other in sorted[(index + 1)...] {
                    guard other.span.lowerBound <= one.span.upperBound else { break }
                    guard other.owner != one.owner else { continue }
                    shared.insert(Effect(entry: one.entry, path: path))
                    shared.insert(Effect(entry: other.entry, path: path))
                }
            }
        }
    }

    /// True when a later call of another session changed a path and was not undone.
    func isChanged(_ path: FilePath, after index: Int, notBy owner: String) -> Bool {
        guard index + 1 < entries.count else { return false }
        return entries[(index + 1)...].contains { entry in
            entry.call.owner != owner
                && entry.files.contains { $0.path == path && !undone.contains(Effect(entry: entry.id, path: path)) }
        }
    }

    /// The calls of one session, oldest first.
    package func entries(of owner: String) -> [JournalEntry] { entries.filter { $0.call.owner == owner } }

    /// True when what the entry did to a path is undone now.
    package func isUndone(_ entry: JournalEntry, _ path: FilePath) -> Bool {
        undone.contains(Effect(entry: entry.id, path: path))
    }

    /// True when something that the entry did is neither undone nor was kept by an undo.
    package func isOpen(_ entry: JournalEntry) -> Bool {
        entry.files.contains { file in
            let effect = Effect(entry: entry.id, path: file.path)
            return !undone.contains(effect) && !kept.contains(effect)
        }
    }

    /// The undo of a session that a redo takes back: the latest one that was not taken back yet.
    /// - Parameter kinds: what counts as one.
    package func lastUndo(of owner: String, _ kinds: Set<JournalUndo.Kind> = [.undo]) -> JournalUndo? {
        let redone = Set(undos.filter { $0.kind == .redo && $0.succeeded == true }.compactMap(\.of))
        return undos.last {
            $0.owner == owner && kinds.contains($0.kind) && $0.succeeded == true && !redone.contains($0.id)
        }
    }
}
