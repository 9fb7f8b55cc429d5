import Support

/// How layers become one: objects merge, `plugins` and `instructions` concatenate, other arrays and scalars replace.
enum ConfigMerge {
    /// Arrays that concatenate, duplicates once.
    static let concatenated: Set<ConfigKey> = [ConfigKey(["plugins"]), ConfigKey(["instructions"])]

    /// `upper` over `lower`.
    static func merge(_ lower: JSON, _ upper: JSON, at key: ConfigKey = ConfigKey()) -> JSON {
        if key == ConfigKey(["permission"]) {
            return mergeObjects(PermissionConfig.normalized(lower), PermissionConfig.normalized(upper), at: key)
        }
        if case .array(let first) = lower, case .array(let second) = upper, concatenated.contains(key) {
            var seen: Set<JSON> = []
            return .array((first + second).filter { seen.insert($0).inserted })
        }
        return mergeObjects(lower, upper, at: key)
    }

    private static func mergeObjects(_ lower: JSON, _ upper: JSON, at key: ConfigKey) -> JSON {
        guard case .object(var result) = lower, case .object(let over) = upper else { return upper }
        for (name, value) in over {
            if let below = result[name] {
                result[name] = merge(below, value, at: key.appending(name))
            } else {
                result[name] = value
            }
        }
        return .object(result)
    }

    /// Calls `visit` with every leaf: scalars, arrays and empty objects.
    static func forEachLeaf(_ json: JSON, at key: ConfigKey = ConfigKey(), _ visit: (ConfigKey) -> Void) {
        if case .object(let object) = json, !object.isEmpty {
            for (name, value) in object { forEachLeaf(value, at: key.appending(name), visit) }
        } else if !key.components.isEmpty {
            visit(key)
        }
    }
}
