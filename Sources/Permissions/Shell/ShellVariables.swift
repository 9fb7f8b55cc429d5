/// Variables that make other programs run, or make the same program do something else.
package enum ShellVariables {
    private static let names: Set<String> = [
        "PATH", "BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "CDPATH", "GLOBIGNORE",
        "HOME", "SHELL", "PAGER", "MANPAGER", "EDITOR", "VISUAL", "BROWSER", "NODE_OPTIONS", "NODE_PATH", "RUBYOPT",
        "RUBYLIB", "CLASSPATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "MAVEN_OPTS", "GRADLE_OPTS",
        "GCONV_PATH", "LOCPATH", "NLSPATH", "HOSTALIASES", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "GLIBC_TUNABLES",
        "OPENSSL_CONF", "OPENSSL_MODULES", "CURL_HOME", "WGETRC", "EXINIT", "VIMINIT", "INPUTRC", "TAR_OPTIONS",
        "GREP_OPTIONS", "RIPGREP_CONFIG_PATH", "CC", "CXX", "CPP", "LD", "AR", "AS", "RUSTFLAGS", "GOFLAGS",
        "GOTOOLCHAIN",
        "MAKEFLAGS", "MAKEFILES", "GNUMAKEFLAGS", "EMACSLOADPATH", "ZDOTDIR", "FPATH", "TMPDIR", "POSIXLY_CORRECT",
        "DOCKER_HOST", "KUBECONFIG", "AWS_CONFIG_FILE", "BASH_LOADABLES_PATH", "EXECIGNORE", "OLDPWD", "PWD",
        "DISPLAY", "RSYNC_RSH", "TAPE", "BASH_CMDS", "BASH_ALIASES", "COMP_WORDBREAKS", "HISTFILE", "RANDOM",
    ]
    private static let prefixes = [
        "LD_", "DYLD_", "GIT_", "BASH_FUNC_", "PYTHON", "PERL", "LESS", "SSH_", "MALLOC_", "XDG_", "NPM_CONFIG_",
        "npm_config_", "PIP_", "CARGO_", "RUSTC", "GCC_", "UV_", "YARN_", "BUNDLE_", "GEM_", "SUDO_", "COMPlus_",
        "DOTNET_", "CORECLR_", "MAGICK_", "PKG_CONFIG",
    ]
    /// Those that change only how text is written.
    private static let harmless: Set<String> = [
        "LANG", "LANGUAGE", "TZ", "NO_COLOR", "CLICOLOR", "FORCE_COLOR", "CI", "TERM", "COLUMNS", "LINES",
    ]

    /// True when setting it for a command is as good as choosing another command.
    package static func isDangerous(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.utf8.starts(with: $0.utf8) }
    }

    /// True when a command that only reads still only reads with it.
    package static func isHarmless(_ name: String) -> Bool {
        harmless.contains(name) || name.utf8.starts(with: "LC_".utf8)
    }
}
