package import Support

/// What a reader of a share gets: the session and its messages, put together from items. 2.1's `SessionTransferData`.
enum ShareDocument {
    private struct Message {
        var order: Int64
        var seq: Int64
        var parts: Int?
        var data: JSONObject
    }

    /// - Parameter items: one of each key, in any order; what is no item is passed over.
    static func assemble(_ items: [JSON]) -> JSON {
        var info: JSON = [:]
        var messages: [String: Message] = [:]
        var parts: [String: [Int: JSON]] = [:]
        for item in items {
            switch item["kind"]?.stringValue {
            case "session": info = item["data"] ?? [:]
            case "message":
                guard item["removed"]?.boolValue != true, let id = item["id"]?.stringValue,
                    let data = item["data"]?.objectValue
                else { continue }
                messages[id] = Message(
                    order: item["order"]?.intValue ?? 0, seq: item["seq"]?.intValue ?? 0,
                    parts: item["parts"]?.intValue.map { Int(clamping: $0) }, data: data)
            case "part":
                guard let id = item["message"]?.stringValue, let index = item["index"]?.intValue,
                    let data = item["data"]
                else { continue }
                parts[id, default: [:]][Int(clamping: index)] = data
            default: continue
            }
        }
        let sorted = messages.sorted { left, right in
            (left.value.order, left.key) < (right.value.order, right.key)
        }
        return [
            "info": info,
            "messages": .array(
                sorted.map { id, message in
                    var data = message.data
                    if let count = message.parts {
                        let content = (parts[id] ?? [:]).filter { $0.key < count }.sorted { $0.key < $1.key }
                        data["content"] = .array(content.map(\.value))
                    }
                    return .object(data)
                }),
        ]
    }
}

/// What a share would show, before anything is sent.
package struct SharePreview: Sendable, Equatable {
    package var sessionID: String
    /// The service that it would be sent to, without a credential.
    package var service: String
    package var messages: Int
    /// About how many bytes would be sent.
    package var bytes: Int
    /// Secrets that are taken out.
    package var secrets: Int
    /// Local paths that are taken out or made relative.
    package var paths: Int
    /// What readers would see.
    package var document: JSON

    package var json: JSON {
        [
            "sessionID": .string(sessionID), "service": .string(service), "dryRun": true,
            "messages": .int(Int64(messages)), "bytes": .int(Int64(bytes)),
            "redactions": ["secrets": .int(Int64(secrets)), "paths": .int(Int64(paths))], "document": document,
        ]
    }
}
