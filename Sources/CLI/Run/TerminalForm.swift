import MCP
import Support
import Tools

/// Has a form of 2.1's `FormField`s filled in on the terminal, a line for each field.
///
/// An answer that does not fit is asked for again, `maxTries` times at most. Nothing is sent before the user says so at the end.
struct TerminalForm {
    /// Answers to one field that may be wrong.
    static let maxTries = 5

    /// Shows text on the terminal.
    let write: @Sendable (String) async -> Void
    /// The next line that the user types; nil at the end of the input or when the task is cancelled.
    let line: @Sendable () async -> String?

    func fill(_ title: String, _ fields: [JSON]) async -> FormOutcome {
        await write("\n\(title)\n")
        var answer: JSONObject = [:]
        for field in fields {
            guard let key = field["key"]?.stringValue else { continue }
            if field["type"]?.stringValue == "external" {
                await write("It wants you to open this address yourself: \(field["url"]?.stringValue ?? "")\n")
                continue
            }
            switch await ask(field) {
            case .value(let value): answer[key] = value
            case .nothing: continue
            case .end: return .dismissed
            }
        }
        let isLink = fields.allSatisfy { $0["type"]?.stringValue == "external" }
        await write(isLink ? "Done there? [y/N] " : "Send this? [y/N] ")
        guard let last = await line() else { return .dismissed }
        return last.lowercased().hasPrefix("y") ? .filled(.object(answer)) : .declined
    }

    private enum Reply { case value(JSON), nothing, end }

    private func ask(_ field: JSON) async -> Reply {
        let options = (field["options"]?.arrayValue ?? []).map {
            (value: $0["value"]?.stringValue ?? "", label: $0["label"]?.stringValue ?? "")
        }
        var text = ""
        if let description = field["description"]?.stringValue, !description.isEmpty { text += "  \(description)\n" }
        for (index, option) in options.enumerated() { text += "  \(index + 1). \(option.label)\n" }
        await write(text)
        let fallback = field["default"].flatMap { $0.isNull ? nil : $0 }
        let shown = fallback.map { HostileText.escaped($0.stringValue ?? $0.text(), multiline: false) }
        let isRequired = field["required"]?.boolValue == true
        for _ in 0..<Self.maxTries {
            await write("  \(field["title"]?.stringValue ?? "")\(shown.map { " [\($0)]" } ?? ""): ")
            guard let typed = await line() else { return .end }
            if typed.isEmpty {
                if let fallback { return .value(fallback) }
                guard isRequired else { return .nothing }
                await write("  An answer is wanted.\n")
                continue
            }
            if let value = Self.value(typed, field["type"]?.stringValue, options) { return .value(value) }
            await write("  '\(HostileText.escaped(typed, multiline: false))' does not fit.\n")
        }
        return .end
    }

    /// What was typed, as the field's type wants it; nil when it does not fit. A choice may be given by its number.
    static func value(_ typed: String, _ type: String?, _ options: [(value: String, label: String)]) -> JSON? {
        func choice(_ text: String) -> String? {
            guard !options.isEmpty else { return text }
            if let exact = options.first(where: { $0.value == text || $0.label == text }) { return exact.value }
            guard let number = Int(text), options.indices.contains(number - 1) else { return nil }
            return options[number - 1].value
        }
        switch type {
        case "boolean":
            switch typed.lowercased() {
            case "y", "yes", "true", "1": return true
            case "n", "no", "false", "0": return false
            default: return nil
            }
        case "integer": return Int64(typed).map { .int($0) }
        case "number": return Double(typed).flatMap { $0.isFinite ? .double($0) : nil }
        case "multiselect":
            let words = typed.split(separator: ",").map {
                $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
            let chosen = words.compactMap { choice($0) }
            return chosen.count == words.count ? .array(chosen.map { .string($0) }) : nil
        default: return choice(typed).map { .string($0) }
        }
    }
}
