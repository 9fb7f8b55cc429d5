import Storage
import Support

/// The last runs of all jobs, kept as records `scheduler/<scope>/<job>`: global jobs once a store, instance jobs once a home,
/// so that the nodes that share a store do not take another's cleaning for their own.
struct JobLedger: Sendable {
    let storage: any StorageBackend
    /// Names this home within a shared store.
    let instanceID: String

    private func key(_ job: ScheduledJob) -> RecordKey {
        switch job.scope {
        case .global: RecordKey("scheduler/global", job.id)
        case .instance: RecordKey("scheduler/instance/\(instanceID)", job.id)
        }
    }

    /// What is remembered of a job; a record that cannot be read counts as none: the job runs again.
    func read(_ job: ScheduledJob) async throws(StorageError) -> JobRecord {
        do throws(StorageError) {
            return Self.decode(try await storage.read(key(job))?.bytes)
        } catch {
            if error.kind == .corrupt { return JobRecord() }
            throw error
        }
    }

    /// Changes what is remembered; others that changed it meanwhile are not undone.
    @discardableResult
    func update(
        _ job: ScheduledJob, nowMs: Int64, _ change: @Sendable (inout JobRecord) -> Void
    ) async throws(StorageError) -> JobRecord {
        let record = try await storage.update(key(job), updatedMs: nowMs) { bytes throws(StorageError) in
            var record = Self.decode(bytes)
            change(&record)
            do throws(JSONCodingError) {
                return try JSONEncoding.bytes(of: record)
            } catch {
                throw StorageError(.invalid, "The record of the job \(job.id) cannot be written: \(error.message)")
            }
        }
        return Self.decode(record?.bytes)
    }

    private static func decode(_ bytes: [UInt8]?) -> JobRecord {
        guard let bytes, let json = try? JSON(parsing: bytes), let record: JobRecord = try? json.decode() else {
            return JobRecord()
        }
        return record
    }
}
