import Support
import SystemPackage

extension FilesystemStorage {
    /// See `StorageBackend.read`.
    package func read(_ key: RecordKey) throws(StorageError) -> Record? {
        try BatchValidation.check(key)
        return try reading { () throws(StorageError) in
            let path = layout.record(key)
            guard let bytes = try content(path) else { return nil }
            if let record = RecordFile.record(key, bytes) { return record }
            let place = quarantine(path, name: "\(key.collection)/\(key.id)", bytes)
            throw StorageError(.corrupt, Self.damage(key, place), record: key)
        }
    }

    /// See `StorageBackend.list`.
    package func list(_ query: RecordQuery) throws(StorageError) -> RecordPage {
        try BatchValidation.check(query)
        return try reading { () throws(StorageError) in
            query.order == .id ? try listByID(query) : try listByUpdate(query)
        }
    }

    private func listByID(_ query: RecordQuery) throws(StorageError) -> RecordPage {
        let after = query.after ?? ""
        let ids = try ids(in: query.collection, prefix: query.prefix).filter { $0 > after }.sorted()
        var page = RecordPage(records: [])
        for id in ids {
            guard let record = try load(RecordKey(query.collection, id), &page.damaged) else { continue }
            if let group = query.group, record.group != group { continue }
            if page.records.count == query.limit {
                page.next = page.records.last.map { UpdateCursor.next($0, .id) }
                break
            }
            page.records.append(record)
        }
        return page
    }

    private func listByUpdate(_ query: RecordQuery) throws(StorageError) -> RecordPage {
        let cursor = try query.after.map { text throws(StorageError) in try UpdateCursor(text) }
        var found: [(updated: Int64, id: String)] = []
        var page = RecordPage(records: [])
        for id in try ids(in: query.collection, prefix: query.prefix) {
            let key = RecordKey(query.collection, id)
            guard let header = try header(key) else {
                _ = try load(key, &page.damaged)
                continue
            }
            if let group = query.group, header.group != group { continue }
            if let cursor, (header.updatedMs, id) >= (cursor.updatedMs, cursor.id) { continue }
            found.append((header.updatedMs, id))
        }
        found.sort { ($0.updated, $0.id) > ($1.updated, $1.id) }
        for entry in found {
            if page.records.count == query.limit {
                page.next = page.records.last.map { UpdateCursor.next($0, .updatedDescending) }
                break
            }
            if let record = try load(RecordKey(query.collection, entry.id), &page.damaged) {
                page.records.append(record)
            }
        }
        return page
    }

    func ids(in collection: String, prefix: String? = nil) throws(StorageError) -> [String] {
        do throws(FileError) {
            return try FileIO.list(layout.collection(collection)).compactMap { entry in
                guard let id = StoreLayout.name(entry.name, without: ".r") else { return nil }
                if let prefix, !id.hasPrefix(prefix) { return nil }
                return id
            }
        } catch {
            if error.kind == .notFound { return [] }
            throw StorageError(error)
        }
    }

    private func load(_ key: RecordKey, _ damaged: inout [DamagedRecord]) throws(StorageError) -> Record? {
        let path = layout.record(key)
        guard let bytes = try content(path) else { return nil }
        if let record = RecordFile.record(key, bytes) { return record }
        let place = quarantine(path, name: "\(key.collection)/\(key.id)", bytes)
        damaged.append(DamagedRecord(key: key, message: Self.damage(key, place)))
        return nil
    }

    private func header(_ key: RecordKey) throws(StorageError) -> RecordFile.Header? {
        let path = layout.record(key)
        do throws(FileError) {
            let descriptor = try FileIO.open(path, .readOnly, action: "read")
            defer { try? descriptor.close() }
            var head = [UInt8](repeating: 0, count: 512)
            guard let count = try? head.withUnsafeMutableBytes({ try descriptor.read(into: $0) }) else { return nil }
            if let header = RecordFile.header(Array(head[..<count])) { return header }
            // A long group.
            return RecordFile.header(try FileIO.read(path))
        } catch {
            throw StorageError(error)
        }
    }

    /// See `StorageBackend.events`.
    package func events(
        of aggregate: String, after seq: Int64, limit: Int
    ) throws(StorageError) -> [StoredEvent] {
        try BatchValidation.check(aggregate: aggregate)
        try BatchValidation.check(limit: limit, maximum: BatchValidation.maximumEvents)
        return try reading { () throws(StorageError) in
            do throws(FileError) {
                let log = EventLogFile(path: layout.log(aggregate), aggregate: aggregate)
                let (events, damaged) = try log.events(after: seq, limit: limit)
                for line in damaged { keep(line, of: aggregate) }
                return events
            } catch {
                throw StorageError(error)
            }
        }
    }

    /// See `StorageBackend.lastSeq`.
    package func lastSeq(of aggregate: String) throws(StorageError) -> Int64 {
        try BatchValidation.check(aggregate: aggregate)
        return try reading { () throws(StorageError) in
            do throws(FileError) {
                return try EventLogFile(path: layout.log(aggregate), aggregate: aggregate).end().lastSeq
            } catch {
                throw StorageError(error)
            }
        }
    }

    /// See `StorageBackend.aggregates`.
    package func aggregates(after: String?, limit: Int) throws(StorageError) -> [String] {
        try BatchValidation.check(limit: limit, maximum: BatchValidation.maximumEvents)
        return try reading { () throws(StorageError) in
            do throws(FileError) {
                let names = try FileIO.list(layout.events).compactMap { StoreLayout.name($0.name, without: ".log") }
                return Array(names.filter { $0 > after ?? "" }.sorted().prefix(limit))
            } catch {
                throw StorageError(error)
            }
        }
    }
}
