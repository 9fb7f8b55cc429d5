import Permissions
import Testing

@Suite("Commands that only read")
struct ShellReadOnlyTests {
    private func onlyReads(_ command: String) -> Bool {
        let plan = ShellPlan(command)
        return plan.unparsable == nil && plan.doubts.isEmpty && plan.invocations.allSatisfy(ShellReadOnly.isReadOnly)
    }

    @Test(
        "reading needs no ask in a sandbox",
        arguments: [
            "ls", "ls -la src", "cat a b", "head -n 5 a", "tail -5 a", "wc -l a", "grep -rn foo .", "rg foo",
            "git status",
            "git log --oneline -5", "git diff HEAD~1 -- a", "git show HEAD:a", "git branch -a", "git --no-pager log",
            "find . -name '*.swift' -type f",
            "ls | head -3 && pwd", "echo $HOME", "cat a 2>/dev/null", "cat < a", "sort -u a", "uniq -c a",
            "sed -n 1,5p a", "date +%s",
            "/bin/ls", "LC_ALL=C ls", "test -f a && cat a", "timeout 5 git status", "git remote -v", "git blame a",
            "jq -r .x a.json",
            "sed 's/a/b/g' a", "diff a b", "cd src && ls", "which git", "git ls-files", "stat a", "du -sh .",
            "tree -L 2", "echo \"$(git log -1)\"",
        ])
    func reading(command: String) { #expect(onlyReads(command)) }

    @Test(
        "everything else does",
        arguments: [
            "rm a", "ls > a", "cat a >> b", "git commit", "git diff --output=a", "git diff --outp=a",
            "git diff --ext-diff", "git log --ext-d",
            "git -c core.pager=a log", "git -C .. log", "git grep -O a", "git log --textconv",
            "git diff --no-index a b", "git branch x",
            "git branch -D x", "git tag x", "git remote add a b", "git stash", "git config a b", "find . -delete",
            "find . -exec ls {} ;",
            "find . -exec ls {} \\;", "find . -fprint a", "find . -fls a", "sort -o a b", "sort --output=a b",
            "sort --compress-program=a b", "sort -T a b",
            "sed -i s/a/b/ c", "sed 's/a/b/e' c", "sed 's/a/b/w d' c", "sed e", "sed '1w x' a", "sed -f a b", "awk 1 a",
            "rg --pre a b", "rg -z a",
            "xargs ls", "tree -o a", "uniq a b", "xxd a b", "xxd -r a", "date -s x", "date 0101", "hostname x", "./ls",
            "/tmp/ls", "ls $X",
            "PATH=x ls", "PAGER=x git log", "FOO=1 ls", "file -C -m a", "sort *", "git log *", "eval ls", "sudo ls",
            "bash -c \"$X\"", "python3 -c 1",
            "tee a", "curl x", "ls <> a", "unknown", "f() { rm x; }; ls", "ls & rm x", "cat $(rm x)", "jq -L a b",
            "git -p log", "touch x", "env ls $X",
        ])
    func changing(command: String) { #expect(!onlyReads(command)) }

    @Test(
        "scripts of sed that run or write something are not harmless",
        arguments: [
            "e", "1e ls", "w x", "s/a/b/w x", "s/a/b/ge", "s,a,b,e", "/a/w x", "1,2{w x\n}", "W x", "r /etc/x",
            "s/[/]/x/", "y/a/b/e", "v", "\\,a,p",
        ])
    func scripts(script: String) throws {
        #expect(!onlyReads("sed '\(script)' a"))
    }
}
