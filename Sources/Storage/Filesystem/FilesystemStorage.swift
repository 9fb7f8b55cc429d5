import Support
package import SystemPackage

/// Plain files in one directory: for file systems where SQLite cannot be used, and for people who want to look.
///
/// A batch is written beside its targets first, then committed by one rename and moved into place; whoever takes the lock next
/// finishes or undoes what a dead process left. Every record and every line of a log carries a checksum; what does not match is
/// moved to `quarantine/` and everything else is served. Listing by update time reads the head of every file of the
/// collection. Works between processes of one machine; needs `flock` that works.
package actor FilesystemStorage: StorageBackend {
    /// The backend's name in the configuration.
    package nonisolated let name = "filesystem"
    /// The store's directory.
    package nonisolated var path: FilePath { layout.root }

    static let format = "codetether-storage 1\n"
    /// How many unsynced files are remembered for the next flushed commit before they are synced anyway.
    private static let maximumUnsynced = 512

    private nonisolated let executor: BlockingExecutor
    nonisolated let layout: StoreLayout
    let files: StoreFiles
    private let lock: StoreLock
    private var isOpen = true
    private var poisoned: StorageError?
    /// Files and directories of buffered commits of this process.
    private var unsynced: Set<FilePath> = []
    private var stagedCount: UInt64 = 0

    /// The store's own serial queue; its methods may block there.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(path: FilePath, hook: StorageStep.Hook?) {
        layout = StoreLayout(root: path)
        files = StoreFiles(hook: hook)
        lock = StoreLock(path: layout.lock)
        executor = BlockingExecutor(label: "codetether.files")
    }

    /// Opens the directory, creating it (0700) when it is missing, and finishes or undoes what a crash left.
    /// - Parameter hook: for tests; called at every step of a commit.
    package static func open(
        _ path: FilePath, hook: StorageStep.Hook? = nil
    ) async throws(StorageError) -> FilesystemStorage {
        let storage = FilesystemStorage(path: path, hook: hook)
        try await storage.start()
        return storage
    }

    private func start() throws(StorageError) {
        for directory in [layout.root, layout.records, layout.events, layout.staging, layout.quarantine] {
            try files.makeDirectory(directory)
        }
        let held = try exclusive()
        defer { held.release() }
        let formatFile = layout.root.appending("format")
        do throws(FileError) {
            if !FileIO.exists(formatFile) {
                try AtomicFile.write(Array(Self.format.utf8), to: formatFile, mode: 0o600)
            }
            let found = try FileIO.read(formatFile, limit: 4_096)
            guard found == Array(Self.format.utf8) else {
                let text = HostileText.escaped(String(decoding: found.prefix(100), as: UTF8.self), multiline: false)
                throw FileError(
                    .io, path: formatFile,
                    message:
                        "The store \(layout.root) has the format \"\(text)\", which this codetether does not know. Use a newer one."
                )
            }
            for entry in try FileIO.list(layout.staging) {
                try FileIO.remove(layout.staging.appending(entry.name))
            }
        } catch {
            throw StorageError(error)
        }
    }

    /// See `StorageBackend.close`.
    package func close() { isOpen = false }

    // MARK: Locks

    /// Runs `body` while no other process writes.
    func reading<T>(_ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        guard isOpen else { throw BatchValidation.closed(layout.root.string) }
        while true {
            let held = try lock.take(shared: true)
            guard FileIO.exists(layout.journal) || FileIO.exists(layout.prepare) else {
                defer { held.release() }
                return try body()
            }
            held.release()
            try exclusive().release()
        }
    }

    /// Takes the lock for writing and completes or undoes what its last holder left.
    func exclusive() throws(StorageError) -> FileLock {
        guard isOpen else { throw BatchValidation.closed(layout.root.string) }
        let held = try lock.take(shared: false)
        do throws(StorageError) {
            try recover()
        } catch {
            held.release()
            throw error
        }
        return held
    }

    private func recover() throws(StorageError) {
        if let bytes = try content(layout.journal) {
            guard let plan = CommitPlan(bytes) else {
                // Cannot come from a crash: the journal is complete before it gets its name.
                _ = quarantine(layout.journal, name: "journal", bytes)
                return
            }
            try finish(plan)
        } else if let bytes = try content(layout.prepare) {
            if let plan = CommitPlan(bytes) { try undo(plan) } else { try files.remove(layout.prepare) }
        }
    }

    func content(_ path: FilePath) throws(StorageError) -> [UInt8]? {
        do throws(FileError) {
            return try FileIO.read(path, limit: BatchValidation.maximumBytes + RecordFile.maximumHeaderBytes)
        } catch {
            if error.kind == .notFound { return nil }
            throw StorageError(error)
        }
    }

    // MARK: Commit

    /// See `StorageBackend.commit`.
    package func commit(_ batch: StorageBatch) throws(StorageError) -> CommitReceipt {
        try BatchValidation.check(batch)
        if let poisoned { throw poisoned }
        let held = try exclusive()
        defer { held.release() }
        var receipt = CommitReceipt(lastSeqs: [:], versions: [])
        var plan = CommitPlan()
        plan.flushed = batch.durability == .flushed
        var lines: [[UInt8]] = []
        for append in batch.appends {
            lines.append(try prepare(append, &plan, &receipt))
        }
        for put in batch.puts { receipt.versions.append(try prepare(put, &plan)) }
        plan.removes = batch.removes
        for collection in batch.removeCollections {
            plan.removes += try ids(in: collection).map { RecordKey(collection, $0) }
        }
        plan.removeAggregates = batch.removeAggregates
        do throws(StorageError) {
            if plan.flushed { try syncEarlierCommits() }
            try stage(batch, plan, lines, versions: receipt.versions)
            try files.rename(layout.prepare, to: layout.journal)
        } catch {
            if FileIO.exists(layout.journal) { return receipt }
            try? undo(plan)
            throw remember(error)
        }
        do throws(StorageError) {
            if plan.flushed { try files.sync(layout.root) }
        } catch {
            throw remember(error)
        }
        // The batch is committed; what fails from here on is done by the next operation.
        try? finish(plan)
        if !plan.flushed { try noteUnsynced(plan) }
        return receipt
    }

    private func remember(_ error: StorageError) -> StorageError {
        if error.kind == .readOnly, error.message.contains("until codetether starts again") { poisoned = error }
        return error
    }

    private func prepare(
        _ append: EventAppend, _ plan: inout CommitPlan, _ receipt: inout CommitReceipt
    ) throws(StorageError) -> [UInt8] {
        let log = EventLogFile(path: layout.log(append.aggregate), aggregate: append.aggregate)
        let end: EventLogFile.End
        do throws(FileError) {
            end = try log.end()
        } catch {
            throw StorageError(error)
        }
        guard end.lastSeq == append.expectedLastSeq else { throw BatchValidation.conflict(append, actual: end.lastSeq) }
        if end.tornBytes > 0 { try cutTornEnd(log, end) }
        var bytes: [UInt8] = []
        var seq = end.lastSeq
        for event in append.events {
            seq += 1
            EventLine.append(event, seq: seq, aggregate: append.aggregate, to: &bytes)
        }
        receipt.lastSeqs[append.aggregate] = seq
        plan.appends.append(.init(aggregate: append.aggregate, size: end.size))
        return bytes
    }

    /// An append that a power loss cut was never acknowledged as flushed; its bytes are kept aside.
    private func cutTornEnd(_ log: EventLogFile, _ end: EventLogFile.End) throws(StorageError) {
        if let bytes = try content(log.path) {
            let torn = Array(bytes.suffix(Int(clamping: end.tornBytes)))
            try files.write(torn, to: quarantinePath("\(log.aggregate).torn", torn), sync: false)
        }
        try files.truncate(log.path, to: end.size)
    }

    private func prepare(_ put: RecordPut, _ plan: inout CommitPlan) throws(StorageError) -> Int64 {
        var version: Int64 = 0
        let path = layout.record(put.key)
        if let bytes = try content(path) {
            if let record = RecordFile.record(put.key, bytes) {
                version = record.version
            } else {
                _ = quarantine(path, name: "\(put.key.collection)/\(put.key.id)", bytes)
            }
        }
        if let expected = put.expectedVersion, expected != version {
            throw BatchValidation.conflict(put, actual: version)
        }
        stagedCount += 1
        plan.puts.append(.init(staged: "v\(stagedCount)", key: put.key))
        return version + 1
    }

    /// Writes everything that needs space. Nothing of it counts before the plan is renamed to `journal`.
    private func stage(
        _ batch: StorageBatch, _ plan: CommitPlan, _ lines: [[UInt8]], versions: [Int64]
    ) throws(StorageError) {
        try files.write(plan.bytes, to: layout.prepare, sync: plan.flushed)
        if plan.flushed { try files.sync(layout.root) }
        for collection in Set(plan.puts.map(\.key.collection)) {
            try files.makeDirectory(layout.collection(collection))
        }
        for (entry, (put, version)) in zip(plan.puts, zip(batch.puts, versions)) {
            try files.write(
                RecordFile.bytes(of: put, version: version), to: layout.staging.appending(entry.staged),
                sync: plan.flushed)
        }
        for (append, bytes) in zip(plan.appends, lines) where !bytes.isEmpty {
            try files.append(bytes, to: layout.log(append.aggregate), at: append.size, sync: plan.flushed)
        }
        if plan.flushed, !plan.puts.isEmpty { try files.sync(layout.staging) }
        if plan.flushed, !plan.appends.isEmpty { try files.sync(layout.events) }
    }

    /// Moves a committed batch into place. May run again after a crash at any point.
    private func finish(_ plan: CommitPlan) throws(StorageError) {
        var directories: Set<FilePath> = []
        for put in plan.puts {
            let staged = layout.staging.appending(put.staged)
            let directory = layout.collection(put.key.collection)
            directories.insert(directory)
            guard FileIO.exists(staged) else { continue }
            try files.makeDirectory(directory)
            try files.rename(staged, to: layout.record(put.key))
        }
        for key in plan.removes {
            directories.insert(layout.collection(key.collection))
            try files.remove(layout.record(key))
        }
        for aggregate in plan.removeAggregates {
            directories.insert(layout.events)
            try files.remove(layout.log(aggregate))
        }
        if plan.flushed {
            for directory in directories where FileIO.exists(directory) { try files.sync(directory) }
        }
        try files.remove(layout.journal)
        // A directory that became empty goes; one that did not, stays.
        for collection in Set(plan.removes.map(\.collection)) { try? FileIO.remove(layout.collection(collection)) }
    }

    /// Takes back a batch that did not reach its commit point. May run again after a crash at any point.
    private func undo(_ plan: CommitPlan) throws(StorageError) {
        for append in plan.appends { try files.truncate(layout.log(append.aggregate), to: append.size) }
        for put in plan.puts { try files.remove(layout.staging.appending(put.staged)) }
        try files.remove(layout.prepare)
    }

    private func noteUnsynced(_ plan: CommitPlan) throws(StorageError) {
        for put in plan.puts {
            unsynced.insert(layout.record(put.key))
            unsynced.insert(layout.collection(put.key.collection))
        }
        for append in plan.appends { unsynced.insert(layout.log(append.aggregate)) }
        if unsynced.count > Self.maximumUnsynced { try syncEarlierCommits() }
    }

    /// Power loss must not take an earlier commit and leave a later one.
    private func syncEarlierCommits() throws(StorageError) {
        for path in unsynced where FileIO.exists(path) { try files.sync(path) }
        unsynced.removeAll()
    }
}
