import NIOCore
import NIOPosix
import Support

/// A model that a server on this machine offers.
package struct LocalModel: Sendable, Equatable {
    package var providerID: String
    package var id: String
    /// In tokens, nil when the server does not say.
    package var context: Int?

    package init(providerID: String, id: String, context: Int? = nil) {
        self.providerID = providerID
        self.id = id
        self.context = context
    }
}

/// Asks the local servers what they offer. Only on demand: for listings, or when one of their models is asked for.
package enum LocalDetection {
    /// Until a connection stands; a port without a server costs next to nothing.
    package static let connectLimit: Duration = .milliseconds(150)
    /// At most this many models of one server.
    package static let longestList = 500

    /// Models of all given providers that answer; failures are silence. Providers are asked at the same time.
    package static func models(of providers: [ProviderEntry], transport: any HTTPTransport) async -> [LocalModel] {
        await withTaskGroup(of: (Int, [LocalModel]).self) { group in
            for (index, entry) in providers.enumerated() where entry.route.isLocal {
                group.addTask { (index, await models(of: entry, transport: transport)) }
            }
            var found: [(Int, [LocalModel])] = []
            for await result in group { found.append(result) }
            return found.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// Models of one provider, empty when nobody answers.
    package static func models(of entry: ProviderEntry, transport: any HTTPTransport) async -> [LocalModel] {
        guard let url = URLParts(entry.route.baseURL), await isListening(url) else { return [] }
        guard let list = await get(entry.route.baseURL + "/models", transport),
            let rows = list["data"]?.arrayValue
        else { return [] }
        var shared: Int?
        if entry.id == "llama.cpp", let props = await get(url.origin + "/props", transport) {
            shared = count(props["default_generation_settings"]?["n_ctx"]) ?? count(props["n_ctx"])
        }
        var contexts: [String: Int] = [:]
        if entry.id == "lmstudio", let own = await get(url.origin + "/api/v0/models", transport) {
            for row in own["data"]?.arrayValue ?? [] {
                guard let id = row["id"]?.stringValue else { continue }
                contexts[id] = count(row["loaded_context_length"]) ?? count(row["max_context_length"])
            }
        }
        return rows.prefix(longestList).compactMap { row in
            guard let id = row["id"]?.stringValue, !id.isEmpty else { return nil }
            let context =
                shared ?? contexts[id] ?? count(row["context_length"]) ?? count(row["max_model_len"])
                ?? count(row["meta"]?["n_ctx"])
            return LocalModel(providerID: entry.id, id: id, context: context)
        }
    }

    private static func count(_ json: JSON?) -> Int? {
        guard let value = json?.intValue, value > 0 else { return nil }
        return Int(clamping: value)
    }

    private static func isListening(_ url: URLParts) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.milliseconds(connectLimit.wholeMilliseconds))
        guard let channel = try? await bootstrap.connect(host: url.host, port: url.port).get() else { return false }
        try? await channel.close().get()
        return true
    }

    private static func get(_ url: String, _ transport: any HTTPTransport) async -> JSON? {
        let call = HTTPCall(
            method: "GET", url: url, headers: HTTPFields([HTTPField("accept", "application/json")]),
            headTimeout: .seconds(2))
        guard let reply = try? await transport.send(call), reply.status == 200 else { return nil }
        let bytes = await reply.body.collect(upTo: 4 * 1024 * 1024)
        return try? JSON(parsing: bytes)
    }
}
