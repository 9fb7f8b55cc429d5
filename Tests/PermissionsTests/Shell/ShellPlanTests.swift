import Permissions
import Testing

/// What a command runs, and what is not known about it.
@Suite("Shell analysis")
struct ShellPlanTests {
    /// A command and the programs it must be found to run.
    struct Row: Sendable, CustomStringConvertible {
        var command: String
        var programs: [String]
        var asks = false
        var description: String { command }

        init(_ command: String, _ programs: [String], asks: Bool = false) {
            self.command = command
            self.programs = programs
            self.asks = asks
        }
    }

    static let rows: [Row] = [
        // Lists and pipelines.
        Row("git status", ["git status"]), Row("git status; rm -rf x", ["git status", "rm -rf x"]),
        Row("a && b || c | d & e", ["a", "b", "c", "d", "e"]), Row("a\nb\n\nc", ["a", "b", "c"]),
        Row("a |& b", ["a", "b"]), Row("! a", ["a"]), Row("a &\nb", ["a", "b"]), Row("a; # b\nc", ["a", "c"]),
        Row("a \\\n b", ["a b"]), Row("a#b", ["a#b"]), Row("  a  ", ["a"]),
        // Quotes.
        Row("'rm' -rf x", ["rm -rf x"]), Row("r\"m\" x", ["rm x"]), Row("\\rm x", ["rm x"]), Row("r''m x", ["rm x"]),
        Row("$'\\x72\\155' x", ["rm x"]), Row("$\"rm\" x", ["rm x"]), Row("echo 'a; b'", ["echo a; b"]),
        Row("echo \"a \\\" $ b\"", ["echo a \" $ b"]), Row("echo a\\;b", ["echo a;b"]), Row("r\\\nm x", ["rm x"]),
        // Substitutions.
        Row("echo $(rm y)", ["rm y", "echo $(rm y)"]), Row("echo \"`rm y`\"", ["rm y", "echo `rm y`"]),
        Row("echo $(echo $(rm y))", ["rm y", "echo $(rm y)", "echo $(echo $(rm y))"]),
        Row("echo `echo \\`rm y\\``", ["rm y", "echo `rm y`", "echo `echo \\`rm y\\``"]),
        Row("echo ${x:-$(rm y)}", ["rm y", "echo ${x:-$(rm y)}"]), Row("x=$(rm y)", ["rm y"]),
        Row("diff <(rm a) b", ["rm a", "diff <(rm a) b"]), Row("tee >(rm a)", ["rm a", "tee >(rm a)"]),
        Row("echo $((1 + 2))", ["echo $((1 + 2))"]),
        Row("echo \"${x%\"$(rm y)\"}\"", ["rm y", "echo ${x%\"$(rm y)\"}"]),
        Row("a=(1 $(rm y) 3)", ["rm y"]), Row("echo $(( $(rm y) ))", ["rm y", "echo $(( $(rm y) ))"], asks: true),
        // Compound commands.
        Row("(cd a; rm b)", ["cd a", "rm b"]), Row("{ rm b; }", ["rm b"]),
        Row("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        Row("while a; do b; done", ["a", "b"]), Row("until a; do b; done", ["a", "b"]),
        Row("for x in 1 2; do a; done", ["a"]),
        Row("for ((i=0; i<3; i++)); do a; done", ["a"]), Row("case x in a|b) c;; (*) d;; esac", ["c", "d"]),
        Row("case $(a) in b) c;& d) e;;& esac", ["a", "c", "e"]), Row("[[ -f x && $(a) == b* ]] && c", ["a", "c"]),
        Row("[[ x =~ ^(a|b)$ ]]", []), Row("((x = 1 + 2))", []), Row("f() { rm x; }; f", ["rm x", "f"]),
        Row("function f { rm x; }", ["rm x"]), Row("time a", ["a"]), Row("select x in a; do b; done", ["b"]),
        // Redirections and here-documents.
        Row("a > b 2>&1 < c", ["a"]), Row("> b", []), Row("cat <<E\n$(rm x)\nE\nb", ["cat", "rm x", "b"]),
        Row("cat <<'E'\n$(rm x)\nE\nb", ["cat", "b"]), Row("cat <<-E\n\t`rm x`\n\tE", ["cat", "rm x"]),
        Row("cat <<< \"$(rm x)\"", ["rm x", "cat"]), Row("cat <<A <<B\n1\nA\n$(rm y)\nB", ["cat", "rm y"]),
        Row("echo $(cat <<E\nx\nE\n)", ["cat", "echo $(cat <<E\nx\nE\n)"]),
        // Wrappers.
        Row("env FOO=1 rm x", ["rm x"]), Row("env -i -u A B=c rm x", ["rm x"]), Row("nohup rm x", ["rm x"]),
        Row("timeout -k 3 5s rm x", ["rm x"]), Row("nice -n 5 rm x", ["rm x"]), Row("nice -5 rm x", ["rm x"]),
        Row("/usr/bin/time -f %e rm x", ["rm x"]), Row("command rm x", ["rm x"]), Row("exec rm x", ["rm x"]),
        Row("exec -a ls rm x", ["rm x"]), Row("sudo -u root rm x", ["sudo -u root rm x", "rm x"]),
        Row("xargs -n 1 -I {} rm {}", ["rm {}"]), Row("xargs -0 rm", ["rm"]), Row("setsid -f rm x", ["rm x"]),
        Row("find . -exec rm {} \\;", ["find . -exec rm {} ;", "rm {}"]),
        Row("find . -execdir rm {} + -ok ls {} ';'", ["find . -execdir rm {} + -ok ls {} ;", "rm {}", "ls {}"]),
        Row("sh -c 'rm x; ls'", ["rm x", "ls"]), Row("bash -ec 'rm x'", ["rm x"]),
        Row("bash -c \"bash -c 'rm x'\"", ["rm x"]), Row("env timeout 5 nice sh -c 'rm x'", ["rm x"]),
        Row("stdbuf -oL rm x", ["rm x"]), Row("busybox rm x", ["rm x"]), Row("builtin cd x", ["cd x"]),
        Row("git bisect run rm x", ["git bisect run rm x", "rm x"]),
        Row("/bin/rm x", ["/bin/rm x"]), Row("./rm x", ["rm x", "./rm x"]),
        Row("/tmp/evil/git log", ["git log", "/tmp/evil/git log"]),
        Row("mkdir {a,b}/c", ["mkdir a/c b/c"]), Row("{rm,x}", ["rm x"]),
        // What only the shell knows.
        Row("eval 'rm x'", ["eval rm x"], asks: true), Row("trap 'rm x' EXIT", ["trap rm x EXIT"], asks: true),
        Row("source x", ["source x"], asks: true), Row(". ./x", [". ./x"], asks: true),
        Row("curl u | sh", ["curl u", "sh"], asks: true),
        Row("bash < x", ["bash"], asks: true), Row("bash -s x", ["bash -s x"], asks: true),
        Row("$CMD x", ["$CMD x"], asks: true),
        Row("\"$(a)\" x", ["a", "$(a) x"], asks: true), Row("r* x", ["r* x"], asks: true),
        Row("bash -c \"$X\"", ["bash -c $X"], asks: true),
        Row("PATH=/x:$PATH a", ["a"], asks: true), Row("LD_PRELOAD=x a", ["a"], asks: true),
        Row("GIT_SSH=x git fetch", ["git fetch"], asks: true),
        Row("env PAGER=x git log", ["git log"], asks: true), Row("export PATH=x", ["export PATH=x"], asks: true),
        Row("IFS=x; a", ["a"], asks: true),
        Row("read x; echo $((x))", ["read x", "echo $((x))"], asks: true), Row("x='a[$(rm y)]'; ((x))", [], asks: true),
        Row("x='a[$(rm y)]'; [[ $x -eq 0 ]]", [], asks: true), Row("echo ${x@P}", ["echo ${x@P}"], asks: true),
        Row("echo ${!x}", ["echo ${!x}"], asks: true), Row("alias ls=rm", ["alias ls=rm"], asks: true),
        Row("shopt -s extglob", ["shopt -s extglob"], asks: true),
        Row("set -k", ["set -k"], asks: true), Row("set -euo pipefail", ["set -euo pipefail"]),
        Row("env -S 'rm x'", ["rm x"], asks: true),
        Row("cd() { rm x; }; cd y", ["rm x", "cd y"], asks: true), Row("hash -p /x ls", ["hash -p /x ls"], asks: true),
        Row("bash -i -c ls", ["ls"], asks: true), Row("sh -c 'ls &> x'", ["ls"], asks: true),
        Row("printf -v PATH x", ["printf -v PATH x"], asks: true),
        Row("git -c core.pager=x log", ["git -c core.pager=x log"], asks: true),
        Row("echo hi > /dev/tcp/h/1", ["echo hi"]),
        Row("sed 's/a/b/e' x", ["sed s/a/b/e x"]), Row("watch rm x", ["watch rm x"], asks: true),
        Row("git submodule foreach 'rm x'", ["git submodule foreach rm x"], asks: true),
    ]

    @Test("every program of a command is found, and what is not known is said", arguments: rows)
    func programs(row: Row) {
        let plan = ShellPlan(row.command)
        #expect(plan.unparsable == nil)
        #expect(plan.invocations.map(\.text) == row.programs)
        #expect(!plan.doubts.isEmpty == row.asks, "\(plan.doubts)")
    }

    @Test(
        "what is no command, or is read in several ways, is not taken apart",
        arguments: [
            "echo 'a", "echo \"a", "echo `a", "echo $(a", "echo ${a", "(a", "{ a", "a)", "if a; then b", "for x in",
            "case x in",
            "a;;", "a | | b", "a && ", "|| a", "cat <<E\nx", "cat <<E", "echo $((a);(b))", "((a) | (b))",
            "echo \"${x:-'a'}\"",
            "coproc a", "a $\\\n(b)", "echo $[1]", "then", "}", "f() a", "a=(1)b", "echo ${ a; }", "a & & b", "\u{0}",
            "a\\",
            "cat <<\"$x\"\ny\n\"$x\"", "echo ${x:'a'}", "[[ a", "a <", "$(( 1", "echo $'\\q'", "cat <<E\nE\\\n\nE",
        ])
    func unparsable(command: String) {
        #expect(ShellPlan(command).unparsable != nil)
    }

    @Test("nothing is too deep or too long to be noticed: it asks")
    func limits() {
        for depth in [10, 30] {
            let text = String(repeating: "$(", count: depth) + "rm x" + String(repeating: ")", count: depth)
            let plan = ShellPlan("echo " + text)
            #expect(plan.unparsable == nil && plan.invocations.first?.text == "rm x")
        }
        for text in ["$(", "(", "{ ", "${x:-", "if ", "f() { "] {
            #expect(ShellPlan(String(repeating: text, count: 5_000)).unparsable != nil, "\(text)")
        }
        #expect(ShellPlan(String(repeating: "a;", count: 80_000)).unparsable != nil)
        #expect(ShellPlan(String(repeating: "a;", count: 11_000)).unparsable != nil)
        let many = ShellPlan(String(repeating: "ls;", count: 9_000) + "rm x")
        #expect(many.unparsable == nil && many.invocations.last?.text == "rm x" && many.invocations.count == 9_001)
        #expect(!ShellPlan("echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").doubts.isEmpty)
        #expect(!ShellPlan(String(repeating: "nice ", count: 100) + "rm x").doubts.isEmpty)
    }

    @Test("the range of a command is where it stands, so that it can be shown")
    func ranges() {
        let text = "git status && rm  -rf 'x y' > /dev/null; echo $(ls)"
        let bytes = Array(text.utf8)
        let shown = ShellPlan(text).invocations.map {
            String(decoding: bytes[$0.command.range], as: UTF8.self)
        }
        #expect(shown == ["git status", "rm  -rf 'x y' > /dev/null", "ls", "echo $(ls)"])
    }

    @Test(
        "always saves what a command does, not everything of its program",
        arguments: [
            ("git commit -m x", "git commit *"), ("git status", "git status"),
            ("npm run build -- -x", "npm run build *"),
            ("npm test", "npm test"), ("rm x", "rm x"), ("rm *", nil), ("git push origin main", "git push origin main"),
            ("git reset --hard", "git reset --hard"), ("git -c x=y log", "git -c x=y log"), ("cat a b", "cat *"),
            ("make build", "make build"), ("make build V=1", "make build *"),
            ("docker compose up -d", "docker compose up *"),
            ("curl http://x", "curl http://x"), ("unknown a", "unknown a"), ("git commit $X", nil),
            ("python3 x.py", "python3 x.py"),
            ("sudo ls", "sudo ls"), ("git 'a b' c", "git a b c"), ("git * c", nil), ("npx x y", "npx x y"),
            ("go test ./...", "go test *"),
        ])
    func saved(command: String, expected: String?) throws {
        let invocation = try #require(ShellPlan(command).invocations.first)
        #expect(ShellSaved.pattern(invocation) == expected)
    }

    @Test("a program of the system is known with and without its directory")
    func forms() {
        #expect(ShellText.forms("/usr/bin/rm -rf x") == ["/usr/bin/rm -rf x", "rm -rf x"])
        #expect(ShellText.forms("/bin/rm") == ["/bin/rm", "rm"])
        #expect(ShellText.forms("/tmp/rm x") == ["/tmp/rm x"])
        #expect(ShellText.forms("rm /bin/x") == ["rm /bin/x"])
    }
}
