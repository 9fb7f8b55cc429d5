import Permissions
import Support
import SystemPackage

/// Kinds of failures of file tools, as `ToolError` codes.
enum FileFailure {
    case invalid
    case notFound
    case outside
    case conflict
    case timeout
    case failed
}

extension ToolError {
    /// A failure of a file tool; `message` is a sentence with the next step.
    static func file(_ kind: FileFailure, _ message: String) -> ToolError {
        switch kind {
        case .invalid: ToolError(.invalidArguments, message)
        case .outside:
            ToolError(
                PermissionDenied(
                    permission: "external_directory", pattern: "*", rule: "external_directory * deny",
                    source: "built-in", feedback: message))
        case .notFound: ToolError(.notFound, message)
        case .conflict: ToolError(.conflict, message)
        case .timeout: ToolError(.timeout, message)
        case .failed: ToolError(.failed, message)
        }
    }

    /// An error of the file system, for the path as the model wrote it.
    static func file(_ error: FileError, path: String) -> ToolError {
        switch error.kind {
        case .notFound: .file(.notFound, "'\(path)' does not exist.")
        case .permissionDenied:
            .file(.outside, "'\(path)' cannot be used: \(error.message)")
        case .isADirectory: .file(.invalid, "'\(path)' is a directory. Give the path of a file.")
        case .notADirectory: .file(.invalid, "'\(path)' cannot be used: a part of the path is not a directory.")
        default: .file(.failed, "'\(path)' cannot be used: \(error.message)")
        }
    }
}

/// Runs blocking file work off the cooperative pool. A call that is cancelled before it starts throws `cancelled`; one
/// that runs is finished, because a half-made change would be worse.
func fileWork<Value: Sendable>(
    _ body: @escaping @Sendable () throws(ToolError) -> Value
) async throws(ToolError) -> Value {
    if Task.isCancelled { throw ToolError(.cancelled, "The call was cancelled before it touched a file.") }
    return try await BlockingWork.run(throwing: ToolError.self, body)
}

/// Files that are the same by name or nearly so, for a path that does not exist.
enum NearNames {
    /// Names a model may have meant, at most 3, nearest first.
    static func suggestions(for path: WorkspacePath, in files: WorkspaceFiles) -> [String] {
        guard let name = path.relative.lastComponent else { return [] }
        let parent = path.relative.removingLastComponent()
        guard let entries = try? files.list(parent) else { return [] }
        let wanted = lowercased(name)
        var found: [(distance: Int, path: String)] = []
        for entry in entries.prefix(5_000) {
            let other = lowercased(entry.name)
            let limit = max(2, wanted.count / 3)
            var distance = abs(other.count - wanted.count) <= limit ? LineSimilarity.distance(other, wanted) : .max
            let contains =
                min(other.count, wanted.count) >= 3
                && (!TextBytes.occurrences(of: wanted[...], in: other[...], limit: 1).isEmpty
                    || !TextBytes.occurrences(of: other[...], in: wanted[...], limit: 1).isEmpty)
            if contains { distance = min(distance, limit) }
            if distance <= limit { found.append((distance, parent.appending(entry.name).string)) }
        }
        return found.sorted { ($0.distance, $0.path) < ($1.distance, $1.path) }.prefix(3).map(\.path)
    }

    /// The error for a path that does not exist, with what may have been meant.
    static func missing(_ path: WorkspacePath, written: String, in files: WorkspaceFiles) -> ToolError {
        let near = suggestions(for: path, in: files)
        if !near.isEmpty {
            return .file(.notFound, "'\(written)' does not exist. Did you mean \(near.joined(separator: ", "))?")
        }
        var parent = path.relative.removingLastComponent()
        while !parent.isEmpty, (try? files.info(parent)) == nil { parent.removeLastComponent() }
        return .file(
            .notFound,
            "'\(written)' does not exist. The nearest directory that does is "
                + "'\(parent.isEmpty ? "." : parent.string)'; use list or glob to find the file.")
    }

    private static func lowercased(_ name: FilePath.Component) -> [UInt8] {
        name.string.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
