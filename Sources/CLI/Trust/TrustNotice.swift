import Configuration
import Support
import SystemPackage

/// Says on stderr what of a repository has no effect because nobody approved it.
enum TrustNotice {
    private static let maxNamed = 6

    static func tell(_ config: LoadedConfig, _ output: Output) {
        guard let text = text(config) else { return }
        output.note(text)
    }

    /// One sentence, or nil when nothing waits.
    static func text(_ config: LoadedConfig) -> String? {
        let pending = config.pendingApproval
        guard let command = pending.first?.command else { return nil }
        var names: [String] = []
        for item in pending {
            var file = item.file
            _ = file.removePrefix(config.workspace)
            let name = "\(item.key) (\(file.string))"
            if !names.contains(name) { names.append(name) }
        }
        var list = names.prefix(maxNamed).joined(separator: ", ")
        if names.count > maxNamed { list += " and \(names.count - maxNamed) more" }
        return
            "This repository defines things that have no effect until you approve them: "
            + HostileText.escaped(list, multiline: false) + ". Approve with: \(command)"
    }
}
