/// A moment in a commit. Tests hook in here to see what a crash at this moment leaves behind, or to make the step fail.
package struct StorageStep: Sendable, Equatable, CustomStringConvertible {
    /// Before or after the operation took effect.
    package enum Phase: String, Sendable { case before, after }

    /// Before or after.
    package var phase: Phase
    /// `write`, `sync`, `rename`, `append`, `remove`, `begin`, `put`, `commit`, …
    package var operation: String
    /// The file or record it is about.
    package var target: String

    /// As in "before rename a.r".
    package var description: String { "\(phase.rawValue) \(operation) \(target)" }

    /// Called on the store's own thread, one step at a time; an error makes the operation fail there.
    package typealias Hook = @Sendable (StorageStep) throws(StorageError) -> Void
}
