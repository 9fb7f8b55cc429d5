import Support

extension ErrorBody {
    /// What an error body of any provider says.
    struct Facts {
        /// The provider's type, code and status words, in lower case, joined by spaces.
        var type: String
        /// The provider's sentence, as sent; may be empty.
        var message: String
        /// A status in the body.
        var status: Int?
        /// A wish in the body.
        var retryAfterMs: Int64?

        init(plain text: String) {
            type = ""
            // A page of HTML explains nothing.
            let start = text.utf8.first { $0 > 0x20 }
            message = start == UInt8(ascii: "<") ? "" : text
        }

        init(_ json: JSON, type outer: String?) {
            // Google sends an array of one object when it does not stream.
            let root = json[0] ?? json
            let error: JSON
            switch root["error"] {
            case .object(let object)?: error = .object(object)
            default: error = root
            }
            var words = [outer, root["type"]?.stringValue, error["type"]?.stringValue]
            words.append(error["code"]?.stringValue)
            words.append(error["status"]?.stringValue)
            words.append(root["code"]?.stringValue)
            for detail in error["details"]?.arrayValue ?? [] { words.append(detail["reason"]?.stringValue) }
            type = words.compactMap { $0 }.joined(separator: " ").lowercased()
            message =
                error["message"]?.stringValue ?? root["message"]?.stringValue ?? root["Message"]?.stringValue
                ?? root["error"]?.stringValue ?? root["detail"]?.stringValue
                ?? root["detail"]?[0]?["msg"]?.stringValue ?? root["errors"]?[0]?["message"]?.stringValue
                ?? root["originalMessage"]?.stringValue ?? ""
            // OpenRouter hides the upstream's words in metadata.raw.
            if let raw = error["metadata"]?["raw"]?.stringValue, !raw.isEmpty { message += " (\(raw))" }
            for candidate in [error["code"], error["status"], root["status"], error["http_code"]] {
                if let number = candidate?.intValue, (400..<600).contains(number) {
                    status = Int(number)
                    break
                }
            }
            for detail in error["details"]?.arrayValue ?? [] {
                // `"retryDelay": "34s"`.
                guard let delay = detail["retryDelay"]?.stringValue, delay.hasSuffix("s"),
                    let seconds = Double(delay.dropLast()), seconds >= 0, seconds < 1e9
                else { continue }
                retryAfterMs = Int64((seconds * 1_000).rounded(.up))
            }
        }

        /// Money or a quota is used up: waiting does not help.
        var isPermanent: Bool {
            has(["insufficient_quota", "billing", "credit balance", "exceeded_current_quota", "insufficient balance"])
        }

        func kind(status: Int?) -> ProviderError.Code {
            if isOverflow(status: status) { return .contextOverflow }
            if typeHas(["content_filter", "content_policy", "contentfilter", "responsibleaipolicy"]) {
                return .contentFilter
            }
            if typeHas([
                "api_key_invalid", "invalid_api_key", "authentication", "permission_error", "permission_denied",
                "accessdenied", "unrecognizedclient", "expiredtoken", "invalidsignature",
            ]) {
                return .authentication
            }
            switch status {
            case 401?, 403?: return .authentication
            case 408?, 504?: return .timeout
            case 429?: return .rateLimited
            case 424?: return .server
            case 425?, 503?, 529?: return .overloaded
            case .some(500...): return .server
            case .some(400..<500): return .badRequest
            default: break
            }
            if typeHas(["overloaded", "unavailable", "capacity", "modelnotready"]) { return .overloaded }
            if typeHas(["rate_limit", "ratelimit", "throttl", "resource_exhausted", "too_many_requests", "quota"]) {
                return .rateLimited
            }
            if typeHas(["timeout", "deadline"]) { return .timeout }
            if typeHas(["invalid", "validation", "not_found", "bad_request", "failed_precondition"]) {
                return .badRequest
            }
            return .server
        }

        private static let overflowTypes = [
            "context_length_exceeded", "exceed_context_size_error", "context_window_exceeded", "request_too_large",
            "model_max_prompt_tokens_exceeded", "string_above_max_length",
        ]
        private static let overflowSentences = [
            "prompt is too long", "input is too long", "maximum context length", "exceeds the available context size",
            "exceeds the context window", "context window exceeds", "exceed context limit",
            "exceeds the maximum number of tokens",
            "maximum prompt length is", "reduce the length of the messages", "greater than the context length",
            "too large for model with", "exceeded model token limit", "exceeded max context length",
            "prompt exceeds max length",
            "prompt token count of", "context length is only", "too many input tokens", "input tokens exceed",
            "larger than the maximum context", "context size has been exceeded", "model_context_window_exceeded",
            "longer than the model's context length", "tokens in request more than max tokens allowed",
        ]

        private func isOverflow(status: Int?) -> Bool {
            // Limits a minute are spoken of in the same words.
            if status == 429 || status == 401 || status == 403 { return false }
            return typeHas(Self.overflowTypes) || has(Self.overflowSentences)
        }

        private func typeHas(_ words: [String]) -> Bool { words.contains { type.utf8Contains($0) } }

        private func has(_ sentences: [String]) -> Bool {
            let text = (type + " " + message.prefix(4_096)).lowercased()
            return sentences.contains { text.utf8Contains($0) }
        }

        /// For a message of ours: one line, at most 400 characters, no full stop, nothing that controls a terminal.
        static func shown(_ text: String) -> String {
            var line = HostileText.escaped(String(text.prefix(400)), multiline: false)
            while let last = line.last, last == "." || last == " " { line.removeLast() }
            return line.isEmpty ? "no explanation" : line
        }
    }
}
