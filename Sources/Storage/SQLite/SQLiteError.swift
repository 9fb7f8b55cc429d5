import CSQLite
import Support
import SystemPackage

extension StorageError {
    /// What SQLite reported.
    /// - Parameter code: an extended result code.
    static func sqlite(_ code: Int32, _ reason: String, path: FilePath) -> StorageError {
        let store = HostileText.escaped(path.string, multiline: false)
        let what = "SQLite reports \"\(HostileText.escaped(reason, multiline: false))\" (\(code)) for \(store)."
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED:
            return StorageError(.busy, "\(what) Another process holds the store; try again.")
        case SQLITE_FULL:
            return StorageError(.full, "\(what) Free some space; nothing that was stored before is lost.")
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return StorageError(
                .corrupt,
                "\(what) The file is left as it is; keep a copy of it and of \(store)-wal before repairing it.")
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            return StorageError(.readOnly, "\(what) Make the data directory writable for this user.")
        case SQLITE_TOOBIG:
            return StorageError(.invalid, "\(what) Store something smaller.")
        default:
            return StorageError(.unavailable, "\(what) Check the disk and the data directory.")
        }
    }

    /// True for the codes after which the kernel may have dropped pages that were reported as written.
    static func isFailedSync(_ code: Int32) -> Bool {
        let ioError = SQLITE_IOERR
        return code == ioError | (4 << 8) || code == ioError | (5 << 8)  // SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC
    }
}
