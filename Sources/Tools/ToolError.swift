package import Permissions
import Support

/// Why a call gave no result. The message goes to the model, which may try again.
package struct ToolError: AppError {
    /// Kinds of failures.
    package enum Kind: Sendable, Equatable {
        /// The arguments do not fit the schema or make no sense.
        case invalidArguments
        /// The file, agent, skill or tool does not exist.
        case notFound
        /// A permission rule or the user said no; the message is the JSON of CONTRACT §6.
        case denied
        /// Something changed underneath, or two things exclude each other.
        case conflict
        /// It took longer than it may.
        case timeout
        /// The user or the end of the run stopped it.
        case cancelled
        /// It was tried and did not work.
        case failed
    }

    /// The class of the failure.
    package let kind: Kind
    /// Whole sentences for the model, with the value and the next step.
    package let message: String
    /// The decision behind `denied`.
    package let denial: PermissionDenied?
    /// What caused it.
    package let underlying: (any Error)?

    /// A failure other than a denial.
    package init(_ kind: Kind, _ message: String, underlying: (any Error)? = nil) {
        self.kind = kind
        self.message = message
        self.denial = nil
        self.underlying = underlying
    }

    /// A denied call: the message is `{"error":{"name":"PermissionDeniedError",…}}`.
    package init(_ denial: PermissionDenied) {
        kind = .denied
        self.denial = denial
        underlying = nil
        message = denial.json.text()
    }

    /// True for a call that permission rules or the user refused.
    package var isDenial: Bool { kind == .denied }

    /// `tool.` and the kind.
    package var code: String { "tool.\(name)" }

    /// The type of the stored error.
    package var structuredType: String {
        switch kind {
        case .invalidArguments: "InvalidToolArgumentsError"
        case .notFound: "ToolNotFoundError"
        case .denied: "PermissionDeniedError"
        case .conflict: "ToolConflictError"
        case .timeout: "ToolTimeoutError"
        case .cancelled: "InterruptedError"
        case .failed: "ToolFailedError"
        }
    }

    private var name: String {
        switch kind {
        case .invalidArguments: "invalid_arguments"
        case .notFound: "not_found"
        case .denied: "denied"
        case .conflict: "conflict"
        case .timeout: "timeout"
        case .cancelled: "cancelled"
        case .failed: "failed"
        }
    }
}
