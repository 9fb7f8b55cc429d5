package import Schema
package import Support
package import SystemPackage

/// What a call gives back.
package struct ToolOutput: Sendable, Equatable {
    /// The text for the model. `ToolRegistry.execute` cuts it to 2,000 lines and 50 kB.
    package var text: String
    /// Images and files that go to the model beside the text.
    package var attachments: [ToolContent]
    /// Facts for faces and logs; never sent to the model.
    package var metadata: JSON
    /// A few words for people: the path, the command, the address.
    package var title: String
    /// Where the whole text is, when `text` was cut. A tool that sets it has bounded `text` itself.
    package var truncatedFile: FilePath?

    /// `content` is what goes to the model beside the text.
    package init(
        text: String, content attachments: [ToolContent] = [], metadata: JSON = .object([:]), title: String = "",
        truncatedFile: FilePath? = nil
    ) {
        self.text = text
        self.attachments = attachments
        self.metadata = metadata
        self.title = title
        self.truncatedFile = truncatedFile
    }

    /// What the session stores and the model sees: the text, then the attachments.
    package var content: [ToolContent] { [.text(text)] + attachments }

    /// `metadata` with the title and the file of the full text.
    package var storedMetadata: JSON {
        var object = metadata.objectValue ?? ["value": metadata]
        if !title.isEmpty { object["title"] = .string(title) }
        if let truncatedFile {
            object["truncated"] = true
            object["outputPath"] = .string(truncatedFile.string)
        }
        return .object(object)
    }
}
