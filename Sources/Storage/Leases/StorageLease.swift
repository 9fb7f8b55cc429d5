/// The right of one owner to do something until a time: to run a session, to run a job. Held across processes and, on a shared
/// database, across machines.
///
/// An owner that dies does not renew; whoever acquires the lease after its expiry finds the dead one in `previousOwner` and
/// puts in order what it left. Of several that try, one gets it.
package struct StorageLease: Sendable, Equatable {
    /// With the form of a record id: `run.ses_…`, `job.snapshot.cleanup`.
    package var name: String
    /// Who holds it; one text a process, see `StorageLease.newOwner`.
    package var owner: String
    /// Larger with every acquisition of this name: a holder that lost the lease has a smaller one than the holder of now.
    package var token: Int64
    /// Milliseconds until it ends, by the store's clock, when it was acquired, renewed or listed; not positive = expired.
    package var remainingMs: Int64
    /// The owner that let it expire without releasing it; set by `acquireLease` only.
    package var previousOwner: String?

    /// The value with these members; nothing is checked.
    package init(name: String, owner: String, token: Int64, remainingMs: Int64, previousOwner: String? = nil) {
        self.name = name
        self.owner = owner
        self.token = token
        self.remainingMs = remainingMs
        self.previousOwner = previousOwner
    }

    /// True when the owner did not renew it in time.
    package var isExpired: Bool { remainingMs <= 0 }

    /// Where the embedded backends keep them.
    package static let collection = "lease"
    /// The shortest and longest time a lease is given for.
    static let allowedMs: ClosedRange<Int64> = 1...86_400_000

    /// - Throws: `invalid` for a name, owner or length that is not possible.
    package static func check(_ name: String, owner: String, forMs: Int64) throws(StorageError) {
        try BatchValidation.check(RecordKey(collection, name))
        guard !owner.isEmpty, owner.utf8.count <= 500, owner.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            throw StorageError(.invalid, "A lease's owner is 1 to 500 bytes of printable ASCII.")
        }
        guard allowedMs.contains(forMs) else {
            throw StorageError(.invalid, "A lease of \(forMs) ms is not possible; ask for 1 ms to one day.")
        }
    }

    /// The answer to who comes too late.
    package static func held(_ name: String, by owner: String, remainingMs: Int64) -> StorageError {
        StorageError(
            .busy, "\(name) is held by \(owner) for the next \(max(0, remainingMs)) ms. Try again later.",
            holder: owner)
    }

    /// The answer to a holder that is none any more.
    package static func lost(_ lease: StorageLease) -> StorageError {
        StorageError(
            .conflict,
            "\(lease.owner) has lost \(lease.name): it was not renewed in time or was taken over. Stop the work it was for.",
            record: RecordKey(collection, lease.name))
    }
}
