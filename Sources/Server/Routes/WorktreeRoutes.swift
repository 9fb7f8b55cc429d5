import Configuration
import Git
import Schema
import Support
import SystemPackage

/// Work trees of the server's repository: more directories to work in, each with a branch of its own.
enum WorktreeRoutes {
    static let all: [Route] = [
        Route(openCode: "Worktree.list", .read, query: ["projectID": Shape.name]) { context in
            let (_, git, root) = try await repository(context.request.query["projectID"], context)
            guard let git else { return .json([]) }
            let trees = try await VcsRoutes.answering { try await git.worktrees() }
            return .json(
                .array(
                    trees.filter { $0 != root && FileIO.isDirectory($0) }.map {
                        ["directory": .string($0.string), "strategy": "git"]
                    }))
        },
        Route(
            openCode: "Worktree.create", .admin,
            body: .json(
                Shape.object([
                    "projectID": Shape.optional(Shape.name), "from": Shape.optional(Shape.name),
                    "branch": Shape.optional(Shape.name), "directory": Shape.optional(Shape.name),
                    "name": Shape.optional(Shape.name),
                ]))
        ) { context in
            let (location, git, root) = try await repository(context.text("projectID"), context)
            guard let git else { throw failure("This project is no git repository; there are no work trees.") }
            let serial = String(context.services.ids.next(.session).dropFirst(IDPrefix.session.rawValue.count))
            let name = context.text("name") ?? "\(root.lastComponent?.string ?? "project")-\(serial)"
            guard name.utf8.count <= 200, FilePath.Component(name) != nil, name != ".", name != ".." else {
                throw HTTPFailure.invalid("'name' must be the name of a directory.", field: "name")
            }
            let folder = location.config.paths.data.appending("worktrees")
            let path = FilePath(context.text("directory") ?? folder.appending(name).string).lexicallyNormalized()
            guard path.isAbsolute else {
                throw HTTPFailure.invalid("'directory' must be an absolute path.", field: "directory")
            }
            guard !FileIO.exists(path) else { throw failure("\(path) is there already; name another directory.") }
            do {
                if context.text("directory") == nil {
                    try await BlockingWork.run { try FileIO.createDirectory(folder) }
                }
                let commit = try await git.commit(context.text("from") ?? "HEAD")
                try await git.addWorktree(
                    at: path, branch: context.text("branch") ?? "codetether/\(serial)", commit: commit)
            } catch let error as GitError {
                throw failure(error.message)
            } catch let error as FileError {
                throw failure(error.message)
            }
            return .json(["directory": .string(path.string)])
        },
        Route(
            openCode: "Worktree.remove", .admin,
            body: .json(
                Shape.object(
                    [
                        "projectID": Shape.optional(Shape.name), "directory": Shape.name,
                        "force": Shape.optional(Shape.boolean),
                    ], required: ["directory"]))
        ) { context in
            let (_, git, root) = try await repository(context.text("projectID"), context)
            let path = FilePath(context.text("directory") ?? "").lexicallyNormalized()
            guard let git, path != root,
                try await VcsRoutes.answering({ try await git.worktrees() }).contains(path)
            else {
                throw failure("\(HostileText.escaped(path.string, multiline: false)) is no work tree of this project.")
            }
            do throws(GitError) {
                try await git.removeWorktree(at: path, force: context.flag("force") ?? false)
            } catch {
                throw HTTPFailure(
                    400, .worktree(message: error.message, forceRequired: FileIO.isDirectory(path) ? true : nil))
            }
            return .noContent
        },
        Route(
            openCode: "Worktree.refresh", .admin,
            body: .json(Shape.object(["projectID": Shape.optional(Shape.name)]), isOptional: true)
        ) { context in
            let (_, git, _) = try await repository(context.text("projectID"), context)
            do throws(GitError) {
                try await git?.pruneWorktrees()
            } catch {
                throw failure(error.message)
            }
            return .noContent
        },
    ]

    /// The server's project, and git in its main work tree; no git outside a repository.
    /// - Throws: 404 for another project.
    private static func repository(
        _ projectID: String?, _ context: RouteContext
    ) async throws -> (ServerLocation, GitRunner?, FilePath) {
        let location = try await context.location(nil)
        if let projectID, projectID != location.projectID {
            let shown = HostileText.escaped(projectID, multiline: false)
            throw HTTPFailure(
                404,
                .projectNotFound(
                    projectID: shown,
                    message: "There is no project \"\(shown)\"; GET /api/project lists those there are."))
        }
        let state = GitState.read(location.directory)
        return (location, state.map { VcsRoutes.git($0, context) }, state?.root ?? location.directory)
    }

    private static func failure(_ message: String) -> HTTPFailure {
        HTTPFailure(400, .worktree(message: message))
    }
}
