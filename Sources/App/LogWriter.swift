import Support
import Synchronization
import SystemPackage

/// Writes log lines; `write` and `close` are called from one serial queue, `enter` from anywhere.
final class LogWriter: Sendable {
    private struct State {
        var waiting = 0
        var dropped = 0
        var descriptor: FileDescriptor?
        var size = 0
        var failed = false
    }

    private let directory: FilePath
    private let limit: Int
    private let state = Mutex(State())

    init(directory: FilePath, limit: Int) {
        self.directory = directory
        self.limit = limit
    }

    /// False when too many lines wait.
    func enter() -> Bool {
        state.withLock { state in
            guard state.waiting < limit else {
                state.dropped += 1
                return false
            }
            state.waiting += 1
            return true
        }
    }

    func write(_ line: String) {
        state.withLock { state in
            state.waiting -= 1
            guard !state.failed else { return }
            var text = line + "\n"
            if state.dropped > 0 {
                text += "\(state.dropped) log lines were dropped\n"
                state.dropped = 0
            }
            do {
                try open(&state)
                guard let descriptor = state.descriptor else { return }
                state.size += try descriptor.writeAll(Array(text.utf8))
            } catch {
                state.failed = true
            }
        }
    }

    func close() {
        state.withLock { state in
            try? state.descriptor?.close()
            state.descriptor = nil
        }
    }

    private var path: FilePath { directory.appending("codetether.log") }

    private func open(_ state: inout State) throws {
        if state.descriptor != nil, state.size < LogFile.maximumBytes { return }
        try? state.descriptor?.close()
        state.descriptor = nil
        try FileIO.createDirectory(directory)
        if let size = try? FileIO.stat(path).size, size >= Int64(LogFile.maximumBytes) { rotate() }
        state.descriptor = try FileIO.open(path, .writeOnly, options: [.create, .append, .noFollow])
        state.size = Int((try? FileIO.stat(path).size) ?? 0)
    }

    private func rotate() {
        for number in stride(from: LogFile.maximumFiles - 2, through: 1, by: -1) {
            try? FileIO.rename(numbered(number), to: numbered(number + 1))
        }
        try? FileIO.rename(path, to: numbered(1))
    }

    private func numbered(_ number: Int) -> FilePath { directory.appending("codetether.log.\(number)") }
}
