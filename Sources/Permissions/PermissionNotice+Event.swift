package import Schema
import Support

extension PermissionNotice {
    /// The session the ask belongs to.
    package var sessionID: String {
        switch self {
        case .asked(let ask), .replied(let ask, _): ask.context.sessionID
        }
    }

    /// The event that tells clients, as OpenCode 2.1 has it.
    package var payload: EventPayload {
        switch self {
        case .asked(let ask): .permissionAsked(ask.asked)
        case .replied(let ask, let reply):
            .permissionReplied(
                PermissionReplied(
                    sessionID: ask.context.sessionID, requestID: ask.id,
                    reply: PermissionReplyKind(rawValue: reply.name) ?? .reject))
        }
    }
}

extension PermissionAsk {
    /// The ask as event data.
    package var asked: PermissionAsked {
        PermissionAsked(
            id: id, sessionID: context.sessionID, action: permission, resources: patterns,
            save: always.isEmpty ? nil : always, metadata: metadata,
            source: PermissionSource(messageID: context.messageID, id: context.callID),
            message: title.isEmpty ? nil : title)
    }
}
