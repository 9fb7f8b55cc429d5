import Agents
import Permissions
import Schema
import Support

extension ExecutionResult {
    /// The `--format json` document of `run` (CONTRACT §2).
    var document: JSON {
        var object: JSONObject = [
            "sessionID": .string(sessionID), "messageID": .string(messageID), "text": .string(text),
            "finish": finish.map { .string($0.rawValue) } ?? .null, "usage": spending.usageDocument,
            "cost": .double(spending.cost), "steps": .int(Int64(steps)),
            "toolCalls": .array(
                toolCalls.map { ["id": .string($0.id), "name": .string($0.name), "status": .string($0.status)] }),
        ]
        if overhead.requests > 0 {
            object["overhead"] = [
                "usage": overhead.usageDocument, "cost": .double(overhead.cost),
                "requests": .int(Int64(overhead.requests)),
            ]
        }
        if !denials.isEmpty {
            object["denials"] = .array(
                denials.map { denial in
                    var fields = denial.json["error"]?.objectValue ?? JSONObject()
                    if let hint = denial.hint { fields["hint"] = .string(hint) }
                    return .object(fields)
                })
        }
        if let error {
            object["error"] = [
                "name": .string(error.type), "message": .string(error.message),
                "data": error.status.map { ["status": .int(Int64($0))] } ?? [:],
            ]
        }
        return .object(object)
    }
}

extension Spending {
    fileprivate var usageDocument: JSON {
        [
            "input": .int(Int64(tokens.input)), "output": .int(Int64(tokens.output)),
            "reasoning": .int(Int64(tokens.reasoning)), "cacheRead": .int(Int64(tokens.cache.read)),
            "cacheWrite": .int(Int64(tokens.cache.write)),
        ]
    }
}
