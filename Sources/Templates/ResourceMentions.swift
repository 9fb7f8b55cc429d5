import Configuration
package import MCP
package import Permissions
package import Schema
import Support

/// What the mentions of a prompt became.
package struct MentionedResources: Sendable, Equatable {
    /// What was read, in the order of the mentions.
    package var files: [PromptFile] = []
    /// A sentence for each mention that stays text, safe to show.
    package var notices: [String] = []
}

/// Attaches the resources that a prompt mentions (`@server:uri`) to its user message.
///
/// Who writes the mention approves the reading: rules that deny `mcp` for `server uri` hold, nothing is asked. A server that is
/// disabled or waits for approval is not contacted. What cannot be read stays text and is told in a notice; it never fails the prompt.
/// Bounds: 16 different mentions a prompt, read at the same time, each within the server's limits of connecting and calling;
/// 256 KiB of text a resource, 20 MiB together.
package struct ResourceMentions: Sendable {
    /// What the rules say about reading `server uri`, for an agent.
    package typealias Rules = @Sendable (_ resource: String, _ agent: String) -> PermissionDecision

    private let servers: MCPServers
    private let rules: Rules

    /// - Parameter servers: what the configuration says was applied to them already.
    package init(servers: MCPServers, rules: @escaping Rules) {
        self.servers = servers
        self.rules = rules
    }

    /// Reads what a text mentions. Returns at once for a text without mentions.
    package func resources(in text: String, agent: String) async -> MentionedResources {
        var result = MentionedResources()
        var mentions = MentionScanner.mentions(in: text)
        if mentions.count > MentionScanner.maxMentions {
            mentions.removeLast(mentions.count - MentionScanner.maxMentions)
            result.notices.append(
                "Only the first \(MentionScanner.maxMentions) mentioned resources are attached; the others stay text.")
        }
        guard !mentions.isEmpty else { return result }
        let known = Set(await servers.statuses().map(\.name))
        var outcomes: [Int: Outcome] = [:]
        await withTaskGroup(of: (Int, Outcome).self) { group in
            for (index, mention) in mentions.enumerated() {
                group.addTask { (index, await outcome(mention, known, agent)) }
            }
            for await (index, outcome) in group { outcomes[index] = outcome }
        }
        var room = PromptMessages.maxFileBytes
        for (index, mention) in mentions.enumerated() {
            switch outcomes[index] {
            case .files(let files):
                let size = files.reduce(0) { $0 + $1.data.utf8.count }
                guard size <= room, result.files.count + files.count <= PromptMessages.maxFiles else {
                    result.notices.append(Self.notice(mention, "the resources are larger than 20 MiB together."))
                    continue
                }
                room -= size
                result.files += files
            case .refused(let reason): result.notices.append(Self.notice(mention, reason))
            case .noMention, nil: break
            }
        }
        return result
    }

    private enum Outcome: Sendable {
        case files([PromptFile])
        case refused(String)
        /// Ordinary text.
        case noMention
    }

    private func outcome(_ mention: ResourceMention, _ known: Set<String>, _ agent: String) async -> Outcome {
        guard known.contains(mention.server) else {
            guard mention.uri.contains("://") else { return .noMention }
            return .refused("there is no MCP server '\(mention.server)'. codetether mcp list shows those there are.")
        }
        let decision = rules("\(mention.server) \(mention.uri)", agent)
        guard decision.action != .deny else {
            return .refused("\(decision.ruleText) (\(decision.source)) denies reading it.")
        }
        do throws(MCPError) {
            let contents = try await servers.client(mention.server).read(mention.uri)
            guard !contents.isEmpty else { return .refused("the resource is empty.") }
            var files: [PromptFile] = []
            for content in contents.prefix(PromptMessages.maxFiles) {
                switch ResourceContent.part(content, server: mention.server) {
                case .file(var file):
                    file.mention = mention.place
                    files.append(file)
                case .text(let note): return .refused(note)
                }
            }
            return .files(files)
        } catch {
            return .refused(error.message)
        }
    }

    private static func notice(_ mention: ResourceMention, _ reason: String) -> String {
        HostileText.escaped("\(mention.place.text.prefix(300)) stays text: \(reason)", multiline: false)
    }
}
