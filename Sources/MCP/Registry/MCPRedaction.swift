package import Support

/// What of a definition may be shown.
package enum MCPRedaction {
    /// A definition without the values of variables, headers and secrets.
    package static func definition(_ json: JSON) -> JSON {
        guard var object = json.objectValue else { return json }
        for key in ["env", "environment", "headers"] {
            guard let values = object[key]?.objectValue else { continue }
            var hidden: JSONObject = [:]
            for (name, _) in values { hidden[name] = "***" }
            object[key] = .object(hidden)
        }
        if var oauth = object["oauth"]?.objectValue {
            for key in ["client_secret", "clientSecret"] where oauth[key] != nil { oauth[key] = "***" }
            object["oauth"] = .object(oauth)
        }
        if let url = object["url"]?.stringValue { object["url"] = .string(Self.url(url)) }
        return .object(object)
    }

    /// An address without user, password and values of its query.
    package static func url(_ text: String) -> String {
        var out = text
        if let mark = out.firstIndex(of: "?") { out = String(out[..<mark]) + "?***" }
        if let scheme = out.firstRange(of: "://"),
            let at = out[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
        {
            out = String(out[..<scheme.upperBound]) + "***" + String(out[at...])
        }
        return out
    }
}
