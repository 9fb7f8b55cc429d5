import Dispatch
package import Support
package import SystemPackage

/// The log below the state directory: `codetether.log`, rotated at 10 MiB, five files in all, mode 0600.
///
/// Lines are written in order on a thread of their own; at most 10,000 wait, further ones are dropped and counted. Nothing is
/// opened before the first line. A log that cannot be written never stops the program.
package final class LogFile: Sendable {
    /// Bytes of one file.
    package static let maximumBytes = 10 << 20
    /// Files that are kept, the current one included.
    package static let maximumFiles = 5
    private static let maximumWaiting = 10_000

    private let directory: FilePath
    private let queue = DispatchQueue(label: "codetether.log")
    private let writer: LogWriter

    package init(directory: FilePath, time: any TimeSource) {
        self.directory = directory
        writer = LogWriter(directory: directory, limit: Self.maximumWaiting)
    }

    /// Adds a line, without its end.
    package func write(_ line: String) {
        guard writer.enter() else { return }
        queue.async { @Sendable [writer] in
            writer.write(line)
        }
    }

    /// Returns when all lines are written.
    package func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async { @Sendable [writer] in
                writer.close()
                continuation.resume()
            }
        }
    }
}
