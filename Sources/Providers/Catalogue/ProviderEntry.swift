import Support

/// One provider: what users call it, where it is and how it is talked to.
package struct ProviderEntry: Sendable, Equatable {
    package var id: String
    package var name: String
    /// Protocol, endpoint, authentication; the quirks are those of all its models.
    package var route: Route
    /// The model that is taken when nobody says, nil = none.
    package var flagship: String?
    /// A cheap model for titles, nil = none.
    package var small: String?
    /// True when the config defines or changes it: then any model id is accepted.
    package var isConfigured: Bool
    /// True when any model id is accepted because the provider has too many to list.
    package var isOpen: Bool
    package var options: ProviderOptions

    package init(
        id: String, name: String, route: Route, flagship: String? = nil, small: String? = nil,
        isConfigured: Bool = false, isOpen: Bool = false, options: ProviderOptions = ProviderOptions()
    ) {
        self.id = id
        self.name = name
        self.route = route
        self.flagship = flagship
        self.small = small
        self.isConfigured = isConfigured
        self.isOpen = isOpen
        self.options = options
    }

    /// Names of the variables that may hold its key.
    package var env: [String] { route.keyNames }
}
