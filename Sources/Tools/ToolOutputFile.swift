import Support
package import SystemPackage

/// Bounds what goes to the model and keeps the whole of it in a file.
package enum ToolOutputFile {
    /// What a model sees at most, lines.
    package static let maximumLines = 2_000
    /// What a model sees at most, bytes.
    package static let maximumBytes = 51_200
    /// What a file of a full text holds at most, bytes.
    package static let maximumFileBytes = 10 << 20

    /// Where the full text of an output goes; `id` is ours, never the provider's.
    package static func path(_ id: String, in dataDirectory: FilePath) -> FilePath {
        dataDirectory.appending("tool-output").appending("\(id).txt")
    }

    /// The output with its text cut, when it is too long.
    /// - Throws: nothing for a file that cannot be written: the text then says so.
    static func bounded(_ output: ToolOutput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        guard output.truncatedFile == nil else { return output }
        let bytes = Array(output.text.utf8)
        let cut = TextTruncation.headTail(bytes, maxLines: maximumLines, maxBytes: maximumBytes)
        guard cut.isTruncated else { return output }
        var bounded = output
        let path = path(context.ids.next(.call), in: context.dataDirectory)
        do {
            try await BlockingWork.run {
                try FileIO.createDirectory(path.removingLastComponent())
                try AtomicFile.write(Array(bytes.prefix(maximumFileBytes)), to: path)
            }
            bounded.truncatedFile = path
            bounded.text = cut.text + note(path)
        } catch {
            bounded.text = cut.text + "\n(The output was cut, and the whole of it could not be stored.)"
        }
        return bounded
    }

    /// The sentence that tells the model where the rest is.
    static func note(_ path: FilePath) -> String {
        "\n(The output was cut. The full text is in \(path.string); search it with bash rather than printing it.)"
    }
}
