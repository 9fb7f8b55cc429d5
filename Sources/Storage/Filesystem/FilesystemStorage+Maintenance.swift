import Support
import SystemPackage

extension FilesystemStorage: StorageMaintenance {
    /// See `StorageMaintenance.stats`.
    package func stats() throws(StorageError) -> StorageStats {
        try reading { () throws(StorageError) in
            var stats = StorageStats(backend: name, location: path.string, bytes: 0, schema: 1)
            for collection in try collections() {
                let root = String(collection.prefix { $0 != "/" })
                var group = stats.collections[root] ?? .init()
                for id in try ids(in: collection) {
                    guard let info = try? FileIO.stat(layout.record(RecordKey(collection, id))) else { continue }
                    group.records += 1
                    group.bytes += info.size
                    stats.bytes += info.size
                }
                stats.collections[root] = group
            }
            for aggregate in try logs() {
                stats.logs += 1
                var seq: Int64 = 0
                while let page = try? EventLogFile(path: layout.log(aggregate), aggregate: aggregate)
                    .events(after: seq, limit: 1_000).events, let last = page.last
                {
                    stats.events += Int64(page.count)
                    stats.eventBytes += page.reduce(0) { $0 + Int64($1.bytes.count) }
                    seq = last.seq
                }
                stats.bytes += (try? FileIO.stat(layout.log(aggregate)).size) ?? 0
            }
            return stats
        }
    }

    /// See `StorageMaintenance.inspect`. A damaged line of a log is replaced by a placeholder that keeps its number.
    package func inspect() throws(StorageError) -> [StorageDamage] {
        let held = try exclusive()
        defer { held.release() }
        var found: [StorageDamage] = []
        for collection in try collections() {
            for id in try ids(in: collection).sorted() {
                let key = RecordKey(collection, id)
                guard let bytes = try content(layout.record(key)), RecordFile.record(key, bytes) == nil else {
                    continue
                }
                let place = quarantine(layout.record(key), name: "\(collection)/\(id)", bytes)
                found.append(
                    StorageDamage(
                        sessionID: StorageDamage.session(of: key), path: (place ?? layout.record(key)).string,
                        error: Self.damage(key, place),
                        isRepaired: place != nil && StorageDamage.session(of: key) == nil))
            }
        }
        for aggregate in try logs() { found += try mend(aggregate) }
        return try found + unreported(besides: Set(found.map(\.path)))
    }

    /// See `StorageMaintenance.compact`: plain files have no unused space; what crashes left behind is removed.
    package func compact() throws(StorageError) { try exclusive().release() }

    // MARK: Logs

    private func mend(_ aggregate: String) throws(StorageError) -> [StorageDamage] {
        let log = EventLogFile(path: layout.log(aggregate), aggregate: aggregate)
        do throws(FileError) {
            let end = try log.end()
            var lines: [EventLogFile.DamagedLine] = []
            var count: Int64 = 0
            var seq: Int64 = 0
            while true {
                let page = try log.events(after: seq, limit: 10_000)
                lines = page.damaged
                guard let last = page.events.last else { break }
                count += Int64(page.events.count)
                seq = last.seq
            }
            guard !lines.isEmpty || end.lastSeq != count else { return [] }
            let places = lines.map { quarantinePath("\(aggregate).line-\($0.offset)", $0.bytes) }
            for line in lines { keep(line, of: aggregate) }
            try rewrite(aggregate, log, last: end.lastSeq)
            return zip(lines, places).map { line, place in
                StorageDamage(
                    sessionID: aggregate, path: place.string,
                    error:
                        "A line of the log \(aggregate) at byte \(line.offset) is damaged. Its bytes are kept in \(place).",
                    isRepaired: true)
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// Writes a log anew; a number without a readable event gets a placeholder.
    private func rewrite(_ aggregate: String, _ log: EventLogFile, last: Int64) throws(FileError) {
        var bytes: [UInt8] = []
        var seq: Int64 = 0
        func addPlaceholders(before next: Int64) {
            while seq + 1 < next {
                seq += 1
                EventLine.append(
                    .damaged(seq: seq, of: aggregate, created: 0), seq: seq, aggregate: aggregate, to: &bytes)
            }
        }
        while true {
            let page = try log.events(after: seq, limit: 10_000).events
            for event in page {
                addPlaceholders(before: event.seq)
                seq = event.seq
                EventLine.append(
                    NewEvent(id: event.id, type: event.type, created: event.created, bytes: event.bytes), seq: seq,
                    aggregate: aggregate, to: &bytes)
            }
            if page.isEmpty { break }
        }
        addPlaceholders(before: last + 1)
        try AtomicFile.write(bytes, to: layout.log(aggregate), mode: 0o600)
    }

    // MARK: Names

    private func logs() throws(StorageError) -> [String] {
        do throws(FileError) {
            return try FileIO.list(layout.events).compactMap { StoreLayout.name($0.name, without: ".log") }.sorted()
        } catch {
            throw StorageError(error)
        }
    }

    private func collections() throws(StorageError) -> [String] {
        var found: [String] = []
        var open: [(path: FilePath, name: String)] = [(layout.records, "")]
        do throws(FileError) {
            while let (path, name) = open.popLast() {
                for entry in try FileIO.list(path) {
                    guard let segment = StoreLayout.name(entry.name, without: ".d") else { continue }
                    let collection = name.isEmpty ? segment : "\(name)/\(segment)"
                    found.append(collection)
                    open.append((path.appending(entry.name), collection))
                }
            }
        } catch {
            throw StorageError(error)
        }
        return found.sorted()
    }

    // MARK: Quarantine

    /// What earlier reads moved aside and no inspection told of yet; marked as told by this one.
    private func unreported(besides known: Set<String>) throws(StorageError) -> [StorageDamage] {
        let told = layout.quarantine.appending("told")
        do throws(FileError) {
            let old = (try? FileIO.read(told)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let oldNames = Set(old.split(separator: "\n").map(String.init))
            let names = try FileIO.list(layout.quarantine).map(\.name.string).filter { $0 != "told" }.sorted()
            let text = names.filter { !$0.contains("\n") }.map { "\($0)\n" }.joined()
            if !names.isEmpty { try AtomicFile.write(Array(text.utf8), to: told, mode: 0o600) }
            return names.filter { !oldNames.contains($0) }.compactMap { name in
                let path = layout.quarantine.appending(name).string
                guard !known.contains(path) else { return nil }
                let parts = name.split(separator: "+")
                let session: Substring? =
                    switch parts.first {
                    case "session" where parts.count == 2: parts.last?.prefix { $0 != "." }
                    case "message", "child": parts.count == 3 ? parts.dropFirst().first : nil
                    default: parts.count == 1 && name.hasPrefix("ses_") ? name.prefix { $0 != "." } : nil
                    }
                return StorageDamage(
                    sessionID: session.map(String.init), path: path,
                    error: "\(path) holds damaged bytes that were moved aside when they were read.", isRepaired: true)
            }
        } catch {
            throw StorageError(error)
        }
    }
}
