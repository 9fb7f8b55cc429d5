/// What a program does with an argument that is a path.
package enum ShellPathRole: Sendable, Hashable {
    /// It is no path.
    case none
    case read
    case write
    /// Both, or not known which.
    case both
}

/// How the arguments of a program are paths.
package struct ShellProgram: Sendable {
    /// What is done with the operands.
    enum Operands: Sendable {
        case all(ShellPathRole)
        /// The first ones are no paths: a pattern, a mode.
        case after(Int, ShellPathRole)
        /// The last one is written, the others have the role.
        case lastWritten(ShellPathRole)
        /// The first is read, the others written.
        case firstRead
        /// Those that look like paths or name existing files.
        case likely(ShellPathRole)
    }

    var operands: Operands
    /// Options that take a value: `-o`, `--output`.
    var values: [String: ShellPathRole] = [:]
    /// Options that make the operands written: `-i` of sed.
    var writers: [String] = []
    /// Options that start a program, or read more arguments from somewhere.
    var starters: [String] = []
    /// Options that replace the first operand: `-e` of grep.
    var replacesFirst: [String] = []

    /// Programs that are known; every other one may read and write what looks like a path.
    static let known: [String: ShellProgram] = {
        var table: [String: ShellProgram] = [:]
        func add(_ names: String, _ program: ShellProgram) {
            for name in names.split(separator: " ") { table[String(name)] = program }
        }
        add(
            """
            echo printf true false : sleep kill wait exit return break continue shift pwd whoami id uname \
            hostname seq expr \
            yes nproc arch tty logname groups users uptime free jobs fg bg disown umask ulimit times type which read \
            getopts local unset set test [ basename dirname ps pgrep pkill killall cal printenv lscpu export declare \
            readonly typeset dirs popd let shopt builtin hash
            """, ShellProgram(operands: .all(.none)))
        add("date", ShellProgram(operands: .all(.none), values: ["-r": .read, "-f": .read, "-d": .none, "-s": .none]))
        add(
            """
            cat ls dir vdir du df stat file readlink realpath wc nl od hexdump strings fold fmt column rev \
            tac md5sum \
            sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum base64 base32 expand unexpand \
            pr zcat bzcat \
            xzcat gzcat lsof namei cmp comm paste look cd pushd
            """, ShellProgram(operands: .all(.read)))
        add("head tail", ShellProgram(operands: .all(.read), values: ["-n": .none, "-c": .none, "-s": .none]))
        add("less more most bat", ShellProgram(operands: .all(.read), values: ["-o": .write, "-O": .write]))
        add("cut", ShellProgram(operands: .all(.read), values: ["-d": .none, "-f": .none, "-c": .none, "-b": .none]))
        add("join", ShellProgram(operands: .all(.read), values: ["-t": .none, "-1": .none, "-2": .none, "-o": .none]))
        add("tr", ShellProgram(operands: .all(.none)))
        add("iconv", ShellProgram(operands: .all(.read), values: ["-f": .none, "-t": .none, "-o": .write]))
        add(
            "sort",
            ShellProgram(
                operands: .all(.read),
                values: ["-o": .write, "--output": .write, "-k": .none, "-t": .none, "-T": .write, "-S": .none],
                starters: ["--compress-program", "--files0-from"]))
        add("uniq xxd", ShellProgram(operands: .firstRead, values: ["-l": .none, "-s": .none, "-c": .none]))
        add("diff", ShellProgram(operands: .all(.read), values: ["-U": .none, "-C": .none, "--output": .write]))
        add("tree", ShellProgram(operands: .all(.read), values: ["-o": .write, "-L": .none, "-I": .none, "-P": .none]))
        let pattern: [String: ShellPathRole] = [
            "-e": .none, "-f": .read, "-A": .none, "-B": .none, "-C": .none, "-m": .none, "-g": .none, "-t": .none,
            "-T": .none, "-d": .none, "-D": .none, "--include": .none, "--exclude": .none, "--glob": .none,
            "--exclude-dir": .none, "--color": .none, "--file": .read, "--regexp": .none,
        ]
        add(
            "grep egrep fgrep rg ag ack zgrep",
            ShellProgram(
                operands: .after(1, .read), values: pattern, starters: ["--pre", "--hostname-bin", "--pager"],
                replacesFirst: ["-e", "-f", "--regexp", "--file", "--files", "--type-list"]))
        add(
            "sed",
            ShellProgram(
                operands: .after(1, .read), values: ["-e": .none, "-f": .read, "--expression": .none, "--file": .read],
                writers: ["-i", "--in-place"], replacesFirst: ["-e", "-f", "--expression", "--file"]))
        add(
            "awk gawk mawk nawk",
            ShellProgram(
                operands: .after(1, .read), values: ["-f": .read, "-F": .none, "-v": .none, "-i": .read],
                writers: ["-i"], starters: ["-l", "--load", "-e"], replacesFirst: ["-f"]))
        add(
            "jq yq",
            ShellProgram(
                operands: .after(1, .read), values: ["-f": .read, "--arg": .none, "--argjson": .none, "-L": .read],
                writers: ["-i"], replacesFirst: ["-f"]))
        add("rm rmdir unlink tee", ShellProgram(operands: .all(.write)))
        add("mkdir mkfifo mknod", ShellProgram(operands: .all(.write), values: ["-m": .none, "--mode": .none]))
        add("shred", ShellProgram(operands: .all(.write), values: ["-n": .none, "-s": .none]))
        add(
            "touch truncate",
            ShellProgram(
                operands: .all(.write),
                values: ["-d": .none, "-t": .none, "-s": .none, "-r": .read, "--reference": .read, "--date": .none]))
        add("mktemp", ShellProgram(operands: .all(.write), values: ["-p": .write, "--tmpdir": .write]))
        add(
            "chmod chown chgrp setfacl chattr",
            ShellProgram(operands: .after(1, .write), values: ["--reference": .read], replacesFirst: ["--reference"]))
        let target: [String: ShellPathRole] = [
            "-t": .write, "--target-directory": .write, "-m": .none, "-o": .none, "-g": .none, "-S": .none,
        ]
        add("cp install", ShellProgram(operands: .lastWritten(.read), values: target))
        add("mv ln link", ShellProgram(operands: .lastWritten(.both), values: target))
        add(
            "rsync scp",
            ShellProgram(
                operands: .lastWritten(.read),
                values: ["--exclude": .none, "--include": .none, "-P": .none, "-i": .read, "--log-file": .write],
                starters: ["-e", "--rsh", "--rsync-path", "-S", "-o", "-F"]))
        add("split csplit", ShellProgram(operands: .firstRead, starters: ["--filter"]))
        add("gzip gunzip bzip2 bunzip2 xz unxz zstd", ShellProgram(operands: .all(.both)))
        add("zip", ShellProgram(operands: .all(.both), values: ["-x": .none], starters: ["-T", "-TT"]))
        add(
            "unzip",
            ShellProgram(operands: .after(0, .read), values: ["-d": .write, "-x": .none]))
        add(
            "tar bsdtar",
            ShellProgram(
                operands: .likely(.both),
                values: [
                    "-f": .both, "--file": .both, "-C": .write, "--directory": .write, "--exclude": .none, "-T": .read,
                ],
                starters: [
                    "--to-command", "--checkpoint-action", "-I", "--use-compress-program", "--rsh-command", "-F",
                    "--info-script", "--new-volume-script", "--rmt-command",
                ]))
        add(
            "curl",
            ShellProgram(
                operands: .all(.none),
                values: [
                    "-o": .write, "--output": .write, "-D": .write, "--dump-header": .write, "-c": .write,
                    "--cookie-jar": .write, "-T": .read, "--upload-file": .read, "-b": .read, "--cacert": .read,
                    "--cert": .read, "--key": .read, "--output-dir": .write, "--trace": .write, "--trace-ascii": .write,
                    "--stderr": .write, "-E": .read, "--netrc-file": .read, "-H": .none, "-d": .none, "-X": .none,
                    "-A": .none, "-u": .none, "-F": .none, "-w": .none, "-m": .none, "-e": .none, "-x": .none,
                    "--data": .none, "--etag-save": .write, "--hsts": .write,
                ], starters: ["-K", "--config"]))
        add(
            "wget",
            ShellProgram(
                operands: .all(.none),
                values: [
                    "-O": .write, "--output-document": .write, "-P": .write, "--directory-prefix": .write, "-o": .write,
                    "-a": .write, "-i": .read, "--input-file": .read, "--post-file": .read, "--body-file": .read,
                    "--header": .none, "-U": .none,
                ], starters: ["--use-askpass", "--config", "-e"]))
        add(
            "make gmake ninja cmake",
            ShellProgram(
                operands: .likely(.read),
                values: ["-C": .both, "-f": .read, "-j": .none, "-I": .read, "-B": .write, "-S": .read, "-l": .none]))
        add(
            """
            npm yarn pnpm npx bun bunx deno node cargo go pip pip3 poetry uv pytest jest vitest mocha tsc \
            eslint prettier \
            ruff black mypy rustc gcc cc g++ c++ clang clang++ ld javac java python python2 python3 ruby \
            perl php swift \
            sh bash dash ash zsh ksh swiftc dotnet mvn gradle ctest bundle rake composer docker lua tsx ts-node gofmt rustfmt shellcheck
            """,
            ShellProgram(
                operands: .likely(.read),
                values: [
                    "-o": .write, "--output": .write, "--out": .write, "--out-dir": .write, "--outdir": .write,
                    "--outDir": .write, "--outfile": .write, "--outFile": .write, "--target-dir": .write,
                    "--prefix": .write, "--root": .write, "-e": .none, "--eval": .none, "--print": .none,
                ]))
        add(
            "git",
            ShellProgram(
                operands: .likely(.read),
                values: [
                    "-C": .read, "--git-dir": .both, "--work-tree": .both, "--exec-path": .both, "-c": .none,
                    "-m": .none, "--message": .none, "-F": .read, "--file": .read, "-b": .none, "-B": .none,
                    "--author": .none, "--date": .none, "--format": .none, "--pretty": .none, "--grep": .none,
                    "--since": .none, "--until": .none, "--after": .none, "--before": .none, "-o": .write,
                    "--output": .write,
                    "--output-directory": .write, "--separate-git-dir": .write, "--template": .read,
                    "--reference": .read,
                    "--depth": .none, "--branch": .none,
                ]))
        add("ssh sftp", ShellProgram(operands: .all(.none), values: ["-i": .read, "-F": .read, "-o": .none]))
        add("dd find fd", ShellProgram(operands: .all(.read)))
        return table
    }()

    /// Interpreters that take a program as an argument, and the options before it.
    static let inline: [String: [String]] = [
        "python": ["-c"], "python2": ["-c"], "python3": ["-c"], "node": ["-e", "--eval", "-p", "--print", "-pe"],
        "bun": ["-e", "--eval"], "deno": ["eval"], "perl": ["-e", "-E", "-pe", "-ne", "-pi", "-i"], "ruby": ["-e"],
        "php": ["-r"],
        "lua": ["-e"], "tsx": ["-e", "--eval"], "osascript": ["-e"], "sqlite3": [], "psql": [], "vim": [], "vi": [],
        "ed": [], "ex": [], "emacs": [], "gdb": [], "tclsh": [], "expect": [], "bc": [], "dc": [], "m4": [],
        "nvim": [], "R": ["-e"], "Rscript": ["-e"], "julia": ["-e"], "ghc": ["-e"],
    ]
}
