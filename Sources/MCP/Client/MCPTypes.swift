package import Support

/// A tool as its server describes it. All text is the server's: hostile wherever it is shown.
package struct MCPTool: Sendable, Equatable {
    package var name: String
    package var title: String?
    package var description: String
    /// JSON Schema of the arguments; always an object schema.
    package var inputSchema: JSON
    package var outputSchema: JSON?
    /// Hints that are not to be trusted.
    package var annotations: JSON?
    var headerParameters: HeaderParameters?

    /// The most bytes of a schema; a larger one makes the tool unusable.
    package static let maxSchemaBytes = 256 << 10

    /// Nil when the name or the schema is not usable.
    init?(_ json: JSON) {
        guard let name = json["name"]?.stringValue, !name.isEmpty, name.utf8.count <= 1024 else { return nil }
        self.name = name
        title = json["title"]?.stringValue ?? json["annotations"]?["title"]?.stringValue
        description = String((json["description"]?.stringValue ?? "").prefix(16_384))
        var schema = json["inputSchema"]?.objectValue ?? [:]
        schema["type"] = "object"
        if schema["properties"]?.objectValue == nil { schema["properties"] = .object([:]) }
        inputSchema = .object(schema)
        guard inputSchema.bytes().count <= Self.maxSchemaBytes else { return nil }
        outputSchema = json["outputSchema"]
        annotations = json["annotations"]
    }

    /// What a user approved is this text: a change of it asks again.
    package var fingerprint: String {
        SHA256Hash.hex(
            of: JSON.array([.string(name), .string(description), inputSchema, outputSchema ?? .null]).bytes(
                .compact, sortedKeys: true))
    }

    /// As `mcp tools --json` and the HTTP API show it.
    package var json: JSON {
        var object: JSONObject = [
            "name": .string(name), "description": .string(description), "inputSchema": inputSchema,
        ]
        object["title"] = title.map { .string($0) }
        object["outputSchema"] = outputSchema
        object["annotations"] = annotations
        return .object(object)
    }
}

/// A prompt of a server.
package struct MCPPrompt: Sendable, Equatable {
    /// An argument of a prompt; its value is a string.
    package struct Argument: Sendable, Equatable {
        package var name: String
        package var description: String?
        package var isRequired: Bool
    }

    package var name: String
    package var title: String?
    package var description: String?
    package var arguments: [Argument]

    init?(_ json: JSON) {
        guard let name = json["name"]?.stringValue, !name.isEmpty else { return nil }
        self.name = name
        title = json["title"]?.stringValue
        description = json["description"]?.stringValue
        arguments = (json["arguments"]?.arrayValue ?? []).compactMap { argument in
            guard let name = argument["name"]?.stringValue else { return nil }
            return Argument(
                name: name, description: argument["description"]?.stringValue,
                isRequired: argument["required"]?.boolValue ?? false)
        }
    }

    /// As the protocol has it.
    package var json: JSON {
        var object: JSONObject = ["name": .string(name)]
        object["title"] = title.map { .string($0) }
        object["description"] = description.map { .string($0) }
        object["arguments"] = .array(
            arguments.map { argument in
                var object: JSONObject = ["name": .string(argument.name)]
                object["description"] = argument.description.map { .string($0) }
                object["required"] = .bool(argument.isRequired)
                return .object(object)
            })
        return .object(object)
    }
}

/// A resource, or a template of resources when `isTemplate`.
package struct MCPResource: Sendable, Equatable {
    /// The URI, or the URI template (RFC 6570).
    package var uri: String
    package var name: String
    package var title: String?
    package var description: String?
    package var mimeType: String?
    package var sizeBytes: Int64?
    package var isTemplate: Bool

    init?(_ json: JSON, isTemplate: Bool) {
        guard let uri = json[isTemplate ? "uriTemplate" : "uri"]?.stringValue, !uri.isEmpty else { return nil }
        self.uri = uri
        self.isTemplate = isTemplate
        name = json["name"]?.stringValue ?? uri
        title = json["title"]?.stringValue
        description = json["description"]?.stringValue
        mimeType = json["mimeType"]?.stringValue
        sizeBytes = json["size"]?.intValue
    }

    /// As the protocol has it.
    package var json: JSON {
        var object: JSONObject = [isTemplate ? "uriTemplate" : "uri": .string(uri), "name": .string(name)]
        object["title"] = title.map { .string($0) }
        object["description"] = description.map { .string($0) }
        object["mimeType"] = mimeType.map { .string($0) }
        object["size"] = sizeBytes.map { .int($0) }
        return .object(object)
    }
}

/// What a tool answered.
package struct MCPToolResult: Sendable, Equatable {
    /// Items as the protocol has them: text, image, audio, resource_link, resource.
    package var content: [JSON]
    package var structuredContent: JSON?
    package var isError: Bool

    package init(_ json: JSON) {
        content = json["content"]?.arrayValue ?? []
        structuredContent = json["structuredContent"]
        isError = json["isError"]?.boolValue ?? false
    }

    /// The text items and embedded text resources, joined by blank lines; links as their URI; the structured content when there is
    /// nothing else.
    package var text: String {
        let parts = content.compactMap { item -> String? in
            switch item["type"]?.stringValue {
            case "text": item["text"]?.stringValue
            case "resource": item["resource"]?["text"]?.stringValue
            case "resource_link":
                item["uri"]?.stringValue.map { uri in
                    "\(item["name"]?.stringValue.map { "\($0): " } ?? "")\(uri)"
                }
            default: nil
            }
        }
        if parts.isEmpty, let structuredContent { return structuredContent.text() }
        return parts.joined(separator: "\n\n")
    }

    /// As the HTTP API gives it.
    package var json: JSON {
        var object: JSONObject = ["content": .array(content), "isError": .bool(isError)]
        object["structuredContent"] = structuredContent
        return .object(object)
    }
}

/// What a server said of itself when the connection was made.
package struct MCPServerFacts: Sendable, Equatable {
    package var era: MCPEra
    package var name: String
    package var version: String
    package var instructions: String?
    package var capabilities: JSON

    /// True when the server has this capability (`tools`, `prompts`, `resources`, `completions`, `logging`).
    package func has(_ capability: String) -> Bool { capabilities[capability] != nil }
}

/// Progress of a call.
package struct MCPProgress: Sendable, Equatable {
    package var progress: Double
    package var total: Double?
    package var message: String?
}

/// What a server tells without being asked. Identical ones that follow each other quickly are told once.
package enum MCPNotice: Sendable, Equatable {
    case toolsChanged
    case promptsChanged
    case resourcesChanged
    case resourceUpdated(uri: String)
    /// A log line of the server: level, logger, text.
    case log(level: String, text: String)
    /// The connection is over.
    case closed(MCPError)
}
