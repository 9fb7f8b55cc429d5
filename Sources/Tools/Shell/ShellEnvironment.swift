package import Support

/// What a command sees of our environment: an allow-list, so that no key or token gets out.
package enum ShellEnvironment {
    private static let names: Set<String> = [
        "PATH", "HOME", "LANG", "TERM", "TMPDIR", "USER", "LOGNAME", "SHELL", "TZ", "http_proxy", "https_proxy",
        "no_proxy",
        "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    ]

    /// The variables of a command. Git must not ask for a password on the terminal that a person is using.
    package static func values(_ environment: Environment) -> [String: String] {
        var values = environment.values.filter { name, _ in
            names.contains(name) || name.utf8.starts(with: "LC_".utf8)
        }
        if values["PATH"] == nil { values["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        values["GIT_TERMINAL_PROMPT"] = "0"
        return values
    }
}
