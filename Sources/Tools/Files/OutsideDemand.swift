import Configuration
import Glibc
package import Permissions
import Support
package import SystemPackage

/// The permission `external_directory`: what a tool needs before it touches something outside the workspace. Inside are
/// the session's git work tree (or its directory), and for reading our own `tool-output` and the skills' folders.
package enum OutsideDemand {
    /// The demand for a path, nil when it is inside. The ask shows where links lead; "always" approves the directory.
    package static func of(_ path: WorkspacePath, writes: Bool, _ context: ToolContext) -> PermissionDemand? {
        guard path.isOutside else { return nil }
        if !writes, readable(context).contains(where: { path.relative.starts(with: $0) }) { return nil }
        let directory = FileIO.isDirectory(path.relative) ? path.relative : path.relative.removingLastComponent()
        let saved = directory == "/" ? "/*" : directory.string + "/*"
        let isLink = path.written != path.relative
        return PermissionDemand(
            permission: "external_directory", patterns: [path.display],
            always: PermissionDemand.literal([directory.string]).isEmpty ? [] : [saved],
            metadata: [
                "filepath": .string(path.display), "parentDir": .string(directory.string),
                "written": .string(path.written.string), "intent": writes ? "write" : "read",
            ],
            title: (writes ? "Write" : "Read") + " outside the workspace: "
                + (isLink ? "\(path.written.string) -> " : "") + path.display)
    }

    /// The demands for several paths, each directory once, before those of the tool itself.
    package static func of(_ paths: [WorkspacePath], writes: Bool, _ context: ToolContext) -> [PermissionDemand] {
        paths.compactMap { of($0, writes: writes, context) }
    }

    /// What of the demands of a call names paths that it may use outside.
    package static func granted(_ demands: [PermissionDemand]) -> [FilePath] {
        demands.filter { $0.permission == "external_directory" }.flatMap(\.patterns).map { FilePath($0) }
            .filter(\.isAbsolute)
    }

    /// Directories of ours that may be read like the workspace.
    package static func readable(_ context: ToolContext) -> [FilePath] {
        ([context.dataDirectory.appending("tool-output")] + context.skills.map { $0.path.removingLastComponent() })
            .compactMap { try? FileIO.realPath($0) }
    }
}

/// Symbolic links as such.
enum SymbolicLink {
    /// What a link says; nil when the path is none. At most 4,096 bytes.
    static func target(of path: FilePath) -> FilePath? {
        var buffer = [CChar](repeating: 0, count: 4_097)
        let count = path.withPlatformString { readlink($0, &buffer, 4_096) }
        guard count > 0 else { return nil }
        return FilePath(platformString: buffer)
    }
}
