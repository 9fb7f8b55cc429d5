import Support
import SystemPackage

/// Removes ordinary files of one directory by their age. Links, directories and what cannot be removed stay.
struct OldFiles: Sendable {
    /// Files looked at between two looks at the task's cancellation.
    private static let chunk = 500

    let directory: FilePath
    /// Files that were last written before this, nanoseconds since 1970, go.
    let beforeNs: Int64

    /// - Parameter remove: removes one file and says whether it did; called on a thread that may block.
    /// - Returns: how many files and bytes are gone.
    /// - Throws: `CancellationError`, `FileError` when the directory cannot be read; one that is missing is empty.
    func remove(
        where wanted: @escaping @Sendable (String) -> Bool = { _ in true },
        by remove: @escaping @Sendable (FilePath) -> Bool = { (try? FileIO.remove($0)) != nil }
    ) async throws -> (files: Int64, bytes: Int64) {
        let directory = directory
        let beforeNs = beforeNs
        let names = try await BlockingWork.run { () throws(FileError) -> [FilePath.Component] in
            do throws(FileError) {
                return try FileIO.list(directory).map(\.name)
            } catch {
                if error.kind == .notFound { return [] }
                throw error
            }
        }.filter { wanted($0.string) }
        var files: Int64 = 0
        var bytes: Int64 = 0
        for start in stride(from: 0, to: names.count, by: Self.chunk) {
            try Task.checkCancellation()
            let part = names[start..<min(start + Self.chunk, names.count)]
            let removed = try await BlockingWork.run { () -> [Int64] in
                part.compactMap { name in
                    let path = directory.appending(name)
                    guard let info = try? FileIO.stat(path, followSymlink: false), info.isRegular,
                        info.mtimeNs < beforeNs, remove(path)
                    else { return nil }
                    return info.size
                }
            }
            files += Int64(removed.count)
            bytes += removed.reduce(0, +)
        }
        return (files, bytes)
    }
}
