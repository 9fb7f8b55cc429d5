import Git
import Schema
import Support
import SystemPackage

/// What version control knows of a directory. Plumbing only: nothing that a repository names is started.
enum VcsRoutes {
    static let all: [Route] = [
        Route(openCode: "Vcs.get", .read) { context in
            let location = try await context.location()
            guard let state = GitState.read(location.directory) else {
                return CatalogueRoutes.located(location, ["branch": [:]])
            }
            var branch = JSONObject()
            if let current = state.branch { branch["current"] = .string(current) }
            if let found = try? await git(state, context).defaultBranch() { branch["default"] = .string(found.name) }
            return CatalogueRoutes.located(location, ["provider": "git", "branch": .object(branch)])
        },
        Route(openCode: "Vcs.base", .read) { context in
            let location = try await context.location()
            guard let state = GitState.read(location.directory), state.head != nil else {
                return CatalogueRoutes.located(location, .null)
            }
            let found = try await answering { try await base(git(state, context)) }
            return CatalogueRoutes.located(
                location,
                found.map { ["name": .string($0.name), "ref": .string($0.commit), "source": "default"] } ?? .null)
        },
        Route(openCode: "Vcs.status", .read) { context in
            let location = try await context.location()
            guard let state = GitState.read(location.directory) else {
                return CatalogueRoutes.located(location, [])
            }
            let changes = try await answering {
                try await git(state, context).changes(since: state.head, patches: false)
            }
            return CatalogueRoutes.located(
                location,
                .array(
                    changes.map {
                        [
                            "file": .string($0.file), "additions": .int(Int64($0.additions)),
                            "deletions": .int(Int64($0.deletions)), "status": .string($0.status.rawValue),
                        ]
                    }))
        },
        Route(
            openCode: "Vcs.diff", .read,
            query: [
                "mode": Shape.word("git", "working", "branch"), "base": Shape.name,
                "context": Shape.integer(0...10_000),
            ]
        ) { context in
            let location = try await context.location()
            guard let state = GitState.read(location.directory) else {
                return CatalogueRoutes.located(location, [])
            }
            let runner = git(state, context)
            let query = context.request.query
            let lines = Int(clamping: context.number("context") ?? 3)
            var start = state.head
            if let name = query["base"] {
                guard let commit = try? await runner.mergeBase(name) else {
                    throw HTTPFailure.invalid(
                        "There is no revision \"\(HostileText.escaped(name, multiline: false))\" that this branch came from.",
                        field: "base", kind: "Query")
                }
                start = commit
            } else if query["mode"] == "branch", state.head != nil {
                start = try await answering { try await base(runner) }?.commit ?? state.head
            }
            let since = start
            let changes = try await answering { try await runner.changes(since: since, patches: true, context: lines) }
            return CatalogueRoutes.located(
                location,
                .array(
                    changes.map {
                        [
                            "file": .string($0.file), "patch": .string($0.patch),
                            "additions": .int(Int64($0.additions)), "deletions": .int(Int64($0.deletions)),
                            "status": .string($0.status.rawValue),
                        ]
                    }))
        },
        Route(
            openCode: "VcsBranch.list", .read, query: ["search": Shape.string, "limit": Shape.integer(1...1_000)]
        ) { context in
            let location = try await context.location()
            guard let state = GitState.read(location.directory) else {
                return CatalogueRoutes.located(location, [])
            }
            let names = try await answering {
                try await git(state, context).branches(
                    search: context.request.query["search"] ?? "", limit: Int(clamping: context.number("limit") ?? 100))
            }
            return CatalogueRoutes.located(location, .array(names.map { .string($0) }))
        },
    ]

    // MARK: Parts

    static func git(_ state: GitState, _ context: RouteContext) -> GitRunner {
        GitRunner(directory: state.root, runner: ProcessRunner(), environment: context.services.environment)
    }

    /// Where the current branch left the default one; nil on the default branch and without any.
    private static func base(_ git: GitRunner) async throws(GitError) -> (name: String, commit: String)? {
        guard let found = try await git.defaultBranch(), try await git.branch() != found.name,
            let commit = try await git.mergeBase(found.ref)
        else { return nil }
        return (found.name, commit)
    }

    /// Runs `body`, whose errors of git become 503.
    static func answering<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as GitError {
            throw HTTPFailure(503, .serviceUnavailable(message: error.message, service: "git"))
        }
    }
}
