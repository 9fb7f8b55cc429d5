import Support
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The reader of stdout is gone (EPIPE): the command ends quietly with 141.
package struct OutputClosed: Error, Sendable, Equatable {
    package init() {}
}

/// Where results (stdout) and messages (stderr) go, and the one renderer of results.
package struct Output: Sendable {
    private let results: FileDescriptor
    private let messages: FileDescriptor

    /// Columns of a table on a terminal; nil = do not cut.
    package var width: Int?

    /// - Parameter width: nil for pipes and files, where nothing is ever cut.
    package init(results: FileDescriptor, messages: FileDescriptor, width: Int? = nil) {
        self.results = results
        self.messages = messages
        self.width = width
    }

    /// The same, with results going to another descriptor.
    func redirected(to results: FileDescriptor) -> Output {
        Output(results: results, messages: messages, width: width)
    }

    /// stdout and stderr, with the terminal's width.
    package static var standard: Output {
        var size = winsize()
        let isTerminal = isatty(1) == 1 && ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20
        return Output(results: .standardOutput, messages: .standardError, width: isTerminal ? Int(size.ws_col) : nil)
    }

    /// Prints a result. The only switch over formats.
    /// - Throws: `OutputClosed` when nobody reads any more.
    package func render(_ document: OutputDocument, as format: OutputFormat) async throws {
        switch (format, document) {
        case (.table, .rows(let table)): try await write(TableLayout(table, width: width).text)
        case (.table, .value(_, let text)): try await write(text.isEmpty || text.hasSuffix("\n") ? text : text + "\n")
        case (.json, .rows(let table)): try await write(JSON.array(table.rows.map(\.json)).text(.pretty) + "\n")
        case (.json, .value(let json, _)): try await write(json.text(.pretty) + "\n")
        case (.jsonl, .rows(let table)):
            try await write(table.rows.map { $0.json.text() + "\n" }.joined())
        case (.jsonl, .value(let json, _)): try await write(json.text() + "\n")
        }
    }

    /// Writes all of it to stdout, off the cooperative pool.
    /// - Throws: `OutputClosed`.
    package func write(_ text: String) async throws {
        guard !text.isEmpty else { return }
        try await write(bytes: Array(text.utf8))
    }

    /// The same for bytes.
    func write(bytes: [UInt8]) async throws {
        let results = results
        let isWritten = try await BlockingWork.run { Self.writeAll(bytes, to: results) }
        guard isWritten else { throw OutputClosed() }
    }

    /// A line on stderr; failures are ignored.
    package func note(_ text: String) {
        _ = Self.writeAll(Array((text.hasSuffix("\n") ? text : text + "\n").utf8), to: messages)
    }

    /// A question on stderr, without a line break; failures are ignored.
    func prompt(_ text: String) { _ = Self.writeAll(Array(text.utf8), to: messages) }

    /// Writes to stdout at once, blocking; false when that failed.
    static func writeNow(_ text: String) -> Bool { writeAll(Array(text.utf8), to: .standardOutput) }

    private static func writeAll(_ bytes: [UInt8], to descriptor: FileDescriptor) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor.rawValue, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count >= 0 {
                offset += count
            } else if errno == EAGAIN {
                var poll = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
