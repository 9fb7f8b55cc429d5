import Schema
import Storage
package import Support

extension SessionService {
    /// Of one value, as JSON.
    package static let maximumInstructionBytes = 32 << 10
    /// Of one session.
    package static let maximumInstructions = 64

    /// What clients told the model of this session beside the prompts, by key. It is part of every request, also after a
    /// compaction.
    package func instructionEntries(_ id: String) async throws(SessionError) -> [(key: String, value: JSON)] {
        guard RecordKey.isValidName(id) else { throw .notFound(id) }
        do throws(StorageError) {
            let query = RecordQuery(
                collection: SessionRecords.instructions(of: id), limit: Self.maximumInstructions)
            return try await storage.list(query).records.compactMap { record in
                guard let json = try? JSON(parsing: record.bytes), let key = json["key"]?.stringValue else {
                    return nil
                }
                return (key, json["value"] ?? .null)
            }.sorted { $0.key < $1.key }
        } catch {
            throw Self.failed(error, id)
        }
    }

    /// Sets an entry; the log says so.
    /// - Throws: `notFound`; `invalid` for more than 64 entries or a value of more than 32 KiB.
    package func putInstruction(_ id: String, key: String, value: JSON) async throws(SessionError) {
        let known = try await instructionEntries(id)
        guard known.contains(where: { $0.key == key }) || known.count < Self.maximumInstructions else {
            throw SessionError(
                .invalid, "A session has at most \(Self.maximumInstructions) instruction entries; remove one first.")
        }
        let text = value.stringValue ?? value.text()
        guard text.utf8.count <= Self.maximumInstructionBytes else {
            throw SessionError(.invalid, "An instruction entry has at most \(Self.maximumInstructionBytes) bytes.")
        }
        if known.contains(where: { $0.key == key && $0.value == value }) { return }
        do throws(StorageError) {
            try await storage.write(
                SessionRecords.instruction(key, of: id), JSON.object(["key": .string(key), "value": value]).bytes(),
                updatedMs: time.nowMs(), durability: .flushed)
        } catch {
            throw Self.failed(error, id)
        }
        try await append(
            id, [.sessionInstructionsUpdated(.init(sessionID: id, delta: .object([key: .string(text)])))])
    }

    /// Removes an entry; one that is not there is fine.
    package func removeInstruction(_ id: String, key: String) async throws(SessionError) {
        guard try await instructionEntries(id).contains(where: { $0.key == key }) else { return }
        do throws(StorageError) {
            try await storage.remove(SessionRecords.instruction(key, of: id), durability: .flushed)
        } catch {
            throw Self.failed(error, id)
        }
        try await append(
            id, [.sessionInstructionsUpdated(.init(sessionID: id, delta: .object([key: "removed"])))])
    }
}

extension SessionRecords {
    static func instructions(of id: String) -> String { "instruction/\(id)" }

    /// Keys may hold any text; ids of records may not.
    static func instruction(_ key: String, of id: String) -> RecordKey {
        RecordKey(instructions(of: id), SHA256Hash.hex(of: key.utf8))
    }
}
