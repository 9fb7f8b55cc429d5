import Schema
import Sessions
import Storage
import Support
import SystemPackage

/// Commands that people run beside the model.
enum ShellRoutes {
    static let all: [Route] = [
        Route(openCode: "Shell.list", .read) { context in
            let location = try await context.location()
            let list = await context.services.shells.list
            return CatalogueRoutes.located(location, try context.json(list))
        },
        Route(
            openCode: "Shell.create", .pty,
            body: .json(
                Shape.object(
                    [
                        "command": Shape.name, "cwd": Shape.string, "timeout": Shape.integer(1...86_400_000),
                        "metadata": Shape.map,
                    ], required: ["command"]))
        ) { context in
            let location = try await context.location()
            let directory = location.directory.pushing(FilePath(context.text("cwd") ?? "")).lexicallyNormalized()
            guard FileIO.isDirectory(directory) else {
                throw HTTPFailure.invalid("\(directory) is not a directory.", field: "cwd")
            }
            let started = await context.services.shells.start(
                context.text("command") ?? "", in: directory,
                timeoutMs: context.body["timeout"]?.intValue.map { Int(clamping: $0) },
                metadata: context.body["metadata"] ?? [:])
            guard let started else { throw tooMany }
            return CatalogueRoutes.located(location, try context.json(started))
        },
        Route(openCode: "Shell.get", .read) { context in
            let location = try await context.location()
            guard let info = await context.services.shells.info(context.parameter("id")) else {
                throw notFound(context)
            }
            return CatalogueRoutes.located(location, try context.json(info))
        },
        Route(
            openCode: "Shell.output", .read,
            query: ["cursor": Shape.integer(0...Int64.max >> 8), "limit": Shape.integer(1...2_097_152)]
        ) { context in
            let location = try await context.location()
            guard
                let part = await context.services.shells.output(
                    context.parameter("id"), from: Int(context.number("cursor") ?? 0),
                    limit: Int(context.number("limit") ?? 65_536))
            else { throw notFound(context) }
            return CatalogueRoutes.located(
                location,
                [
                    "output": .string(part.text), "cursor": .int(Int64(part.cursor)), "size": .int(Int64(part.size)),
                    "truncated": .bool(part.isTruncated),
                ])
        },
        Route(openCode: "Shell.remove", .pty) { context in
            _ = try await context.location()
            await context.services.shells.remove(context.parameter("id"))
            return .noContent
        },
        inSession,
        // 2.1's only global setting: the shell that runs people's commands, while this server runs.
        Route(
            openCode: "Config.update", .admin,
            body: .json(Shape.object(["shell": Shape.optional(Shape.string)]))
        ) { context in
            let shell = context.text("shell")
            if let shell {
                let path = FilePath(shell)
                let mode = (try? FileIO.stat(path))?.mode ?? 0
                guard path.isAbsolute, !FileIO.isDirectory(path), mode & 0o111 != 0 else {
                    throw HTTPFailure.invalid("'shell' must be the absolute path of a program.", field: "shell")
                }
            }
            await context.services.shells.use(shell: shell)
            return .noContent
        },
    ]

    private static let tooMany = HTTPFailure(
        503, .serviceUnavailable(message: "64 commands run already; end some of them first.", service: "shell"))

    private static func notFound(_ context: RouteContext) -> HTTPFailure {
        let shown = HostileText.escaped(context.parameter("id"), multiline: false)
        return HTTPFailure(404, .shellNotFound(id: shown, message: "There is no command \"\(shown)\"."))
    }

    /// A command of the user in a session: the model sees what it printed.
    private static let inSession = Route(
        openCode: "Session.shell", .pty,
        body: .json(
            Shape.object(["id": Shape.optional(Shape.id("msg_")), "command": Shape.name], required: ["command"]))
    ) { context in
        let session = try await context.session()
        let services = context.services
        let variables = await services.variables.of(session.id)
        guard
            let info = await services.shells.start(
                context.text("command") ?? "", in: FilePath(session.location.directory), timeoutMs: 600_000,
                metadata: ["sessionID": .string(session.id)], variables: variables, sessionID: session.id)
        else { throw tooMany }
        try await context.append(session.id, .sessionShellStarted(.init(sessionID: session.id, shell: info)))
        await services.shells.wait(info.id)
        let end = await services.shells.info(info.id) ?? info
        let part = await services.shells.output(info.id, from: 0, limit: 51_200)
        try await context.append(
            session.id,
            .sessionShellEnded(
                .init(
                    sessionID: session.id, shell: end,
                    output: .init(
                        output: part?.text ?? "", cursor: part?.cursor ?? 0, size: part?.size ?? 0,
                        truncated: (part?.cursor ?? 0) < (part?.size ?? 0)))))
        return .noContent
    }
}
