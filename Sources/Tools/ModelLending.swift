package import Permissions
import Support

/// A request for one answer of the session's model: no tools, nothing of the conversation.
package struct ModelLoan: Sendable, Equatable {
    /// One message.
    package struct Message: Sendable, Equatable {
        /// False: the model's own.
        package var isUser: Bool
        package var text: String

        /// See the properties.
        package init(isUser: Bool, text: String) {
            self.isUser = isUser
            self.text = text
        }
    }

    package var system: String?
    /// Oldest first, at least one; the last one is the user's.
    package var messages: [Message]
    /// The lender may give less.
    package var maxTokens: Int
    /// Nil leaves it to the provider.
    package var temperature: Double?

    /// See the properties.
    package init(system: String?, messages: [Message], maxTokens: Int, temperature: Double? = nil) {
        self.system = system
        self.messages = messages
        self.maxTokens = maxTokens
        self.temperature = temperature
    }
}

/// What the model said.
package struct ModelLoanAnswer: Sendable, Equatable {
    /// At most 64 KiB.
    package var text: String
    /// `provider/model`.
    package var model: String
    /// True when `maxTokens` ended it.
    package var isCut: Bool

    /// See the properties.
    package init(text: String, model: String, isCut: Bool) {
        self.text = text
        self.model = model
        self.isCut = isCut
    }
}

/// Lends the session's model to others, an answer at a time.
package protocol ModelLender: Sendable {
    /// The model's name, for whoever is asked.
    var modelName: String { get }
    /// Makes one request when the demand is granted; what it costs is the session's. Cancelling the task ends ask and request.
    /// - Throws: `denied`, `cancelled`, `failed`.
    func answer(_ loan: ModelLoan, _ demand: PermissionDemand) async throws(ToolError) -> ModelLoanAnswer
}
