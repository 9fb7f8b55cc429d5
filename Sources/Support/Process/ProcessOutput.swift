import SystemPackage

/// Where the output of one call goes: the rings, the caller, and the file for the whole of it.
struct ProcessOutput {
    private(set) var stdout: OutputRing
    private(set) var stderr: OutputRing
    private let onOutput: (@Sendable (OutputChunk) -> Void)?
    private let path: FilePath?
    private let limit: Int
    private let threshold: Int
    /// What is not in the file yet because the rings still hold everything.
    private var early: [UInt8] = []
    private var file: FileDescriptor?
    private var written = 0
    private var fileFailed = false

    init(_ command: Command, _ onOutput: (@Sendable (OutputChunk) -> Void)?) {
        stdout = OutputRing(headBytes: command.headBytes, tailBytes: command.tailBytes)
        stderr = OutputRing(headBytes: command.headBytes, tailBytes: command.tailBytes)
        self.onOutput = onOutput
        path = command.fullOutputFile
        limit = max(0, command.fullOutputLimit)
        threshold = max(0, command.headBytes) + max(0, command.tailBytes)
    }

    mutating func take(_ bytes: ArraySlice<UInt8>, _ stream: OutputChunk.Stream) {
        switch stream {
        case .stdout: stdout.append(bytes)
        case .stderr: stderr.append(bytes)
        }
        if path != nil, !fileFailed { keep(bytes) }
        onOutput?(OutputChunk(stream: stream, bytes: Array(bytes)))
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        if file == nil {
            early.append(contentsOf: bytes)
            guard early.count > threshold, let path else { return }
            file = try? FileIO.open(path, .writeOnly, options: [.create, .truncate, .noFollow], action: "write")
            if file == nil { fileFailed = true }
            let all = early
            early = []
            write(all[...])
        } else {
            write(bytes)
        }
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>) {
        guard let file, written < limit else { return }
        let part = bytes.prefix(limit - written)
        written += part.count
        do { _ = try file.writeAll(part) } catch { fileFailed = true }
    }

    /// Closes the file; its path when it holds the output up to the limit.
    mutating func finish() -> FilePath? {
        guard let file else { return nil }
        try? file.close()
        self.file = nil
        return fileFailed ? nil : path
    }
}
