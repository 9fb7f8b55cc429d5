import Configuration
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// An ask as it is kept, with the process that waits for its answer.
struct AskRecord: Sendable {
    var ask: PermissionAsk
    var owner: ProcessMark

    var json: JSON {
        let context = ask.context
        return [
            "id": .string(ask.id), "sessionID": .string(context.sessionID), "root": .string(context.rootSessionID),
            "messageID": .string(context.messageID), "callID": .string(context.callID),
            "agent": .string(context.agent), "callers": .array(context.callers.map { .string($0) }),
            "permission": .string(ask.permission), "patterns": .array(ask.patterns.map { .string($0) }),
            "always": .array(ask.always.map { .string($0) }), "metadata": ask.metadata, "title": .string(ask.title),
            "rule": [
                "permission": .string(ask.decision.rule.permission), "pattern": .string(ask.decision.rule.pattern),
                "action": .string(ask.decision.rule.action.rawValue), "source": .string(ask.decision.rule.source),
            ],
            "created": .int(ask.createdMs), "pid": .int(Int64(owner.pid)), "started": .string(owner.started),
        ]
    }

    init(ask: PermissionAsk, owner: ProcessMark) {
        self.ask = ask
        self.owner = owner
    }

    init?(_ json: JSON) {
        func text(_ key: String) -> String? { json[key]?.stringValue }
        func texts(_ key: String) -> [String] { json[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        guard let id = text("id"), let session = text("sessionID"), let permission = text("permission"),
            let pid = json["pid"]?.intValue.flatMap({ Int32(exactly: $0) }), let started = text("started")
        else { return nil }
        let rule = ConfiguredRule(
            permission: json["rule"]?["permission"]?.stringValue ?? permission,
            pattern: json["rule"]?["pattern"]?.stringValue ?? "*",
            action: json["rule"]?["action"]?.stringValue.flatMap(PermissionAction.init(rawValue:)) ?? .ask,
            source: json["rule"]?["source"]?.stringValue ?? "built-in")
        let context = PermissionContext(
            sessionID: session, messageID: text("messageID") ?? "", callID: text("callID") ?? "",
            agent: text("agent") ?? "", callers: texts("callers"), approvalScope: text("root"))
        let patterns = texts("patterns")
        ask = PermissionAsk(
            id: id, context: context, permission: permission, patterns: patterns, always: texts("always"),
            metadata: json["metadata"] ?? .object([:]), title: text("title") ?? "",
            decision: PermissionDecision(
                action: .ask, permission: permission, pattern: patterns.first ?? "*", rule: rule),
            createdMs: json["created"]?.intValue ?? 0)
        owner = ProcessMark(pid: pid, started: started)
    }
}

/// A process, told apart from a later one with the same number by its start time.
struct ProcessMark: Sendable, Equatable {
    var pid: Int32
    /// Field 22 of `/proc/PID/stat`, and the boot it belongs to.
    var started: String

    static let current = ProcessMark(pid: getpid(), started: startTime(of: getpid()) ?? "")

    /// Another process number space (a container's) looks dead, which only lists its asks too early.
    var isAlive: Bool { Self.startTime(of: pid).map { $0 == started } ?? false }

    private static func startTime(of pid: Int32) -> String? {
        guard let bytes = try? FileIO.read(FilePath("/proc/\(pid)/stat")), let end = bytes.lastIndex(of: 0x29) else {
            return nil
        }
        let fields = bytes[(end + 1)...].split(separator: 0x20)
        guard fields.count > 19 else { return nil }
        let boot = (try? FileIO.read("/proc/sys/kernel/random/boot_id")) ?? []
        let prefix = boot.prefix { $0 > 0x20 }
        return String(decoding: fields[19], as: UTF8.self) + "@" + String(decoding: prefix, as: UTF8.self)
    }
}
