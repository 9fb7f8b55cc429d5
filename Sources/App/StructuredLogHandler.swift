import Agents
import Credentials
import Logging
import Support
import SystemPackage

/// Writes log lines as text or JSON, with their fields, secrets taken out and hostile characters escaped.
struct StructuredLogHandler: LogHandler {
    let file: LogFile
    let json: Bool
    let echo: Bool
    let secrets: Secrets
    let time: any TimeSource
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(file: LogFile, json: Bool, echo: Bool, secrets: Secrets, time: any TimeSource) {
        self.file = file
        self.json = json
        self.echo = echo
        self.secrets = secrets
        self.time = time
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            .map { ($0.key, secrets.redact("\($0.value)")) }
        let message = secrets.redact("\(event.message)")
        let now = time.nowMs()
        let line: String
        if json {
            var object: JSONObject = [
                "time": .int(now), "level": .string(event.level.rawValue), "message": .string(message),
            ]
            for (key, value) in fields where object[key] == nil { object[key] = .string(value) }
            line = JSON.object(object).text()
        } else {
            let head = "\(Timestamp(unixMs: now).text) \(event.level.rawValue) \(message)"
            line = HostileText.escaped(
                fields.reduce(head) { "\($0) \($1.0)=\(Self.quoted($1.1))" }, multiline: false)
        }
        file.write(line)
        if echo { _ = try? FileDescriptor.standardError.writeAll(Array((line + "\n").utf8)) }
    }

    private static func quoted(_ text: String) -> String {
        text.isEmpty || text.utf8.contains(UInt8(ascii: " ")) ? "\"\(text)\"" : text
    }
}

/// A moment as `YYYY-MM-DDTHH:MM:SS.mmmZ`.
package struct Timestamp: Sendable {
    private let unixMs: Int64

    package init(unixMs: Int64) { self.unixMs = unixMs }

    package var text: String {
        let day = CivilDate(unixMs: unixMs).text
        let ms = ((unixMs % 86_400_000) + 86_400_000) % 86_400_000
        func padded(_ number: Int64, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return
            "\(day)T\(padded(ms / 3_600_000, 2)):\(padded(ms / 60_000 % 60, 2)):\(padded(ms / 1_000 % 60, 2)).\(padded(ms % 1_000, 3))Z"
    }
}
