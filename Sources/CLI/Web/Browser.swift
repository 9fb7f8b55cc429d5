import Support
import SystemPackage

/// Opens an address in the user's browser, if there is one.
enum Browser {
    /// Command lines to try, in order: those of `BROWSER` (separated by `:`; `%s` stands for the address), else the desktop's
    /// opener. None without a display and over SSH.
    static func openers(_ environment: Environment) -> [[String]] {
        if let named = environment["BROWSER"], !named.isEmpty {
            return named.split(separator: ":").map { $0.split(separator: " ").map(String.init) }.filter { !$0.isEmpty }
        }
        func isSet(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
        guard isSet("DISPLAY") || isSet("WAYLAND_DISPLAY") || isSet("WSL_DISTRO_NAME"), !isSet("SSH_CONNECTION")
        else { return [] }
        return [["xdg-open"], ["wslview"], ["x-www-browser"]]
    }

    /// Starts the first opener that can be started, and does not wait for it.
    /// - Returns: false when there is none; nothing is thrown and nothing fails because of it.
    static func open(_ url: String, _ environment: Environment) async -> Bool {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { return false }
        for opener in openers(environment) {
            guard let program = opener.first else { continue }
            let hasPlace = opener.contains { $0.contains("%s") }
            let arguments = opener.dropFirst().map { $0.split(separator: "%s", omittingEmptySubsequences: false) }
                .map { $0.joined(separator: url) }
            let command = Command(
                executable: FilePath(program), arguments: hasPlace ? arguments : arguments + [url], directory: "/",
                environment: environment.values)
            if (try? await DetachedProgram.start(command)) != nil { return true }
        }
        return false
    }
}
