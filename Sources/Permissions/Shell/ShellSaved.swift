/// What "always" saves for a command: the command as it is, or the part of it that says what it does (`git commit
/// *`).
package enum ShellSaved {
    /// How many words say what a program does. Programs that are not here are saved only as they were run.
    private static let arity: [String: Int] = [
        "git": 2, "npm": 2, "npm run": 3, "npm exec": 3, "pnpm": 2, "pnpm run": 3, "pnpm exec": 3, "pnpm dlx": 3,
        "yarn": 2,
        "yarn run": 3, "yarn dlx": 3, "bun": 2, "bun run": 3, "bun x": 3, "npx": 2, "bunx": 2, "deno": 2,
        "deno task": 3,
        "cargo": 2, "cargo run": 3, "go": 2, "go tool": 3, "swift": 2, "swift package": 3, "dotnet": 2, "mvn": 2,
        "gradle": 2, "./gradlew": 2, "./mvnw": 2, "make": 2, "gmake": 2, "just": 2, "rake": 2, "cmake": 2, "ctest": 1,
        "ninja": 1, "pip": 2, "pip3": 2, "poetry": 2, "poetry run": 3, "uv": 2, "uv run": 3, "uv pip": 3, "pytest": 1,
        "tox": 1, "ruff": 2, "black": 1, "mypy": 1, "flake8": 1, "pylint": 1, "jest": 1, "vitest": 1, "mocha": 1,
        "tsc": 1,
        "eslint": 1, "prettier": 1, "rustfmt": 1, "gofmt": 1, "golangci-lint": 2, "shellcheck": 1, "gcc": 1, "g++": 1,
        "clang": 1, "rustc": 1, "javac": 1, "bundle": 2, "bundle exec": 3, "composer": 2, "gh": 3, "glab": 3,
        "docker": 2, "docker compose": 3, "docker image": 3, "docker container": 3, "podman": 2, "kubectl": 2,
        "helm": 2,
        "terraform": 2, "aws": 3, "gcloud": 3, "az": 3, "brew": 2, "systemctl": 2, "journalctl": 1,
        "ls": 1, "cat": 1, "head": 1, "tail": 1, "wc": 1, "grep": 1, "rg": 1, "echo": 1, "printf": 1, "pwd": 1,
        "which": 1,
        "du": 1, "df": 1, "stat": 1, "file": 1, "sort": 1, "uniq": 1, "cut": 1, "tr": 1, "diff": 1, "tree": 1, "jq": 1,
        "date": 1, "whoami": 1, "uname": 1, "basename": 1, "dirname": 1, "realpath": 1, "readlink": 1, "sleep": 1,
        "true": 1, "false": 1, "test": 1, "[": 1, "nl": 1, "comm": 1, "cmp": 1, "md5sum": 1, "sha256sum": 1, "cd": 1,
        "mkdir": 1, "touch": 1,
    ]
    /// Verbs after which anything may run, or that destroy: these are saved as they were run.
    private static let exact: Set<String> = [
        "git clean", "git reset", "git filter-branch", "git bisect", "git submodule", "git config", "git rebase",
        "git push", "git checkout", "git restore", "git rm", "git stash", "git branch", "git worktree",
        "git update-ref",
        "git gc", "git reflog", "git switch", "git alias", "npm exec", "npm publish", "npm unpublish", "pnpm exec",
        "pnpm dlx", "pnpm publish", "yarn dlx", "bun x", "bunx", "npx", "deno run", "deno eval", "docker run",
        "docker exec",
        "docker rm", "docker rmi", "docker system", "podman run", "podman exec", "podman rm", "kubectl exec",
        "kubectl delete", "kubectl run", "helm uninstall", "terraform destroy", "terraform apply", "go run", "uv run",
        "poetry run", "bundle exec", "cargo install", "go install", "dotnet run", "bun -e", "deno -e", "swift run",
        "systemctl start", "pip download", "brew uninstall", "make -f", "make -C", "aws s3", "gh api", "gh repo",
        "gh secret",
    ]

    /// The pattern to save for a program; `nil` when nothing may be saved: the rule would allow more than was shown.
    package static func pattern(_ invocation: ShellInvocation) -> String? {
        let text = invocation.text
        let words = invocation.words
        guard !invocation.hasUnknownArguments, words.allSatisfy({ !$0.isDynamic }) else { return nil }
        if let prefix = prefix(words), !prefix.utf8.contains(where: isWildcard) {
            let end = words.count > count(prefix) ? prefix + " *" : prefix
            return end
        }
        return text.utf8.contains(where: isWildcard) ? nil : text
    }

    private static func isWildcard(_ byte: UInt8) -> Bool { byte == 0x2A || byte == 0x3F }

    private static func count(_ prefix: String) -> Int { prefix.utf8.count { $0 == 0x20 } + 1 }

    /// The words that say what it does; `nil` when the command is only saved as it is.
    private static func prefix(_ words: [ShellWord]) -> String? {
        guard let first = words.first?.literal, var length = arity[first] else { return nil }
        if exact.contains(first) { return nil }
        if words.count >= 2, let second = words[1].literal {
            let pair = first + " " + second
            if exact.contains(pair) { return nil }
            if let longer = arity[pair] { length = longer }
        }
        guard words.count >= length else { return nil }
        var prefix: [String] = []
        for word in words.prefix(length) {
            // An option where the verb should be (`git -c x`), or a word with a blank, says nothing clear.
            guard let text = word.literal, !word.hasGlob || text == "[", !text.utf8.contains(0x20), !text.isEmpty,
                prefix.isEmpty || text.utf8.first != 0x2D
            else { return nil }
            prefix.append(text)
        }
        return prefix.joined(separator: " ")
    }
}
