package import Schema
package import Support

/// What a model's stream says, independent of the wire format.
///
/// Order: content in the order of the stream; a tool call is start, deltas, end; reasoning is start, deltas, end;
/// `usage` (the last one counts) and then `finish` close a complete stream. A stream without `finish` never ends normally:
/// it throws `streamCut`.
package enum ModelEvent: Sendable, Equatable {
    case textDelta(String)
    case reasoningStart
    case reasoningDelta(String)
    /// `native`: signature or encrypted content to send back with the text, tagged with its protocol; nil when there is none.
    case reasoningEnd(native: JSON?)
    /// `id` is the provider's call id, made up when it sends none, unique within the stream.
    case toolCallStart(id: String, name: String)
    case toolCallDelta(id: String, delta: String)
    /// `arguments` is the complete text as sent; it may be no valid JSON, see `ToolArguments`.
    case toolCallEnd(id: String, name: String, arguments: String)
    case usage(TokenUsage)
    /// `raw` is the provider's own word.
    case finish(FinishReason, raw: String?)
}

/// Reads the arguments of a tool call. Pure.
package enum ToolArguments {
    /// The arguments as an object, or a sentence for the model that says why they are not one.
    ///
    /// Empty text and `null` are an empty object, as several providers send it for a tool without parameters; arguments that
    /// were encoded twice are decoded twice.
    package static func parse(_ text: String) -> Result<JSON, MalformedArguments> {
        let isBlank = text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        if isBlank { return .success(.object(JSONObject())) }
        do {
            let json = try JSON(parsing: text)
            switch json {
            case .object: return .success(json)
            case .null: return .success(.object(JSONObject()))
            case .string(let inner):
                if let nested = try? JSON(parsing: inner), case .object = nested { return .success(nested) }
                return .failure(MalformedArguments(message: "The arguments are a JSON string, not an object."))
            default:
                return .failure(MalformedArguments(message: "The arguments are JSON, but not an object."))
            }
        } catch {
            return .failure(
                MalformedArguments(message: "The arguments are not valid JSON: \(error.message)."))
        }
    }
}

/// Why a tool call's arguments cannot be used; `message` is a sentence that can be sent to the model.
package struct MalformedArguments: Error, Sendable, Equatable {
    package var message: String
}
