package import Support

/// JSON-RPC 2.0 as values, and a child process that speaks it line by line.
///
/// What may enter: framing, messages, correlation; nothing that knows a protocol built on top. MCP, ACP, A2A, language servers
/// and plugins call it.

/// The id of a request: a string or an integer. `0` and `""` are ids like any other; `null` is none.
package enum JSONRPCID: Sendable, Hashable {
    case number(Int64)
    case string(String)

    /// Nil for anything but a string or an integer.
    package init?(_ json: JSON?) {
        if let text = json?.stringValue {
            self = .string(text)
        } else if let number = json?.intValue {
            self = .number(number)
        } else {
            return nil
        }
    }

    /// As it goes over the wire.
    package var json: JSON {
        switch self {
        case .number(let number): .int(number)
        case .string(let text): .string(text)
        }
    }
}

/// The `error` of a response (JSON-RPC 2.0 §5.1).
package struct JSONRPCError: Error, Sendable, Equatable {
    package var code: Int64
    package var message: String
    package var data: JSON?

    package init(code: Int64, message: String, data: JSON? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// The text is not JSON.
    package static let parseErrorCode: Int64 = -32700
    /// The JSON is no request.
    package static let invalidRequestCode: Int64 = -32600
    /// No such method.
    package static let methodNotFoundCode: Int64 = -32601
    /// The parameters are not right.
    package static let invalidParamsCode: Int64 = -32602
    /// The other side failed.
    package static let internalErrorCode: Int64 = -32603

    var json: JSON {
        var object: JSONObject = ["code": .int(code), "message": .string(message)]
        object["data"] = data
        return .object(object)
    }
}

/// One message. Batches do not exist here (only MCP 2025-03-26 had them; they are refused).
package enum JSONRPCMessage: Sendable, Equatable {
    case request(id: JSONRPCID, method: String, params: JSON?)
    case notification(method: String, params: JSON?)
    case response(id: JSONRPCID, result: JSON)
    /// `id` is nil when the other side could not read the request.
    case failure(id: JSONRPCID?, error: JSONRPCError)

    /// - Throws: what to answer: `invalidRequest` for JSON that is no message.
    package init(_ json: JSON) throws(JSONRPCError) {
        guard let object = json.objectValue else {
            throw JSONRPCError(
                code: JSONRPCError.invalidRequestCode,
                message: "A message is an object, not \(json.kindName); batches are not supported.")
        }
        if let method = object["method"] {
            guard let method = method.stringValue else {
                throw JSONRPCError(code: JSONRPCError.invalidRequestCode, message: "'method' is not a string.")
            }
            guard let id = object["id"] else {
                self = .notification(method: method, params: object["params"])
                return
            }
            guard let id = JSONRPCID(id) else {
                throw JSONRPCError(
                    code: JSONRPCError.invalidRequestCode, message: "'id' is neither a string nor an integer.")
            }
            self = .request(id: id, method: method, params: object["params"])
        } else if let error = object["error"]?.objectValue {
            self = .failure(
                id: JSONRPCID(object["id"]),
                error: JSONRPCError(
                    code: error["code"]?.intValue ?? JSONRPCError.internalErrorCode,
                    message: error["message"]?.stringValue ?? "The other side gave no reason.", data: error["data"]))
        } else if let result = object["result"], let id = JSONRPCID(object["id"]) {
            self = .response(id: id, result: result)
        } else {
            throw JSONRPCError(
                code: JSONRPCError.invalidRequestCode,
                message: "The message has neither 'method' nor 'result' nor 'error'.")
        }
    }

    /// Reads one message from its bytes.
    /// - Throws: what to answer: `parseError` or `invalidRequest`.
    package init(parsing bytes: [UInt8]) throws(JSONRPCError) {
        let json: JSON
        do throws(JSONParseError) { json = try JSON(parsing: bytes) } catch {
            throw JSONRPCError(code: JSONRPCError.parseErrorCode, message: "Not JSON: \(error.message)")
        }
        try self.init(json)
    }

    /// As it goes over the wire.
    package var json: JSON {
        var object: JSONObject = ["jsonrpc": "2.0"]
        switch self {
        case .request(let id, let method, let params):
            object["id"] = id.json
            object["method"] = .string(method)
            object["params"] = params
        case .notification(let method, let params):
            object["method"] = .string(method)
            object["params"] = params
        case .response(let id, let result):
            object["id"] = id.json
            object["result"] = result
        case .failure(let id, let error):
            object["id"] = id?.json ?? .null
            object["error"] = error.json
        }
        return .object(object)
    }

    /// One line of NDJSON: compact JSON (which has no line break in it) and LF.
    package var line: [UInt8] { json.bytes() + [0x0A] }
}
