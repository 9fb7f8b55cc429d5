package import Support
package import SystemPackage

/// What commands must not see: credentials, sockets of services that act with the user's rights, and our own directories.
package enum ProtectedPaths {
    /// Below the home directory.
    private static let home = [
        ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gh", ".config/hub", ".config/glab-cli",
        ".config/gcloud", ".config/op", ".config/rclone", ".config/doctl", ".config/heroku", ".config/sops",
        ".config/git/credentials", ".config/containers/auth.json", ".config/github-copilot", ".netrc",
        ".git-credentials", ".npmrc", ".yarnrc.yml", ".pypirc", ".cargo/credentials", ".cargo/credentials.toml",
        ".gem/credentials", ".m2/settings.xml", ".gradle/gradle.properties", ".nuget/NuGet", ".composer/auth.json",
        ".terraform.d/credentials.tfrc.json", ".terraformrc", ".vault-token", ".pgpass", ".my.cnf", ".mylogin.cnf",
        ".s3cfg", ".boto", ".password-store", ".local/share/keyrings", ".local/share/kwalletd", ".local/share/opencode",
        ".codex/auth.json", ".claude/.credentials.json", ".claude.json", ".gemini/oauth_creds.json", ".mozilla",
        ".thunderbird", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware", ".config/Slack",
        ".bash_history", ".zsh_history", ".psql_history", ".python_history", ".node_repl_history", ".lesshst",
        ".Xauthority", ".ICEauthority",
    ]

    private static let system: [FilePath] = [
        "/run", "/var/run/docker.sock", "/var/lib/docker", "/etc/shadow", "/etc/shadow-", "/etc/gshadow",
        "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d", "/root/.ssh", "/var/tmp",
    ]

    /// Of the hidden `/run`, what programs need to be found or to find hosts.
    static let neededOfRun: [FilePath] = [
        "/run/current-system", "/run/wrappers", "/run/opengl-driver", "/run/systemd/resolve", "/run/resolvconf",
        "/run/NetworkManager/resolv.conf",
    ]

    /// Everything to hide, whether it exists or not.
    /// - Parameters:
    ///   - environment: names the agents' sockets.
    ///   - own: our own directories.
    package static func all(home directory: FilePath, environment: Environment, own: [FilePath]) -> [FilePath] {
        var paths = system + own
        if directory.isAbsolute, directory != "/" { paths += home.map { directory.appending($0) } }
        for name in ["SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "GNUPGHOME", "DOCKER_CONFIG", "KUBECONFIG", "XAUTHORITY"] {
            guard let value = environment[name], value.utf8.first == 0x2F, value != "/" else { continue }
            paths.append(FilePath(value))
        }
        return paths
    }
}
