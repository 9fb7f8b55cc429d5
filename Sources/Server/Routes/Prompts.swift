import Agents
import Configuration
import Permissions
import Schema
import Sessions
import Support
import SystemPackage
import Templates

/// What the routes that admit prompts share: schemas, attachments, errors.
enum Prompts {
    /// A model: 2.1's `ModelRef`, or `provider/model`.
    static let model: JSON = ["anyOf": [Shape.name, Shape.ref("ModelRef")]]
    static let files = Shape.list(Shape.ref("PromptInputFileAttachment"))
    static let agents = Shape.list(Shape.ref("PromptAgentAttachment"))
    static let skills = Shape.list(Shape.ref("PromptInputSkillAttachment"))
    static let delivery = Shape.optional(Shape.word("steer", "queue"))

    /// All attachments of a prompt together, bytes before encoding.
    private static let maximumAttachments = 20 << 20

    /// The model that a body names; nil for none.
    static func modelRef(_ json: JSON?) throws -> ModelRef? {
        guard let json else { return nil }
        if let text = json.stringValue {
            guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")), slash != text.startIndex else {
                throw HTTPFailure.invalid(
                    "'model' must be a provider and a model, as in \"provider/model\".", field: "model")
            }
            return ModelRef(id: String(text[text.utf8.index(after: slash)...]), providerID: String(text[..<slash]))
        }
        return ModelRef(
            id: json["id"]?.stringValue ?? "", providerID: json["providerID"]?.stringValue ?? "",
            variant: json["variant"]?.stringValue)
    }

    static func delivery(_ context: RouteContext, default standard: Delivery = .steer) -> Delivery {
        context.text("delivery").flatMap(Delivery.init(rawValue:)) ?? standard
    }

    /// Reads what a prompt attaches: `data:` URLs and `file:` URLs below the session's directory.
    static func files(_ context: RouteContext, in session: SessionInfo) async throws -> [PromptFile]? {
        guard let items = context.body["files"]?.arrayValue, !items.isEmpty else { return nil }
        guard items.count <= 64 else { throw HTTPFailure.invalid("At most 64 files a prompt.", field: "files") }
        var files: [PromptFile] = []
        var total = 0
        for (index, item) in items.enumerated() {
            let uri = item["uri"]?.stringValue ?? ""
            let field = "files[\(index)].uri"
            let (mime, bytes) = try await content(uri, field: field, session)
            total += bytes.count
            guard total <= maximumAttachments else {
                throw HTTPFailure.invalid("The files are larger than 20 MiB together.", field: "files")
            }
            // As `run -f` stores it: text is text, so that a model reads it.
            let isText = mime.hasPrefix("text/") && !bytes.contains(0)
            var file = PromptFile(
                data: isText ? UTF8Text.lossy(bytes) : Base64.encode(bytes), mime: mime,
                source: uri.hasPrefix("data:") ? .inline : .uri(uri))
            file.name =
                item["name"]?.stringValue ?? (uri.hasPrefix("file:") ? FilePath(uri).lastComponent?.string : nil)
            file.description = item["description"]?.stringValue
            if let mention = item["mention"] { file.mention = try? mention.decode(PromptMention.self) }
            files.append(file)
        }
        return files
    }

    /// Attaches the resources of MCP servers that the text mentions (`@server:uri`). What cannot be read stays text; the reasons are in
    /// the message's metadata as `notices`.
    static func addMentions(
        to payload: inout InboxUserPayload, _ context: RouteContext, _ session: SessionInfo
    ) async throws {
        guard !MentionScanner.mentions(in: payload.text).isEmpty else { return }
        let location = try await context.location(session.location.directory)
        let agent = context.text("agent") ?? session.agent ?? location.config.config.defaultAgent ?? "build"
        let text = payload.text
        let found = try await context.request.whileConnected {
            await location.mentions.resources(in: text, agent: agent)
        }
        if !found.files.isEmpty { payload.files = (payload.files ?? []) + found.files }
        guard !found.notices.isEmpty else { return }
        var metadata = payload.metadata?.objectValue ?? [:]
        metadata["notices"] = .array(found.notices.map { .string($0) })
        payload.metadata = .object(metadata)
    }

    private static func content(
        _ uri: String, field: String, _ session: SessionInfo
    ) async throws -> (mime: String, bytes: [UInt8]) {
        if uri.hasPrefix("data:") {
            guard let comma = uri.utf8.firstIndex(of: UInt8(ascii: ",")) else {
                throw HTTPFailure.invalid("The data: URL has no comma.", field: field)
            }
            let head = uri[uri.index(uri.startIndex, offsetBy: 5)..<comma]
            let rest = uri[uri.utf8.index(after: comma)...]
            let mime = head.split(separator: ";").first.map(String.init) ?? ""
            let isBase64 = head.hasSuffix(";base64")
            guard let bytes = isBase64 ? Base64.decode(String(rest)) : PercentDecoding.bytes(rest.utf8) else {
                throw HTTPFailure.invalid("The data: URL is not valid base64.", field: field)
            }
            return (mime.contains("/") ? mime : "text/plain", bytes)
        }
        let path: FilePath
        if uri.hasPrefix("file://") {
            path = FilePath(PercentDecoding.text(uri.dropFirst(7).utf8))
        } else if !uri.contains("://") {
            path = FilePath(session.location.directory).pushing(FilePath(uri))
        } else {
            throw HTTPFailure.invalid("Only data: and file: URLs can be attached.", field: field)
        }
        return try await BlockingWork.run {
            do {
                let root = try FileIO.realPath(FilePath(session.location.directory))
                let real = try FileIO.realPath(path)
                guard real.starts(with: root) else {
                    throw HTTPFailure.invalid(
                        "\(path) is outside the session's directory; send it as a data: URL.", field: field)
                }
                return (mimeType(real), try FileIO.read(real, limit: maximumAttachments))
            } catch let error as FileError {
                throw HTTPFailure.invalid(error.message, field: field)
            }
        }
    }

    static func mimeType(_ path: FilePath) -> String {
        switch path.extension?.lowercased() {
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "svg": "image/svg+xml"
        case "pdf": "application/pdf"
        case "json": "application/json"
        case "html", "htm": "text/html"
        default: "text/plain"
        }
    }

    /// Turns what kept something from being admitted into an answer.
    static func failure(_ error: AdmissionError, sessionID: String) -> any Error {
        switch error {
        case .conflict(let message): HTTPFailure(409, .conflict(message: message, resource: "message"))
        case .agent(let error): error
        case .session(let error): error.failure(sessionID: sessionID)
        case .parked(let message): HTTPFailure(503, .serviceUnavailable(message: message))
        }
    }

    /// Admits, with errors as answers.
    static func admit(_ admission: Admission, _ context: RouteContext) async throws -> AdmissionReceipt {
        do {
            return try await context.services.runs.admit(admission)
        } catch let error as AdmissionError {
            throw failure(error, sessionID: admission.sessionID)
        }
    }
}
