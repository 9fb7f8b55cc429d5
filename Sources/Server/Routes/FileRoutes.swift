import Configuration
import Schema
import Support
import SystemPackage
import Tools

/// Files below a location: all paths are held in it by the kernel, links that lead out are refused.
enum FileRoutes {
    /// The largest file that is read or written, bytes.
    private static let maximum = 10 << 20

    static let all: [Route] = [
        Route(openCode: "File.read", .read, success: .bytes("application/octet-stream")) { context in
            let location = try await context.location()
            let path = try relative(context.parameter("path"), location)
            try guardOwn(path, location, context)
            let bytes = try await BlockingWork.run {
                try found(path) { () throws(FileError) in
                    let root = try WorkspaceRoot(location.directory)
                    return try root.read(FilePath(path), limit: maximum)
                }
            }
            return ServerResponse(status: 200, body: .bytes(bytes), contentType: "application/octet-stream")
        },
        Route(openCode: "File.list", .read, query: ["path": Shape.string]) { context in
            let location = try await context.location()
            let path = try relative(context.request.query["path"] ?? "", location)
            try guardOwn(path, location, context)
            let entries = try await BlockingWork.run {
                try found(path) { () throws(FileError) in
                    let root = try WorkspaceRoot(location.directory)
                    return try root.list(FilePath(path.isEmpty ? "." : path), limit: 100_000)
                }
            }
            let rows = entries.sorted { $0.name.string.utf8.lexicographicallyPrecedes($1.name.string.utf8) }.map {
                entry -> JSON in
                let name = entry.name.string
                return [
                    "path": .string(path.isEmpty ? name : "\(path)/\(name)"),
                    "type": entry.kind == .directory ? "directory" : "file",
                ]
            }
            return CatalogueRoutes.located(location, .array(rows))
        },
        Route(
            openCode: "File.find", .read,
            query: ["query": Shape.string, "type": Shape.word("file", "directory"), "limit": Shape.integer(1...1_000)],
            required: ["query"]
        ) { context in
            let location = try await context.location()
            let query = context.request.query["query"] ?? ""
            let type = context.request.query["type"]
            let limit = Int(context.number("limit") ?? 100)
            let rows = try await BlockingWork.run {
                try FileFinder.find(query, type: type, limit: limit, in: location.directory)
            }
            return CatalogueRoutes.located(
                location,
                .array(rows.map { ["path": .string($0.path), "type": $0.isDirectory ? "directory" : "file"] }))
        },
        Route(openCode: "File.write", .admin, body: .raw, query: ["path": Shape.name], required: ["path"]) { context in
            let location = try await context.location()
            let path = try relative(context.request.query["path"] ?? "", location)
            guard !path.isEmpty else { throw HTTPFailure.invalid("'path' is missing.", field: "path", kind: "Query") }
            let bytes = context.bytes
            try await BlockingWork.run {
                do throws(FileError) {
                    let root = try WorkspaceRoot(location.directory)
                    let file = FilePath(path)
                    let parent = file.removingLastComponent()
                    if !parent.isEmpty { try root.mkdirs(parent) }
                    try root.writeAtomically(bytes, to: file, mode: 0o644)
                } catch {
                    throw HTTPFailure.invalid(error.message, field: "path", kind: "Query")
                }
            }
            return CatalogueRoutes.located(location, ["path": .string(path)])
        },
    ]

    /// Keeps our own configuration, credentials, logs and token from those who may not administer the server.
    private static func guardOwn(_ path: String, _ location: ServerLocation, _ context: RouteContext) throws {
        guard !context.caller.scopes.contains(.admin),
            let real = try? FileIO.realPath(location.directory.pushing(FilePath(path)))
        else { return }
        let paths = location.config.paths
        for own in [paths.config, paths.data, paths.state, paths.cache] {
            guard let own = try? FileIO.realPath(own), real.starts(with: own) else { continue }
            throw HTTPFailure(
                403, .forbidden(message: "Only a credential with the scope \"admin\" may read codetether's own files."))
        }
    }

    /// A path below the location, without leading slash. An absolute path must lie in it.
    private static func relative(_ path: String, _ location: ServerLocation) throws -> String {
        guard !path.utf8.contains(0) else {
            throw HTTPFailure.invalid("The path has a NUL character.", field: "path", kind: "Query")
        }
        guard path.hasPrefix("/") else { return path }
        let full = FilePath(path).lexicallyNormalized()
        guard full.starts(with: location.directory) else {
            throw HTTPFailure.invalid(
                "\(HostileText.escaped(path, multiline: false)) is outside \(location.directory).", field: "path",
                kind: "Query")
        }
        var rest = full
        _ = rest.removePrefix(location.directory)
        return rest.string
    }

    /// Runs a file operation; what is not there or out of reach is 404.
    private static func found<Value>(_ path: String, _ body: () throws(FileError) -> Value) throws -> Value {
        do throws(FileError) {
            return try body()
        } catch {
            let shown = HostileText.escaped(path, multiline: false)
            guard error.kind == .notFound || error.kind == .permissionDenied || error.kind == .notADirectory else {
                throw HTTPFailure.invalid(error.message, field: "path", kind: "Query")
            }
            throw HTTPFailure(404, .fileNotFound(path: shown, message: error.message))
        }
    }
}
