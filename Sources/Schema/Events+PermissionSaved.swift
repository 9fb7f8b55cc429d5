/// `permission.saved`: An approval was saved. Ours.
package struct PermissionSaved: Codable, Sendable, Equatable {
    /// The approval.
    package var id: String
    /// `session`, `project` or `global`.
    package var scope: String
    /// The project.
    package var projectID: String?
    /// The permission's name.
    package var action: String
    /// The pattern.
    package var resource: String

    /// The event's data.
    package init(id: String, scope: String, projectID: String? = nil, action: String, resource: String) {
        self.id = id
        self.scope = scope
        self.projectID = projectID
        self.action = action
        self.resource = resource
    }
}

/// `permission.revoked`: A saved approval was taken back. Ours.
package struct PermissionRevoked: Codable, Sendable, Equatable {
    /// The approval.
    package var id: String

    /// The event's data.
    package init(id: String) {
        self.id = id
    }
}
