package import Support

/// A rule that a person saved with "always": it turns an ask into an allow, never a deny.
package struct SavedApproval: Sendable, Equatable {
    /// `per_…`
    package var id: String
    package var scope: PermissionScope
    /// The id of the project it was given in, also for the other scopes.
    package var projectID: String
    /// The real path of the workspace it was given in; decides for the scope `project`.
    package var directory: String
    /// The session, for the scope `session`.
    package var sessionID: String?
    /// The permission's name.
    package var action: String
    /// A pattern.
    package var resource: String
    /// Unix milliseconds.
    package var createdMs: Int64
    package var updatedMs: Int64
    /// Unix milliseconds after which it counts no more; `nil`: never.
    package var expiresMs: Int64?

    package init(
        id: String, scope: PermissionScope, projectID: String, directory: String, sessionID: String? = nil,
        action: String, resource: String, createdMs: Int64, updatedMs: Int64? = nil, expiresMs: Int64? = nil
    ) {
        self.id = id
        self.scope = scope
        self.projectID = projectID
        self.directory = directory
        self.sessionID = sessionID
        self.action = action
        self.resource = resource
        self.createdMs = createdMs
        self.updatedMs = updatedMs ?? createdMs
        self.expiresMs = expiresMs
    }

    /// 2.1's `PermissionSavedInfo` with our `scope`, `directory`, `sessionID` and `expires`.
    package var json: JSON {
        var time: JSONObject = ["created": .int(createdMs), "updated": .int(updatedMs)]
        if let expiresMs { time["expires"] = .int(expiresMs) }
        var fields: JSONObject = [
            "id": .string(id), "scope": .string(scope.rawValue), "projectID": .string(projectID),
            "directory": .string(directory), "action": .string(action), "resource": .string(resource),
        ]
        if let sessionID { fields["sessionID"] = .string(sessionID) }
        fields["time"] = .object(time)
        return .object(fields)
    }

    /// Reads what `json` gives; `nil` for anything else.
    init?(_ json: JSON) {
        guard let id = json["id"]?.stringValue,
            let scope = json["scope"]?.stringValue.flatMap(PermissionScope.init(rawValue:)),
            let projectID = json["projectID"]?.stringValue, let directory = json["directory"]?.stringValue,
            let action = json["action"]?.stringValue, let resource = json["resource"]?.stringValue,
            let created = json["time"]?["created"]?.intValue
        else { return nil }
        self.init(
            id: id, scope: scope, projectID: projectID, directory: directory, sessionID: json["sessionID"]?.stringValue,
            action: action, resource: resource, createdMs: created, updatedMs: json["time"]?["updated"]?.intValue,
            expiresMs: json["time"]?["expires"]?.intValue)
    }

    /// The words of `permission list`.
    package var ruleText: String { "\(action) \"\(resource)\" = allow" }
}
