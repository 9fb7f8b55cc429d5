/// AWS event-stream framing: length, header length, CRC of both, headers, payload, CRC of all; big-endian.
package enum EventStreamEncoder {
    /// One event message with a JSON payload.
    package static func frame(event: String, payload: [UInt8], messageType: String = "event") -> [UInt8] {
        var headers: [UInt8] = []
        let typeName = messageType == "exception" ? ":exception-type" : ":event-type"
        for (name, value) in [
            (typeName, event), (":content-type", "application/json"), (":message-type", messageType),
        ] {
            headers.append(UInt8(name.utf8.count))
            headers += Array(name.utf8)
            headers.append(7)
            headers += bigEndian(UInt16(value.utf8.count))
            headers += Array(value.utf8)
        }
        var message = bigEndian(UInt32(12 + headers.count + payload.count + 4)) + bigEndian(UInt32(headers.count))
        message += bigEndian(crc32(message))
        message += headers + payload
        return message + bigEndian(crc32(message))
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ (value >> 1) : value >> 1 }
    }

    /// The CRC-32 of IEEE 802.3, as in zlib.
    package static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ ($0 >> 8) }
    }

    private static func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
