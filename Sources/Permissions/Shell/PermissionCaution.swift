/// A resource whose effects cannot be known beforehand: a rule that allows it only counts when nothing it may do
/// could be refused by another.
package struct PermissionCaution: Sendable, Equatable {
    /// What to show: a command as written.
    package var pattern: String
    /// A clause for people, as in "asks because …".
    package var reason: String
    /// What it may do besides: `["bash", "read", "edit", "external_directory"]` or a part of it.
    package var permissions: [String]
    /// A sandbox contains it, so that in one it need not be asked about.
    package var endsInSandbox: Bool

    package init(pattern: String, reason: String, permissions: [String], endsInSandbox: Bool = false) {
        self.pattern = pattern
        self.reason = reason
        self.permissions = permissions
        self.endsInSandbox = endsInSandbox
    }
}
