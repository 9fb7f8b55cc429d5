import Testing

/// The five wire protocols the scripted server speaks.
package enum ModelProtocol: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case openAIChat = "openai-chat"
    case openAIResponses = "openai-responses"
    case anthropic
    case google
    case bedrock

    /// The value of `api` in the config.
    package var api: String { rawValue }
    package var testDescription: String { rawValue }

    /// What stands before the path that the protocol adds; config's `base_url` is this below `http://127.0.0.1:PORT`.
    package var basePath: String {
        switch self {
        case .openAIChat: "/openai/v1"
        case .openAIResponses: "/responses/v1"
        case .anthropic: "/anthropic/v1"
        case .google: "/google/v1beta"
        case .bedrock: "/bedrock"
        }
    }

    /// The protocol of a request path without query, and the model in the path where there is one.
    static func of(path: String) -> (ModelProtocol, model: String?)? {
        switch path {
        case "/openai/v1/chat/completions": return (.openAIChat, nil)
        case "/responses/v1/responses": return (.openAIResponses, nil)
        case "/anthropic/v1/messages": return (.anthropic, nil)
        default: break
        }
        for (proto, prefix, suffix) in [
            (ModelProtocol.google, "/google/v1beta/models/", ":streamGenerateContent"),
            (.bedrock, "/bedrock/model/", "/converse-stream"),
        ]
        where path.hasPrefix(prefix) && path.hasSuffix(suffix)
            && path.utf8.count > prefix.utf8.count + suffix.utf8.count
        {
            return (proto, String(path.dropFirst(prefix.count).dropLast(suffix.count)))
        }
        return nil
    }
}
