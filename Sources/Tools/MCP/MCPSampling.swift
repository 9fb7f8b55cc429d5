import JSONRPC
import MCP
import Permissions
import Support
import Synchronization

/// Answers the `sampling/createMessage` requests that a server makes during one call of one of its tools.
///
/// Everything in a request is the server's and hostile. The user is asked with its whole text (permission `mcp`, resource
/// `sampling:<server>`), so what is too long to be shown is refused. The model gets nothing but that text, and no tools.
final class MCPSampling: Sendable {
    /// The most text of one request, system prompt included, in bytes.
    static let maxBytes = 16_384
    /// The most messages of one request.
    static let maxMessages = 32
    /// The most tokens of one answer.
    static let maxTokens = 4_096
    /// The most requests of one tool call.
    static let maxRequests = 16

    private let server: String
    private let lender: any ModelLender
    private let count = Mutex(0)

    init(server: String, lender: any ModelLender) {
        self.server = server
        self.lender = lender
    }

    /// Asks, and lets the model answer.
    /// - Returns: a `CreateMessageResult`.
    /// - Throws: `server` with the JSON-RPC error: -32602 for a request that cannot be served, -1 for a refusal, -32603 when the
    ///   model gave no answer.
    func answer(_ params: JSON) async throws(MCPError) -> JSON {
        let isTooMuch = count.withLock { count in
            count += 1
            return count > Self.maxRequests
        }
        guard !isTooMuch else {
            throw .server(-1, "\(Self.maxRequests) answers of the model are the most that one tool call gets.", nil)
        }
        let (loan, stops) = try Self.loan(params)
        let answer: ModelLoanAnswer
        do throws(ToolError) { answer = try await lender.answer(loan, demand(loan)) } catch {
            throw Self.refusal(error)
        }
        var text = answer.text
        var reason = answer.isCut ? "maxTokens" : "endTurn"
        if let stop = stops.compactMap({ text.firstRange(of: $0)?.lowerBound }).min() {
            text = String(text[..<stop])
            reason = "stopSequence"
        }
        return [
            "role": "assistant", "content": ["type": "text", "text": .string(text)], "model": .string(answer.model),
            "stopReason": .string(reason),
        ]
    }

    /// The permission that is needed. Its title is the whole text that would go to the model; the bar before each line keeps it apart
    /// from what we say.
    private func demand(_ loan: ModelLoan) -> PermissionDemand {
        let resource = "sampling:\(server)"
        var lines = [
            "Let \(lender.modelName) answer the MCP server '\(server)' (at most \(loan.maxTokens) tokens). It sends:"
        ]
        func add(_ who: String, _ text: String) {
            lines.append("\(who):")
            lines += text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { "| \($0)" }
        }
        if let system = loan.system { add("system", system) }
        for message in loan.messages { add(message.isUser ? "user" : "assistant", message.text) }
        return PermissionDemand(
            permission: "mcp", patterns: [resource], always: [resource],
            metadata: ["server": .string(server), "model": .string(lender.modelName)],
            title: lines.joined(separator: "\n"))
    }

    /// What the server hears of a failure: no rule, no file, nothing of the provider.
    private static func refusal(_ error: ToolError) -> MCPError {
        switch error.kind {
        case .denied:
            let isUser = error.denial?.rule == "rejected"
            return .server(
                -1, isUser ? "The user rejected the sampling request." : "Sampling is not allowed here.",
                ["reason": .string(isUser ? "rejected" : "denied")])
        case .cancelled: return .server(-1, "The sampling request was cancelled.", ["reason": "cancelled"])
        default: return .server(JSONRPCError.internalErrorCode, "The model gave no answer.", ["reason": "failed"])
        }
    }

    /// Reads a request.
    /// - Returns: what to ask, and the texts that end the answer.
    static func loan(_ params: JSON) throws(MCPError) -> (loan: ModelLoan, stops: [String]) {
        func refuse(_ why: String) -> MCPError { .server(JSONRPCError.invalidParamsCode, why, nil) }
        guard params["tools"] == nil, params["toolChoice"] == nil else {
            throw refuse("Tools in sampling are not offered (sampling.tools).")
        }
        guard let wanted = params["maxTokens"]?.intValue, wanted >= 1 else { throw refuse("maxTokens is missing.") }
        guard let list = params["messages"]?.arrayValue, !list.isEmpty, list.count <= maxMessages else {
            throw refuse("1 to \(maxMessages) messages are wanted.")
        }
        var messages: [ModelLoan.Message] = []
        for item in list {
            let role = item["role"]?.stringValue
            guard role == "user" || role == "assistant" else { throw refuse("A role is neither user nor assistant.") }
            let blocks = item["content"]?.arrayValue ?? [item["content"] ?? .null]
            var texts: [String] = []
            for block in blocks {
                guard block["type"]?.stringValue == "text", let text = block["text"]?.stringValue else {
                    throw refuse("Only text is taken, no \(block["type"]?.stringValue?.prefix(40) ?? "content").")
                }
                texts.append(text)
            }
            messages.append(ModelLoan.Message(isUser: role == "user", text: texts.joined(separator: "\n")))
        }
        guard messages.last?.isUser == true else { throw refuse("The last message must be the user's.") }
        let system = params["systemPrompt"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let bytes = messages.reduce(system?.utf8.count ?? 0) { $0 + $1.text.utf8.count }
        guard bytes <= maxBytes else {
            throw refuse("\(bytes) bytes of text are too many to show to the user; \(maxBytes) are allowed.")
        }
        let temperature = params["temperature"]?.doubleValue.flatMap { (0...2).contains($0) ? $0 : nil }
        let stops = (params["stopSequences"]?.arrayValue ?? []).prefix(16).compactMap(\.stringValue)
        return (
            ModelLoan(
                system: system, messages: messages, maxTokens: Int(min(wanted, Int64(maxTokens))),
                temperature: temperature),
            stops.filter { !$0.isEmpty }
        )
    }
}
