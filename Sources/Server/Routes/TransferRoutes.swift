import Schema
import Sessions
import Support
import SystemPackage

/// Forks, exports and imports.
enum TransferRoutes {
    static let all: [Route] = [
        Route(
            openCode: "Session.fork", .prompt,
            body: .json(Shape.object(["before": Shape.optional(Shape.name)]), isOptional: true)
        ) { context in
            let session = try await context.session()
            let before = context.text("before")
            let forked: SessionInfo
            do throws(SessionError) {
                forked = try await context.services.sessions.fork(session.id, before: before)
            } catch {
                if error.kind == .messageNotFound { throw MessageRoutes.notFound(before ?? "", in: session.id) }
                throw error.failure(sessionID: session.id)
            }
            return .data(try context.json(forked))
        },
        Route(openCode: "Session.export", .read, query: ["sanitize": Shape.boolean]) { context in
            let session = try await context.session()
            let exporter = SessionExporter(
                context.services.sessions,
                ExportOptions(isSanitized: context.queryFlag("sanitize") ?? false))
            var bytes: [UInt8] = []
            _ = try await exporter.write(session.id) { bytes += $0 }
            return .data(try JSON(parsing: bytes))
        },
        imports,
    ]

    private static let imports: Route = {
        var route = Route(
            openCode: "Session.import_", .prompt,
            body: .json(
                Shape.object(
                    [
                        "info": Shape.map, "messages": Shape.list(Shape.map),
                        "location": Shape.optional(Shape.ref("LocationPublicRef")),
                    ], required: ["info", "messages"]))
        ) { context in
            let location = try await context.namedLocation(context.body["location"]?["directory"]?.stringValue)
            var reader = TransferReader()
            let report: ImportReport
            do {
                try reader.push(
                    JSON.object(["info": context.body["info"] ?? [:], "messages": context.body["messages"] ?? []])
                        .bytes())
                let document = try reader.finish()
                report = try await SessionImporter(context.services.sessions).run(
                    document,
                    ImportOptions(directory: location.directory.string, projectID: location.projectID))
            } catch let error as TransferError {
                if error.kind == .conflict {
                    throw HTTPFailure(409, .conflict(message: error.message, resource: "session"))
                }
                throw HTTPFailure.invalid(error.message, field: error.path)
            }
            guard let info = report.items.first?.info else {
                throw HTTPFailure.invalid("There is no session in the document.", field: "info")
            }
            return .data(try context.json(info))
        }
        route.maximumBody = 256 << 20
        route.failures.append(.init(status: 404, tag: "LocationNotFoundError"))
        return route
    }()
}
