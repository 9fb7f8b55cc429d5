import Support

/// Checks every request for what a strict provider would refuse, and for what no provider may be told.
struct RequestChecker {
    /// Must never be in a body or in a URL.
    var canary: String
    /// Raw bytes of the tools by session (protocol and first user message), as first seen.
    private var toolsBySession: [String: [UInt8]] = [:]

    /// False: the tools may change within a session, as they do when an MCP server's list changes.
    var wantsSameTools: Bool

    init(canary: String, wantsSameTools: Bool = true) {
        self.canary = canary
        self.wantsSameTools = wantsSameTools
    }

    /// Sentences about everything wrong with the request, empty when it is clean.
    mutating func problems(of request: RecordedRequest) -> [String] {
        var found = request.conversation.problems
        if request.json.objectValue == nil { found.append("the body is not a JSON object") }
        found += pairingProblems(request.turns) + roleProblems(request) + toolProblems(request.tools)
        found += authProblems(request) + sameToolsProblems(request)
        if !canary.isEmpty, request.body.holds(Array(canary.utf8)) { found.append("the secret is in the body") }
        if !canary.isEmpty, Array((request.path + request.query).utf8).holds(Array(canary.utf8)) {
            found.append("the secret is in the URL")
        }
        return found.map { "Request \(request.index) (\(request.wire.rawValue)): \($0)." }
    }

    /// Each result needs its call, each call its result before the conversation goes on; ids are unique.
    private func pairingProblems(_ turns: [Conversation.Turn]) -> [String] {
        var found: [String] = []
        var pending: [(id: String?, name: String)] = []
        var seen: Set<String> = []
        func closePending(before what: String) {
            for call in pending { found.append("call “\(call.id ?? call.name)” has no result before \(what)") }
            pending = []
        }
        for turn in turns {
            let hasResult = turn.items.contains { if case .result = $0 { true } else { false } }
            if !hasResult { closePending(before: "the next \(turn.role) message") }
            for item in turn.items {
                switch item {
                case .call(let id, let name, let arguments):
                    if turn.role != "assistant" { found.append("a call stands in a \(turn.role) message") }
                    if name.isEmpty { found.append("a call has no name") }
                    if arguments == nil { found.append("the arguments of call “\(id ?? name)” are no JSON object") }
                    if let id {
                        if id.isEmpty { found.append("a call of \(name) has an empty id") }
                        if !seen.insert(id).inserted { found.append("call id “\(id)” is used twice") }
                    }
                    pending.append((id, name))
                case .result(let id, let name, _):
                    if id == "" || (id == nil && (name ?? "").isEmpty) { found.append("a result has an empty id") }
                    let match = pending.firstIndex { id != nil && $0.id != nil ? $0.id == id : $0.name == name }
                    if let match {
                        pending.remove(at: match)
                    } else {
                        found.append("the result “\(id ?? name ?? "")” answers no call of the message before it")
                    }
                case .text, .other: break
                }
            }
        }
        closePending(before: "the end")
        return found
    }

    private func roleProblems(_ request: RecordedRequest) -> [String] {
        var found: [String] = []
        if request.turns.first?.role != "user" { found.append("the first message is not the user's") }
        if request.turns.last?.role == "assistant" { found.append("the last message is the assistant's") }
        let mustAlternate = [ModelProtocol.anthropic, .google, .bedrock].contains(request.wire)
        for (before, after) in zip(request.turns, request.turns.dropFirst())
        where mustAlternate && before.role == after.role {
            found.append("two \(after.role) messages follow each other")
        }
        return found
    }

    private func toolProblems(_ tools: [(name: String, schema: JSON)]) -> [String] {
        var found: [String] = []
        var names: Set<String> = []
        for (name, schema) in tools {
            let legal = name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                    || byte == 0x5f || byte == 0x2d
            }
            if !legal || !(1...64).contains(name.utf8.count) { found.append("tool name “\(name)” is not legal") }
            if !names.insert(name).inserted { found.append("tool “\(name)” is offered twice") }
            let type = schema["type"]?.stringValue?.lowercased()
            guard type == "object", let properties = schema["properties"]?.objectValue else {
                found.append("the schema of tool “\(name)” is no object schema with properties")
                continue
            }
            for required in schema["required"]?.arrayValue ?? [] {
                guard let key = required.stringValue, properties[key] != nil else {
                    found.append("tool “\(name)” requires \(required.text()), which is no property")
                    continue
                }
            }
        }
        return found
    }

    private func authProblems(_ request: RecordedRequest) -> [String] {
        guard !canary.isEmpty else { return [] }
        let authorization = request.header("authorization") ?? ""
        switch request.wire {
        case .openAIChat, .openAIResponses:
            return authorization == "Bearer \(canary)" ? [] : ["the authorization header is not the bearer key"]
        case .anthropic:
            var found = request.header("x-api-key") == canary ? [] : ["the x-api-key header is not the key"]
            if request.header("anthropic-version") == nil { found.append("the anthropic-version header is missing") }
            return found
        case .google: return request.header("x-goog-api-key") == canary ? [] : ["x-goog-api-key is not the key"]
        case .bedrock:
            let signed =
                authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=") && authorization.contains("SignedHeaders=")
                && authorization.contains("Signature=") && request.header("x-amz-date") != nil
            return authorization == "Bearer \(canary)" || signed
                ? [] : ["the authorization header is neither the bearer key nor a signature"]
        }
    }

    /// The tools must be the same bytes in every request of a session; requests without tools (titles) do not count.
    private mutating func sameToolsProblems(_ request: RecordedRequest) -> [String] {
        guard wantsSameTools, !request.tools.isEmpty else { return [] }
        let key = request.wire == .bedrock ? "toolConfig" : "tools"
        guard let bytes = RawMember.bytes(of: key, in: request.body) else { return ["the tools cannot be found"] }
        let session = "\(request.wire.rawValue) \(request.userTexts.first ?? "")"
        defer { toolsBySession[session] = bytes }
        guard let before = toolsBySession[session], before != bytes else { return [] }
        return ["the tools are not the same bytes as in the session's request before"]
    }
}

/// Finds the raw bytes of a member of the outermost object of a valid JSON text.
enum RawMember {
    static func bytes(of key: String, in body: [UInt8]) -> [UInt8]? {
        let wanted = Array(key.utf8)
        var depth = 0
        var index = 0
        var valueStart: Int?
        var lastString: ArraySlice<UInt8> = []
        while index < body.count {
            switch body[index] {
            case UInt8(ascii: "\""):
                let start = index + 1
                index = start
                while index < body.count, body[index] != UInt8(ascii: "\"") {
                    index += body[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                if depth == 1, valueStart == nil, index <= body.count { lastString = body[start..<index] }
            case UInt8(ascii: ":") where depth == 1 && valueStart == nil && lastString.elementsEqual(wanted):
                valueStart = index + 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0, let valueStart { return Array(body[valueStart..<index]) }
            case UInt8(ascii: ",") where depth == 1:
                if let valueStart { return Array(body[valueStart..<index]) }
                lastString = []
            default: break
            }
            index += 1
        }
        return nil
    }
}
