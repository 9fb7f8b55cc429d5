import CPQ
import Storage

/// Turns what PostgreSQL and libpq report into our errors. No message holds a password.
struct PostgresError {
    let url: PostgresURL

    /// - Parameters:
    ///   - state: the SQLSTATE, empty when the connection itself failed.
    ///   - message: what was reported.
    func error(_ state: String, _ message: String) -> StorageError {
        let detail = url.redact(Self.firstLine(message))
        let what = "PostgreSQL at \(url.shown) reports \"\(detail)\"\(state.isEmpty ? "" : " (\(state))")."
        switch state {
        case "53100", "53200", "54000":
            return StorageError(
                .full, "\(what) Make room on the database server; nothing that was stored before is lost.")
        case "25006", "42501", "55000":
            return StorageError(.readOnly, "\(what) Give this user the right to write, or use the primary server.")
        case "55P03", "40P01", "40001", "55006":
            return StorageError(.busy, "\(what) Others hold what this needs; try again.")
        case "57014":
            return StorageError(
                .unavailable, "\(what) The statement took too long; try again when the server has less to do.")
        case "22021", "22P05", "54001", "22003":
            return StorageError(.invalid, "\(what) This value cannot be stored.")
        default: break
        }
        switch state.prefix(2) {
        case "28":
            return StorageError(.denied, "\(what) Check user and password in storage.url or CODETETHER_STORAGE_URL.")
        case "08", "57", "53", "3D", "":
            return StorageError(
                .unavailable,
                "\(what) Check that the server runs and that storage.url or CODETETHER_STORAGE_URL is right.")
        case "XX":
            return StorageError(
                .corrupt, "\(what) Check the database server's log and restore from a backup if needed.")
        default:
            return StorageError(.unavailable, "\(what) `codetether storage doctor` checks the store.")
        }
    }

    /// The error of a connection that could not be made or broke.
    func connection(_ message: String) -> StorageError {
        let text = Self.stripped(message)
        let state = Self.state(in: text)
        if state.isEmpty, text.contains("no password supplied") || text.contains("authentication") {
            return error("28P01", text)
        }
        return error(state, text)
    }

    /// The server did not answer in time.
    func silent(_ what: String, ms: Int64) -> StorageError {
        StorageError(
            .unavailable,
            "PostgreSQL at \(url.shown) did not \(what) within \(ms) ms. Check the network and the server.")
    }

    /// The error of a result.
    func result(_ result: OpaquePointer) -> (state: String, error: StorageError) {
        let state = cpq_result_field(result, Int32(CPQ_DIAG_SQLSTATE)).map { String(cString: $0) } ?? ""
        let message =
            cpq_result_field(result, Int32(CPQ_DIAG_MESSAGE_PRIMARY)).map { String(cString: $0) }
            ?? cpq_result_message(result).map { String(cString: $0) } ?? "no message"
        return (state, error(state, message))
    }

    /// libpq names each address it tried on a line; the last one that says why is the best.
    private static func firstLine(_ message: String) -> String {
        let lines = stripped(message).split(whereSeparator: \.isNewline)
        let text = lines.first.map(String.init) ?? "no message"
        return String(text.prefix(500))
    }

    private static func stripped(_ message: String) -> String {
        var text = message[...]
        while let last = text.unicodeScalars.last, last.value <= 0x20 { text.unicodeScalars.removeLast() }
        return String(text)
    }

    /// `FATAL:  28P01: password authentication failed`: verbose messages carry the state.
    private static func state(in message: String) -> String {
        for word in message.split(whereSeparator: { $0 == " " || $0.isNewline }) {
            let bytes = Array(word.utf8)
            guard bytes.count == 6, bytes[5] == UInt8(ascii: ":") else { continue }
            let isState = bytes.prefix(5).allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            }
            // FATAL: and ERROR: have the same form, without a digit.
            if isState, bytes.contains(where: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
                return String(word.dropLast())
            }
        }
        return ""
    }
}
