package import Schema
package import Support

extension PermissionNotice {
    /// The session the notice belongs to; empty when it belongs to none.
    package var sessionID: String {
        switch self {
        case .asked(let ask), .replied(let ask, _): ask.sessionID
        case .saved(let approval): approval.sessionID ?? ""
        case .revoked: ""
        }
    }

    /// The event that tells clients, as OpenCode 2.1 has it.
    package var payload: EventPayload {
        switch self {
        case .asked(let ask): .permissionAsked(ask.asked)
        case .replied(let ask, let reply):
            .permissionReplied(
                PermissionReplied(
                    sessionID: ask.sessionID, requestID: ask.id,
                    reply: PermissionReplyKind(rawValue: reply.name) ?? .reject))
        case .saved(let approval):
            .permissionSaved(
                PermissionSaved(
                    id: approval.id, scope: approval.scope.rawValue, projectID: approval.projectID,
                    action: approval.action, resource: approval.resource))
        case .revoked(let id): .permissionRevoked(PermissionRevoked(id: id))
        }
    }
}

extension PermissionAsk {
    /// The ask as event data, and as 2.1's `PermissionRequest`: shown in the session at the top, with the agent and the
    /// session it comes from in `metadata`.
    package var asked: PermissionAsked {
        var fields = metadata.objectValue ?? JSONObject()
        fields["agent"] = .string(context.agent)
        if isNested { fields["subagentSessionID"] = .string(context.sessionID) }
        fields["rule"] = .string(decision.ruleText)
        fields["ruleSource"] = .string(decision.source)
        if isOrphan { fields["orphan"] = true }
        return PermissionAsked(
            id: id, sessionID: sessionID, action: permission, resources: patterns,
            save: always.isEmpty ? nil : always, metadata: .object(fields),
            source: context.callID.isEmpty
                ? nil : PermissionSource(messageID: context.messageID, id: context.callID),
            message: title.isEmpty ? nil : title)
    }

    /// 2.1's `PermissionRequest`.
    package var json: JSON { (try? JSON(encoding: asked)) ?? .null }
}
