package import Support

/// Why a storage operation failed. A failed commit left nothing behind, unless `kind` is `unavailable` or `full` after a
/// failed sync: then all of the batch is there or nothing of it, never a part.
package struct StorageError: AppError, Equatable {
    /// The class of the failure.
    package enum Kind: String, Sendable, CaseIterable {
        /// The record is not there.
        case notFound
        /// Somebody else changed the record or the log since it was read; read again and retry.
        case conflict
        /// Another process holds the store; nothing was changed, a later try may succeed.
        case busy
        /// The disk or quota is full; nothing was changed.
        case full
        /// Stored bytes are damaged; `record` names them and `message` says where they are kept.
        case corrupt
        /// The store cannot be reached or an I/O error happened.
        case unavailable
        /// The store may not be written, or a failed sync made it unsafe to write (until it is opened again).
        case readOnly
        /// The database refuses the user or password.
        case denied
        /// The caller asked for something no backend can store.
        case invalid
    }

    /// The class of the failure.
    package var kind: Kind
    /// Whole sentences with the value and the next step.
    package var message: String
    /// The damaged or conflicting record, if it is about one.
    package var record: RecordKey?
    /// Who holds the store, as in "process 4711", when known.
    package var holder: String?

    /// The class as a stable name.
    package var code: String { "storage.\(kind.rawValue)" }

    /// The record and the holder, when known.
    package var metadata: [String: String] {
        var fields: [String: String] = [:]
        if let record { fields["record"] = "\(record.collection)/\(record.id)" }
        if let holder { fields["holder"] = holder }
        return fields
    }

    /// The value with these members; nothing is checked.
    package init(_ kind: Kind, _ message: String, record: RecordKey? = nil, holder: String? = nil) {
        self.kind = kind
        self.message = message
        self.record = record
        self.holder = holder
    }
}

extension StorageError {
    /// A file operation of the store that failed.
    package init(_ error: FileError) {
        switch error.kind {
        case .noSpace:
            self.init(.full, "\(error.message) Free some space; nothing that was stored before is lost.")
        case .readOnly, .permissionDenied:
            self.init(.readOnly, "\(error.message) Make the data directory writable for this user.")
        case .busy:
            self.init(.busy, "\(error.message) Try again.")
        case .notFound, .exists, .notADirectory, .isADirectory, .tooLarge, .io:
            self.init(.unavailable, "\(error.message) Check the disk and the data directory.")
        }
    }

    /// Another process has the store for longer than we wait.
    static func busy(store: String, waitedMs: Int64, holder: String?) -> StorageError {
        let who = holder ?? "another process"
        return StorageError(
            .busy,
            "The store \(HostileText.escaped(store, multiline: false)) was not free for \(waitedMs) ms; \(who) has it. Try again, or end that process.",
            holder: holder)
    }
}
