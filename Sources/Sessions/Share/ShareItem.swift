import Schema
import Support

/// One thing of a session that a share service keeps: the session itself, a message, or a part of an answer.
///
/// On the wire `{kind,key…,seq,data}`. Items are upserts: a service keeps, of those with one key, the one with the largest `seq`,
/// so that an item may be sent again and may come late.
enum ShareItem {
    /// A larger item is shortened before it is sent.
    static let maximumBytes = 192 << 10

    static func session(_ data: JSON, seq: Int64) -> JSON {
        ["kind": "session", "seq": .int(seq), "data": shortened(data) { _ in ["title": "[too large to share]"] }]
    }

    /// - Parameters:
    ///   - order: messages are shown in its order.
    ///   - parts: how many parts an answer has now; nil for other messages.
    static func message(_ id: String, order: Int64, parts: Int?, _ data: JSON, seq: Int64) -> JSON {
        var item: JSONObject = ["kind": "message", "id": .string(id), "order": .int(order), "seq": .int(seq)]
        if let parts { item["parts"] = .int(Int64(parts)) }
        item["data"] = shortened(data) { data in
            var rest: JSONObject = [
                "id": .string(id), "type": "synthetic", "text": "[This message is too large to share.]",
            ]
            rest["time"] = data["time"]
            return .object(rest)
        }
        return .object(item)
    }

    /// What says that a message is not part of the conversation any more.
    static func removed(_ id: String, seq: Int64) -> JSON {
        ["kind": "message", "id": .string(id), "order": 0, "seq": .int(seq), "removed": true]
    }

    static func part(_ message: String, index: Int, _ data: JSON, seq: Int64) -> JSON {
        [
            "kind": "part", "message": .string(message), "index": .int(Int64(index)), "seq": .int(seq),
            "data": shortened(data) { _ in ["type": "text", "text": "[This part is too large to share.]"] },
        ]
    }

    /// The session's info as strangers may see it.
    static func shown(_ info: SessionInfo) -> JSON? {
        guard let json = try? JSON(encoding: info), var object = json.objectValue else { return nil }
        for key in ["permissions", "revert", "share", "metadata", "forkedFrom", "fork", "parentID", "seq", "subpath"] {
            object[key] = nil
        }
        object["projectID"] = "shared"
        object["location"] = ["directory": "."]
        // Changes with everything that happens and says nothing to a reader that the messages do not say.
        if var time = object["time"]?.objectValue {
            time["viewed"] = nil
            object["time"] = .object(time)
        }
        return .object(object)
    }

    /// A message without what only our providers and our machine understand.
    static func shown(_ message: SessionMessage) -> JSON? {
        guard let json = try? JSON(encoding: message), var object = json.objectValue else { return nil }
        for key in ["native", "snapshot"] { object[key] = nil }
        if let content = object["content"]?.arrayValue {
            object["content"] = .array(
                content.map { item in
                    var item = item
                    if item["native"] != nil { item["native"] = nil }
                    return item
                })
        }
        if message.type == "location-switched" {
            object["location"] = ["directory": "."]
            object["projectID"] = nil
            object["subpath"] = nil
            object["previous"] = nil
        }
        return .object(object)
    }

    /// The value with its long texts cut until it is small enough.
    static func shortened(_ json: JSON, or replacement: (JSON) -> JSON) -> JSON {
        if json.bytes().count <= maximumBytes { return json }
        for limit in [64 << 10, 16 << 10, 4 << 10, 1 << 10, 256] {
            let cut = cut(json, limit)
            if cut.bytes().count <= maximumBytes { return cut }
        }
        return replacement(json)
    }

    private static func cut(_ json: JSON, _ limit: Int) -> JSON {
        switch json {
        case .string(let text):
            let count = text.utf8.count
            guard count > limit else { return json }
            if text.utf8.starts(with: "data:".utf8) { return "data:text/plain,not%20shared" }
            let head = UTF8Text.lossy(Array(text.utf8.prefix(limit)))
            return .string(head + "\n[\(count - limit) bytes more are not shared]")
        case .array(let values): return .array(values.map { cut($0, limit) })
        case .object(let object):
            var result = JSONObject()
            for (name, value) in object { result[name] = cut(value, limit) }
            return .object(result)
        default: return json
        }
    }
}
