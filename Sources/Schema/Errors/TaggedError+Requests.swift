import Support

extension TaggedError {
    /// `AgentNotFoundError`: No agent has this id.
    package static func agentNotFound(agentID: String, message: String) -> TaggedError {
        TaggedError("AgentNotFoundError", message, ["agentID": .string(agentID)])
    }

    /// `CommandExecutionError`: A command template could not be run.
    package static func commandExecution(command: String, message: String) -> TaggedError {
        TaggedError("CommandExecutionError", message, ["command": .string(command)])
    }

    /// `CommandNotFoundError`: No command has this name.
    package static func commandNotFound(command: String, message: String) -> TaggedError {
        TaggedError("CommandNotFoundError", message, ["command": .string(command)])
    }

    /// `ConflictError`: The same thing exists already, or changed meanwhile.
    package static func conflict(message: String, resource: String? = nil) -> TaggedError {
        TaggedError("ConflictError", message, ["resource": resource.map(JSON.string)])
    }

    /// `FileNotFoundError`: No file is at this path.
    package static func fileNotFound(path: String, message: String) -> TaggedError {
        TaggedError("FileNotFoundError", message, ["path": .string(path)])
    }

    /// `ForbiddenError`: The caller may not do that.
    package static func forbidden(message: String) -> TaggedError {
        TaggedError("ForbiddenError", message)
    }

    /// `FormAlreadySettledError`: The form was answered or withdrawn before.
    package static func formAlreadySettled(id: String, message: String) -> TaggedError {
        TaggedError("FormAlreadySettledError", message, ["id": .string(id)])
    }

    /// `FormInvalidAnswerError`: The answer does not fit the form.
    package static func formInvalidAnswer(id: String, message: String) -> TaggedError {
        TaggedError("FormInvalidAnswerError", message, ["id": .string(id)])
    }

    /// `FormNotFoundError`: No open form has this id.
    package static func formNotFound(id: String, message: String) -> TaggedError {
        TaggedError("FormNotFoundError", message, ["id": .string(id)])
    }

    /// `InstructionEntryValueTooLargeError`: An instruction entry is larger than allowed.
    package static func instructionEntryValueTooLarge(actualBytes: Int, maxBytes: Int, message: String) -> TaggedError {
        TaggedError(
            "InstructionEntryValueTooLargeError", message,
            ["actualBytes": .int(Int64(actualBytes)), "maxBytes": .int(Int64(maxBytes))])
    }

    /// `IntegrationAttemptNotFoundError`: No login attempt has this id.
    package static func integrationAttemptNotFound(
        integrationID: String, attemptID: String, message: String
    ) -> TaggedError {
        TaggedError(
            "IntegrationAttemptNotFoundError", message,
            ["integrationID": .string(integrationID), "attemptID": .string(attemptID)])
    }

    /// `IntegrationMethodNotFoundError`: The integration has no such way to log in.
    package static func integrationMethodNotFound(
        integrationID: String, methodID: String, message: String
    ) -> TaggedError {
        TaggedError(
            "IntegrationMethodNotFoundError", message,
            ["integrationID": .string(integrationID), "methodID": .string(methodID)])
    }

    /// `IntegrationNotFoundError`: No integration has this id.
    package static func integrationNotFound(integrationID: String, message: String) -> TaggedError {
        TaggedError("IntegrationNotFoundError", message, ["integrationID": .string(integrationID)])
    }

    /// `InvalidCursorError`: The cursor is malformed.
    package static func invalidCursor(message: String) -> TaggedError {
        TaggedError("InvalidCursorError", message)
    }

    /// `InvalidRequestError`: The request does not fit; `field` says where.
    package static func invalidRequest(message: String, kind: String? = nil, field: String? = nil) -> TaggedError {
        TaggedError("InvalidRequestError", message, ["kind": kind.map(JSON.string), "field": field.map(JSON.string)])
    }

    /// `LocationNotFoundError`: The directory does not exist.
    package static func locationNotFound(location: LocationRef, message: String) -> TaggedError {
        TaggedError("LocationNotFoundError", message, ["location": ["directory": .string(location.directory)]])
    }

    /// `McpServerNotFoundError`: No MCP server has this name.
    package static func mcpServerNotFound(server: String, message: String) -> TaggedError {
        TaggedError("McpServerNotFoundError", message, ["server": .string(server)])
    }

    /// `MessageNotFoundError`: The session has no such message.
    package static func messageNotFound(sessionID: String, messageID: String, message: String) -> TaggedError {
        TaggedError(
            "MessageNotFoundError", message, ["sessionID": .string(sessionID), "messageID": .string(messageID)])
    }
}
