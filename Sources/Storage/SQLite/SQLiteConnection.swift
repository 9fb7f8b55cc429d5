import CSQLite
import Support
import SystemPackage

/// One connection with its prepared statements. Blocking, and not Sendable: it belongs to the executor of its `SQLiteStorage`.
final class SQLiteConnection {
    /// How long an operation waits for another process.
    static let busyTimeoutMs: Int32 = 5_000
    /// Our statements are a fixed set; this is only a bound.
    private static let maximumStatements = 64

    let path: FilePath
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    private var synchronous: StorageBatch.Durability?
    /// Set after a sync failed: the reason why nothing is written any more.
    private(set) var poisoned: StorageError?

    /// Opens the file, creating it with mode 0600 in an existing directory, and switches it to WAL.
    init(_ path: FilePath) throws(StorageError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = path.withPlatformString { sqlite3_open_v2($0, &handle, flags, nil) }
        guard let handle else {
            throw StorageError(.unavailable, "There is no memory to open the store \(path).")
        }
        guard code == SQLITE_OK else {
            let reason = String(cString: sqlite3_errmsg(handle))
            sqlite3_close_v2(handle)
            throw .sqlite(code, reason, path: path)
        }
        self.path = path
        self.handle = handle
        sqlite3_busy_timeout(handle, Self.busyTimeoutMs)
        guard csqlite_defensive(handle) == SQLITE_OK, csqlite_keep_wal_on_close(handle) == SQLITE_OK else {
            throw StorageError(
                .unavailable, "This SQLite (\(Self.libraryVersion)) lacks options that codetether needs.")
        }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    static var libraryVersion: String { String(cString: sqlite3_libversion()) }

    /// Runs statements without parameters and rows.
    func execute(_ sql: String) throws(StorageError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    /// Runs one statement and returns what `row` makes of each row; `row` returns nil to stop there.
    @discardableResult
    func query<T>(
        _ sql: String, _ values: [SQLiteValue] = [], row: (SQLiteRow) -> T?
    ) throws(StorageError) -> [T] {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() {
            try check(Self.bind(value, to: Int32(index + 1), of: statement))
        }
        var rows: [T] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return rows }
            guard code == SQLITE_ROW else { throw error(code) }
            guard let value = row(SQLiteRow(statement: statement)) else { return rows }
            rows.append(value)
        }
    }

    /// Runs one statement that returns no rows.
    /// - Returns: how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: [SQLiteValue] = []) throws(StorageError) -> Int {
        let none: [Never] = try query(sql, values) { _ in nil }
        _ = none
        return Int(sqlite3_changes(handle))
    }

    /// Runs `body` in a write transaction, which is rolled back when it throws.
    func transaction<T>(
        _ durability: StorageBatch.Durability, _ body: () throws(StorageError) -> T
    ) throws(StorageError) -> T {
        if let poisoned { throw poisoned }
        if synchronous != durability {
            try execute(durability == .flushed ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL")
            synchronous = durability
        }
        try run("BEGIN IMMEDIATE")
        do throws(StorageError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Runs `body` on one snapshot of the database.
    func snapshot<T>(_ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        try run("BEGIN")
        do throws(StorageError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    private func rollBack() {
        guard sqlite3_get_autocommit(handle) == 0 else { return }
        _ = sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    private func prepared(_ sql: String) throws(StorageError) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        if statements.count >= Self.maximumStatements {
            for statement in statements.values { sqlite3_finalize(statement) }
            statements.removeAll()
        }
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw StorageError(.invalid, "The statement \"\(sql)\" is empty.") }
        statements[sql] = statement
        return statement
    }

    private static func bind(_ value: SQLiteValue, to index: Int32, of statement: OpaquePointer) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(statement, index)
        case .int(let number): return sqlite3_bind_int64(statement, index, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    guard let start = characters.baseAddress else { return csqlite_bind_text(statement, index, "", 0) }
                    return csqlite_bind_text(statement, index, start, Int32(clamping: characters.count))
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes {
                csqlite_bind_blob(statement, index, $0.baseAddress, Int32(clamping: $0.count))
            }
        }
    }

    private func check(_ code: Int32) throws(StorageError) {
        if code != SQLITE_OK { throw error(code) }
    }

    /// The error of the last call. A failed sync poisons the connection: what the kernel dropped cannot be written again.
    private func error(_ code: Int32) -> StorageError {
        let error = StorageError.sqlite(code, String(cString: sqlite3_errmsg(handle)), path: path)
        if StorageError.isFailedSync(code) {
            poisoned = StorageError(
                .readOnly, "\(error.message) The store is read-only until codetether starts again.")
        }
        return error
    }
}

/// The current row of a statement; only valid inside the closure it was given to.
struct SQLiteRow {
    fileprivate let statement: OpaquePointer

    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// As it is stored.
    func value(_ column: Int32) -> SQLiteValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: .int(int(column))
        case SQLITE_TEXT: .text(text(column))
        default: .blob(bytes(column))
        }
    }

    /// nil for NULL.
    func optionalText(_ column: Int32) -> String? {
        sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : text(column)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(statement, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
    }
}
