/// `agent.updated`: The list of agents changed.
package struct AgentUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `command.updated`: The list of commands changed.
package struct CommandUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `config.updated`: The configuration changed.
package struct ConfigUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `credential.updated`: The stored credentials changed.
package struct CredentialUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `credential.switched`: Another credential is used.
package struct CredentialSwitched: Codable, Sendable, Equatable {
    /// What it is for.
    package var integrationID: String
    /// The credential; nil (written as `null`) for none.
    package var credentialID: String?

    /// The event's data.
    package init(integrationID: String, credentialID: String? = nil) {
        self.integrationID = integrationID
        self.credentialID = credentialID
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(integrationID, forKey: .integrationID)
        try container.encode(credentialID, forKey: .credentialID)
    }
}

/// `installation.updated`: The program was updated.
package struct InstallationUpdated: Codable, Sendable, Equatable {
    /// The version.
    package var version: String

    /// The event's data.
    package init(version: String) {
        self.version = version
    }
}

/// `installation.update-available`: A newer version can be had.
package struct InstallationUpdateAvailable: Codable, Sendable, Equatable {
    /// The version.
    package var version: String

    /// The event's data.
    package init(version: String) {
        self.version = version
    }
}

/// `integration.updated`: The list of integrations changed.
package struct IntegrationUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `model.updated`: The list of models changed.
package struct ModelUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `models-dev.refreshed`: The model catalogue was fetched again.
package struct ModelsDevRefreshed: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `provider.updated`: The list of providers changed.
package struct ProviderUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `reference.updated`: The list of references changed.
package struct ReferenceUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `skill.updated`: The list of skills changed.
package struct SkillUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `websearch.updated`: The search providers changed.
package struct WebsearchUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `plugin.updated`: The list of plugins changed.
package struct PluginUpdated: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `plugin.loaded`: A plugin is active. Ours.
package struct PluginLoaded: Codable, Sendable, Equatable {
    /// The plugin.
    package var id: String
    /// Its version.
    package var version: String?

    /// The event's data.
    package init(id: String, version: String? = nil) {
        self.id = id
        self.version = version
    }
}

/// `plugin.failed`: A plugin could not be loaded or failed. Ours.
package struct PluginFailed: Codable, Sendable, Equatable {
    /// The plugin.
    package var id: String
    /// Why.
    package var error: StructuredError

    /// The event's data.
    package init(id: String, error: StructuredError) {
        self.id = id
        self.error = error
    }
}
