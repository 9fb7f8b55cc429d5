package import Support
import Synchronization
package import SystemPackage

/// The catalogue that the last refresh brought: a file in models.dev's shape, `{provider: {name, api, env, npm, models}}`.
///
/// `text(of:)` writes one provider a line, so that a run finds its provider without reading the rest. Nothing is read before
/// the first question, then the file is kept; a file that is missing, or is no catalogue, knows nothing.
package final class CachedCatalogue: Sendable {
    /// In bytes; a larger file is not read.
    private static let longest = 64 << 20

    private struct State {
        var bytes: [UInt8]?
        /// Set when the file is not ours, line by line.
        var whole: JSONObject?
        var found: [String: JSON?] = [:]
    }

    private let file: FilePath?
    private let state = Mutex(State())

    /// - Parameter file: nil = there is none.
    package init(file: FilePath?) { self.file = file }

    /// A catalogue as the file has it: valid JSON, one provider a line, sorted by id.
    package static func text(of providers: JSONObject) -> [UInt8] {
        var lines: [[UInt8]] = []
        for member in providers.sorted(by: { $0.key < $1.key }) {
            let single: JSON = .object([member.key: member.value])
            // `{"id":{…}}` without its outer braces.
            lines.append(Array(single.bytes().dropFirst().dropLast()))
        }
        return Array("{\n".utf8) + Array(lines.joined(separator: Array(",\n".utf8))) + Array("\n}\n".utf8)
    }

    /// The ids of all providers in the file, sorted.
    var providerIDs: [String] {
        state.withLock { state in
            load(&state)
            if let whole = state.whole { return whole.map(\.key).sorted() }
            return Self.lines(state.bytes ?? []).compactMap { line in
                guard line.first == UInt8(ascii: "\""), let end = line.dropFirst().firstIndex(of: UInt8(ascii: "\""))
                else { return nil }
                return String(validating: line[(line.startIndex + 1)..<end], as: UTF8.self)
            }
        }
    }

    /// What the file says about a provider, nil when it says nothing.
    func provider(_ id: String) -> JSON? {
        state.withLock { state in
            if let known = state.found[id] { return known }
            load(&state)
            let found = state.whole.map { $0[id] } ?? Self.find(id, in: state.bytes ?? [])
            let checked = found?["models"]?.objectValue == nil ? nil : found
            state.found[id] = .some(checked)
            return checked
        }
    }

    private func load(_ state: inout State) {
        guard state.bytes == nil else { return }
        state.bytes = []
        guard let file, let bytes = try? FileIO.read(file, limit: Self.longest) else { return }
        if bytes.starts(with: "{\n\"".utf8) {
            state.bytes = bytes
        } else {
            state.whole = (try? JSON(parsing: bytes))?.objectValue
        }
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "\n"))
    }

    /// The value in the line that begins with `"id":`.
    private static func find(_ id: String, in bytes: [UInt8]) -> JSON? {
        let key = JSON.string(id).bytes() + [UInt8(ascii: ":")]
        for line in lines(bytes) where line.starts(with: key) {
            var value = line.dropFirst(key.count)
            if value.last == UInt8(ascii: ",") { value = value.dropLast() }
            return try? JSON(parsing: Array(value))
        }
        return nil
    }
}

extension ProviderEntry {
    /// A provider that only the cached catalogue knows: it speaks OpenAI's or Anthropic's protocol at the address given there.
    /// Nil when it does neither.
    init?(id: String, cached: JSON) {
        guard let base = cached["api"]?.stringValue, let url = URLParts(base), url.scheme == "https" || url.isLoopback
        else { return nil }
        let api: WireAPI
        switch cached["npm"]?.stringValue {
        case "@ai-sdk/openai-compatible": api = .openAIChat
        case "@ai-sdk/openai": api = .openAIResponses
        case "@ai-sdk/anthropic": api = .anthropic
        default: return nil
        }
        var address = Substring(base)
        while address.hasSuffix("/") { address.removeLast() }
        self.init(
            id: id, name: cached["name"]?.stringValue ?? id,
            route: Route(
                api: api, baseURL: String(address), auth: ModelMerge.auth(api),
                keyNames: (cached["env"]?.arrayValue ?? []).prefix(8).compactMap(\.stringValue)))
    }
}

extension ModelSnapshot.Row {
    /// One model of a cached catalogue; nil without limits, or when it writes no text.
    init?(id: String, cached model: JSON) {
        guard let context = model["limit"]?["context"]?.intValue, let output = model["limit"]?["output"]?.intValue,
            context >= 0, output > 0, model["status"]?.stringValue != "deprecated"
        else { return nil }
        if let written = model["modalities"]?["output"]?.arrayValue, !written.contains("text") { return nil }
        let read = model["modalities"]?["input"]?.arrayValue ?? []
        var flags: Set<Character> = []
        if model["tool_call"]?.boolValue == true { flags.insert("t") }
        if model["reasoning"]?.boolValue == true { flags.insert("r") }
        if model["temperature"]?.boolValue == false { flags.insert("n") }
        if read.contains("image") { flags.insert("i") }
        if read.contains("pdf") { flags.insert("d") }
        self.init(
            id: id, name: model["name"]?.stringValue ?? id, context: Int(clamping: context),
            output: Int(clamping: output), cost: ModelSpec.Cost(cached: model["cost"]), flags: flags,
            released: model["release_date"]?.stringValue)
    }
}

extension ModelSpec.Cost {
    /// `{input, output, cache_read, cache_write, reasoning, tiers[{…, tier{size}}]}`; `context_over_200k` is an older form of
    /// a tier.
    fileprivate init?(cached cost: JSON?) {
        guard let cost, let input = cost["input"]?.doubleValue, let output = cost["output"]?.doubleValue else {
            return nil
        }
        var tiers: [Tier] = (cost["tiers"]?.arrayValue ?? []).prefix(8).compactMap { row in
            row["tier"]?["size"]?.intValue.flatMap { Tier(above: Int(clamping: $0), row) }
        }
        if tiers.isEmpty, let row = cost["context_over_200k"], let tier = Tier(above: 200_000, row) { tiers = [tier] }
        self.init(
            input: input, output: output, cacheRead: cost["cache_read"]?.doubleValue,
            cacheWrite: cost["cache_write"]?.doubleValue, reasoning: cost["reasoning"]?.doubleValue, tiers: tiers)
    }
}

extension ModelSpec.Cost.Tier {
    fileprivate init?(above: Int, _ row: JSON) {
        guard let input = row["input"]?.doubleValue, let output = row["output"]?.doubleValue else { return nil }
        self.init(
            above: above, input: input, output: output, cacheRead: row["cache_read"]?.doubleValue,
            cacheWrite: row["cache_write"]?.doubleValue)
    }
}
