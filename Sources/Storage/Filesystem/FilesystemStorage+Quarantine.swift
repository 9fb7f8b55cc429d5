import Support
import SystemPackage

extension FilesystemStorage {
    static func damage(_ key: RecordKey, _ place: FilePath?) -> String {
        let rest = place.map { "Its bytes are kept in \($0)." } ?? "Its bytes are still in place."
        return "\(key.collection)/\(key.id) is damaged and cannot be read. \(rest)"
    }

    func quarantinePath(_ name: String, _ bytes: [UInt8]) -> FilePath {
        let flat = String(name.map { $0 == "/" ? "+" : $0 }.suffix(180))
        return layout.quarantine.appending("\(flat).\(SHA256Hash.hex(of: bytes).prefix(16))")
    }

    /// Moves a damaged file aside; all its bytes are kept.
    /// - Returns: where it is now, nil when it could not be moved.
    func quarantine(_ path: FilePath, name: String, _ bytes: [UInt8]) -> FilePath? {
        let place = quarantinePath(name, bytes)
        return (try? files.rename(path, to: place)) == nil ? nil : place
    }

    /// Copies a damaged line aside, once; the log itself stays as it is.
    func keep(_ line: EventLogFile.DamagedLine, of aggregate: String) {
        let place = quarantinePath("\(aggregate).line-\(line.offset)", line.bytes)
        guard !FileIO.exists(place) else { return }
        try? files.write(line.bytes, to: place, sync: false)
    }
}
