import CPQ

/// The rows of a statement, in binary format. Freed with its last reference; not Sendable.
final class PostgresRows {
    private let result: OpaquePointer
    let count: Int

    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(cpq_rows(result))
    }

    deinit { cpq_clear(result) }

    func isNull(_ row: Int, _ column: Int32) -> Bool { cpq_is_null(result, Int32(clamping: row), column) != 0 }

    func bytes(_ row: Int, _ column: Int32) -> [UInt8] {
        let row = Int32(clamping: row)
        guard let start = cpq_value(result, row, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(cpq_length(result, row, column))))
    }

    func text(_ row: Int, _ column: Int32) -> String { String(decoding: bytes(row, column), as: UTF8.self) }

    func optionalText(_ row: Int, _ column: Int32) -> String? { isNull(row, column) ? nil : text(row, column) }

    /// An int8; 0 for NULL.
    func int(_ row: Int, _ column: Int32) -> Int64 {
        bytes(row, column).reduce(0) { $0 << 8 | Int64($1) }
    }
}
