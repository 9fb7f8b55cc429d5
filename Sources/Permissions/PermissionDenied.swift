package import Support

/// A demand that was not granted.
package struct PermissionDenied: AppError, Equatable {
    package var permission: String
    /// The resource that was refused.
    package var pattern: String
    /// `bash "rm *" = deny`; `rejected`, `unanswered` and `cancelled` when no rule alone decided.
    package var rule: String
    /// `file:line`, `built-in` or `saved:ID`.
    package var source: String
    /// What the person said.
    package var feedback: String?
    /// The rule that would have allowed it, and the file to put it in; for an ask that nobody answered.
    package var hint: String?

    package init(
        permission: String, pattern: String, rule: String, source: String, feedback: String? = nil, hint: String? = nil
    ) {
        self.permission = permission
        self.pattern = pattern
        self.rule = rule
        self.source = source
        self.feedback = feedback
        self.hint = hint
    }

    package var code: String { "permission.denied" }

    package var message: String {
        let what = "\(permission) \(HostileText.escaped(String(pattern.prefix(200)), multiline: false))"
        switch rule {
        case "rejected":
            let said = feedback.map { " They said: \($0)" } ?? ""
            return "The user rejected \(what).\(said)"
        case "unanswered":
            let next = hint ?? "Use --yes, or allow it in `permission`."
            return "\(what) needs an approval and nobody is there to give it (\(source)). \(next)"
        case "cancelled": return "\(what) was cancelled before it was approved."
        default: return "\(what) is denied by the rule \(rule) (\(source)).\(feedback.map { " \($0)" } ?? "")"
        }
    }

    package var metadata: [String: String] {
        ["permission": permission, "pattern": pattern, "rule": rule, "source": source]
    }

    /// The tool error of CONTRACT §6.
    package var json: JSON {
        var fields: JSONObject = [
            "name": "PermissionDeniedError", "permission": .string(permission), "pattern": .string(pattern),
            "rule": .string(rule), "source": .string(source), "message": .string(message),
        ]
        if let feedback { fields["feedback"] = .string(feedback) }
        return ["error": .object(fields)]
    }
}
