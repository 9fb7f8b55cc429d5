package import Support

extension TaggedError {
    /// `PermissionNotFoundError`: No open permission request has this id.
    package static func permissionNotFound(requestID: String, message: String) -> TaggedError {
        TaggedError("PermissionNotFoundError", message, ["requestID": .string(requestID)])
    }

    /// `PermissionSavedNotFoundError`: No saved approval has this id.
    package static func permissionSavedNotFound(id: String, message: String) -> TaggedError {
        TaggedError("PermissionSavedNotFoundError", message, ["id": .string(id)])
    }

    /// `ProjectNotFoundError`: No project has this id.
    package static func projectNotFound(projectID: String, message: String) -> TaggedError {
        TaggedError("ProjectNotFoundError", message, ["projectID": .string(projectID)])
    }

    /// `ProviderNotFoundError`: No provider has this id.
    package static func providerNotFound(providerID: String, message: String) -> TaggedError {
        TaggedError("ProviderNotFoundError", message, ["providerID": .string(providerID)])
    }

    /// `PtyNotFoundError`: No terminal has this id.
    package static func ptyNotFound(ptyID: String, message: String) -> TaggedError {
        TaggedError("PtyNotFoundError", message, ["ptyID": .string(ptyID)])
    }

    /// `RpcError`: A plugin answered with an error.
    package static func rpc(type: String, message: String, data: JSON? = nil) -> TaggedError {
        TaggedError("RpcError", message, ["type": .string(type), "data": data])
    }

    /// `RpcInternalError`: A plugin failed or answered nonsense.
    package static func rpcInternal(type: String, message: String, data: JSON? = nil) -> TaggedError {
        TaggedError("RpcInternalError", message, ["type": .string(type), "data": data])
    }

    /// `ServiceUnavailableError`: Something that is needed is down.
    package static func serviceUnavailable(message: String, service: String? = nil) -> TaggedError {
        TaggedError("ServiceUnavailableError", message, ["service": service.map(JSON.string)])
    }

    /// `SessionBusyError`: The session works; wait or interrupt it.
    package static func sessionBusy(sessionID: String, message: String) -> TaggedError {
        TaggedError("SessionBusyError", message, ["sessionID": .string(sessionID)])
    }

    /// `SessionNotFoundError`: No session has this id.
    package static func sessionNotFound(sessionID: String, message: String) -> TaggedError {
        TaggedError("SessionNotFoundError", message, ["sessionID": .string(sessionID)])
    }

    /// `ShellNotFoundError`: No background command has this id.
    package static func shellNotFound(id: String, message: String) -> TaggedError {
        TaggedError("ShellNotFoundError", message, ["id": .string(id)])
    }

    /// `SkillNotFoundError`: No skill has this id.
    package static func skillNotFound(skill: String, message: String) -> TaggedError {
        TaggedError("SkillNotFoundError", message, ["skill": .string(skill)])
    }

    /// `UnauthorizedError`: The credential is missing or wrong.
    package static func unauthorized(message: String) -> TaggedError {
        TaggedError("UnauthorizedError", message)
    }

    /// `UnknownError`: Something unexpected happened; `ref` finds it in the log.
    package static func unknownError(message: String, ref: String? = nil) -> TaggedError {
        TaggedError("UnknownError", message, ["ref": ref.map(JSON.string)])
    }

    /// `VcsInitNotSupportedError`: The version control cannot make a repository here.
    package static func vcsInitNotSupported(providerID: String, message: String) -> TaggedError {
        TaggedError("VcsInitNotSupportedError", message, ["providerID": .string(providerID)])
    }

    /// `NotImplementedError`: The operation of 2.1 is not served (501).
    package static func notImplemented(operation: String, message: String) -> TaggedError {
        TaggedError("NotImplementedError", message, ["operation": .string(operation)])
    }

    /// `PermissionDeniedError`: A rule or a person denied a tool call (CONTRACT §6).
    package static func permissionDenied(
        permission: String, pattern: String, message: String, rule: String? = nil, source: String? = nil
    ) -> TaggedError {
        TaggedError(
            "PermissionDeniedError", message,
            [
                "permission": .string(permission), "pattern": .string(pattern), "rule": rule.map(JSON.string),
                "source": source.map(JSON.string),
            ])
    }

    /// `WorktreeError`: a work tree could not be made or removed. 2.1 keeps the sentence in `data` too.
    package static func worktree(message: String, forceRequired: Bool? = nil) -> TaggedError {
        var data: JSON = ["message": .string(message)]
        data["forceRequired"] = forceRequired.map(JSON.bool)
        return TaggedError("WorktreeError", message, ["name": "WorktreeError", "data": data])
    }
}
