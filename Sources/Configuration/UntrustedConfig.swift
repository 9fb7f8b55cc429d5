import Support
package import SystemPackage

/// Something a repository defines that has no effect until the workspace is trusted.
package struct PendingApproval: Sendable, Hashable {
    /// The key, `provider.acme.base_url`.
    package var key: String
    /// The file that defines it.
    package var file: FilePath
    /// What approves it.
    package var command: String

    package init(key: String, file: FilePath, command: String = "codetether trust") {
        self.key = key
        self.file = file
        self.command = command
    }
}

/// What is left of a project's configuration while its workspace is untrusted (CONTRACT §1, §9 Trust).
enum UntrustedConfig {
    /// Top-level keys that name a host, a program, a looser sandbox, or could delete or spend.
    private static let inert: Set<String> = [
        "mcp", "plugins", "tools", "lsp", "vault", "share", "sandbox", "a2a", "storage", "server", "worker",
        "models_url",
        "scheduler", "snapshot",
    ]
    /// Of a provider only these stay; the rest says where secrets go or which.
    private static let harmlessProviderKeys: Set<String> = ["name", "models"]
    private static let inertModelKeys: Set<String> = ["headers", "options"]
    /// More entries than this of one file are cut from the list, not from the effect.
    private static let maxListed = 256

    /// The harmless part of `json`, and what was taken out.
    static func reduce(_ json: JSON, file: FilePath) -> (kept: JSON, pending: [PendingApproval]) {
        guard case .object(let object) = json else { return (json, []) }
        var kept = JSONObject()
        var pending: [ConfigKey] = []
        for (name, value) in object {
            let key = ConfigKey([name])
            if inert.contains(name) {
                pending.append(key)
                continue
            }
            let reduced: JSON?
            switch name {
            case "provider": reduced = providers(value, key, &pending)
            case "command": reduced = commands(value, key, &pending)
            case "instructions": reduced = files(value, key, &pending)
            case "skills":
                var skills = value.objectValue ?? JSONObject()
                skills["paths"] = skills["paths"].flatMap { files($0, key.appending("paths"), &pending) }
                reduced = .object(skills)
            case "permission":
                // It stays, but only tightens: what it would allow waits.
                let rules = PermissionConfig(json: value) { _ in "" }.rules
                if rules.contains(where: { $0.action == .allow }) { pending.append(key) }
                reduced = value
            default: reduced = value
            }
            if let reduced, let literal = withoutPlaceholders(reduced, key, &pending) { kept[name] = literal }
        }
        let listed = pending.prefix(maxListed).map { PendingApproval(key: $0.description, file: file) }
        return (.object(kept), Array(listed))
    }

    /// The keys of a configuration file that have no effect until it is approved; of one that cannot be read, its name.
    static func definitions(_ bytes: [UInt8], file: FilePath) -> [String] {
        guard let document = try? JSONCDocument(bytes) else { return [file.lastComponent?.string ?? file.string] }
        return reduce(document.json, file: file).pending.map(\.key)
    }

    private static func providers(_ json: JSON, _ key: ConfigKey, _ pending: inout [ConfigKey]) -> JSON? {
        guard let object = json.objectValue else { return nil }
        var result = JSONObject()
        for (id, value) in object {
            var provider = JSONObject()
            for (name, field) in value.objectValue ?? JSONObject() {
                let place = ConfigKey(key.components + [id, name])
                guard harmlessProviderKeys.contains(name) else {
                    pending.append(place)
                    continue
                }
                provider[name] = name == "models" ? models(field, place, &pending) : field
            }
            result[id] = .object(provider)
        }
        return .object(result)
    }

    private static func models(_ json: JSON, _ key: ConfigKey, _ pending: inout [ConfigKey]) -> JSON {
        guard let object = json.objectValue else { return json }
        var result = JSONObject()
        for (id, value) in object {
            guard var model = value.objectValue else { continue }
            for name in inertModelKeys where model[name] != nil {
                model[name] = nil
                pending.append(ConfigKey(key.components + [id, name]))
            }
            result[id] = .object(model)
        }
        return .object(result)
    }

    private static func commands(_ json: JSON, _ key: ConfigKey, _ pending: inout [ConfigKey]) -> JSON? {
        guard let object = json.objectValue else { return nil }
        var result = JSONObject()
        for (name, value) in object {
            if value["template"]?.stringValue?.contains("!`") == true {
                pending.append(key.appending(name))
            } else {
                result[name] = value
            }
        }
        return .object(result)
    }

    /// Entries that could name a file outside the workspace, or a URL, are held back.
    private static func files(_ json: JSON, _ key: ConfigKey, _ pending: inout [ConfigKey]) -> JSON? {
        guard let entries = json.arrayValue else { return nil }
        var kept: [JSON] = []
        for (index, entry) in entries.enumerated() {
            let text = entry.stringValue ?? ""
            let escapes =
                text.hasPrefix("/") || text.hasPrefix("~") || text.hasPrefix("$") || text.contains("://")
                || text.split(separator: "/").contains("..")
            if escapes { pending.append(key.appending(String(index))) } else { kept.append(entry) }
        }
        return .array(kept)
    }

    /// `{env:}` and `{file:}` could carry a secret into a prompt, so such values are held back.
    private static func withoutPlaceholders(_ json: JSON, _ key: ConfigKey, _ pending: inout [ConfigKey]) -> JSON? {
        switch json {
        case .string(let text) where ConfigSubstitution.isNeeded(text):
            pending.append(key)
            return nil
        case .array(let values):
            var kept: [JSON] = []
            for (index, value) in values.enumerated() {
                if let value = withoutPlaceholders(value, key.appending(String(index)), &pending) { kept.append(value) }
            }
            return .array(kept)
        case .object(let object):
            var kept = JSONObject()
            for (name, value) in object {
                if let value = withoutPlaceholders(value, key.appending(name), &pending) { kept[name] = value }
            }
            return .object(kept)
        default: return json
        }
    }
}
