package import SystemPackage

extension GitRunner {
    /// A checkout may take this long.
    package static let worktreeTimeout: Duration = .seconds(300)

    /// Makes a work tree of its own with a new branch, both at a commit. Hooks and filters that the repository names are not
    /// started; of files with a filter, what is stored comes out.
    /// - Parameters:
    ///   - path: where; must not exist yet.
    ///   - branch: a name that is not taken.
    ///   - commit: what `commit(_:)` gives.
    /// - Throws: `failed` when the path or branch is taken, the disk is full, …; nothing is left then.
    package func addWorktree(at path: FilePath, branch: String, commit: String) async throws(GitError) {
        _ = try await execute("check-ref-format", ["--branch", branch])
        guard try await execute("for-each-ref", ["refs/heads/\(branch)"]).isEmpty else {
            throw GitError(.failed, "There is a branch \(branch) already; use another name.")
        }
        let settings = try await filterSettings()
        do throws(GitError) {
            _ = try await execute(
                "worktree", ["add", "--quiet", "-b", branch, "--", path.string, commit], settings: settings,
                timeout: Self.worktreeTimeout)
        } catch {
            // git removes the directory by itself; the branch may be left.
            _ = try? await execute("update-ref", ["-d", "refs/heads/\(branch)", commit])
            throw error
        }
    }

    /// Takes back what `addWorktree` made, with its branch if nothing was committed there.
    package func removeWorktree(at path: FilePath, branch: String, commit: String) async throws(GitError) {
        _ = try await execute("worktree", ["remove", "--force", "--", path.string])
        _ = try await execute("update-ref", ["-d", "refs/heads/\(branch)", commit])
    }

    /// Makes every configured filter do nothing.
    func filterSettings() async throws(GitError) -> [String] {
        let names: String
        do throws(GitError) {
            names = try await execute(
                "config", ["--name-only", "--get-regexp", "^filter\\..*\\.(smudge|clean|process)$"])
        } catch {
            // 1: none is configured.
            guard error.status == 1 else { throw error }
            return []
        }
        return names.split(separator: "\n").flatMap { name -> [String] in
            guard let dot = name.lastIndex(of: ".") else { return [] }
            return ["\(name)=", "\(name[..<dot]).required=false"]
        }
    }
}
