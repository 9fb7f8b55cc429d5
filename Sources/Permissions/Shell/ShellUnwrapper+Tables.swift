extension ShellUnwrapper {
    /// Options of a wrapper.
    struct Options {
        /// Short options that take a value.
        var short = ""
        /// Long options that take a value as the next word.
        var long: Set<String> = []
        /// Operands before the command.
        var operands = 0
        /// The wrapper itself must be allowed too.
        var isDemanded = false
        /// Options after which nothing is known.
        var unknown: Set<String> = []
    }

    static let wrappers: [String: Options] = [
        "nohup": Options(), "setsid": Options(), "nice": Options(short: "n", long: ["--adjustment"]),
        "ionice": Options(short: "cnpPu", long: ["--class", "--classdata"]),
        "timeout": Options(short: "ks", long: ["--kill-after", "--signal"], operands: 1),
        "time": Options(short: "f", long: ["--format"], unknown: ["-o", "--output", "-a", "--append"]),
        "stdbuf": Options(short: "ioe", long: ["--input", "--output", "--error"]), "builtin": Options(),
        "exec": Options(short: "a"), "chrt": Options(operands: 1), "taskset": Options(short: "cp", operands: 1),
        "sudo": Options(
            short: "ugprtCDTRhU", long: ["--user", "--group", "--prompt", "--role", "--type", "--chdir", "--host"],
            isDemanded: true,
            unknown: ["-i", "-s", "-e", "--login", "--shell", "--edit", "-D", "-R", "--chdir", "--chroot"]),
        "doas": Options(short: "uC", isDemanded: true, unknown: ["-s"]),
        "pkexec": Options(long: ["--user"], isDemanded: true),
        "strace": Options(short: "eopsaEPISOubX", isDemanded: true),
        "ltrace": Options(short: "eonpsauElFwx", isDemanded: true),
        "chroot": Options(operands: 1, isDemanded: true), "unshare": Options(isDemanded: true),
        "nsenter": Options(short: "tSG", long: ["--target"], isDemanded: true),
        "proot": Options(short: "rbw", isDemanded: true), "fakeroot": Options(isDemanded: true),
        "systemd-run": Options(short: "pEtu", isDemanded: true), "valgrind": Options(isDemanded: true),
        "caffeinate": Options(short: "tw"), "busybox": Options(), "toybox": Options(),
        "runuser": Options(short: "ug", isDemanded: true, unknown: ["-c", "-l", "-", "--command"]),
        "setpriv": Options(isDemanded: true), "prlimit": Options(isDemanded: true),
        "numactl": Options(isDemanded: true),
    ]
    static let shells: Set<String> = [
        "sh", "bash", "dash", "zsh", "ksh", "ash", "rbash", "mksh", "fish", "csh", "tcsh",
    ]
    /// Programs that run text or programs named where nobody looks.
    static let opaque: [String: String] = [
        "eval": "eval runs text as a command", "trap": "trap runs text later",
        "source": "source runs a file as commands",
        ".": ". runs a file as commands", "watch": "watch runs text as a command",
        "parallel": "parallel runs text as commands",
        "script": "script runs a shell", "at": "at runs text later", "batch": "batch runs text later",
        "crontab": "crontab runs text later", "alias": "alias changes what a name means",
        "enable": "enable changes builtins",
        "bind": "bind runs text later", "complete": "complete runs text later", "compgen": "compgen runs text",
        "fc": "fc runs earlier commands", "su": "su runs a shell", "screen": "screen runs a shell",
        "tmux": "tmux runs a shell", "entr": "entr runs commands later", "expect": "expect runs other programs",
        "logsave": "logsave runs another program", "newgrp": "newgrp runs a shell", "chsh": "chsh changes the shell",
        "shopt": "shopt changes how text is read", "coproc": "coproc starts a process", "sg": "sg runs a shell",
        "run-parts": "run-parts runs programs", "ssh-agent": "ssh-agent runs another program",
    ]
    /// Names whose meaning the analysis relies on.
    static let special: Set<String> = Set(wrappers.keys).union(shells).union(opaque.keys).union([
        "env", "xargs", "command", "find", "set",
    ])
}
