import Credentials
import Providers
import Support

/// Models as rows: OpenCode 2.1 `ModelInfo` with `available` and `credential`.
struct ModelListing {
    let catalogue: ModelCatalogue
    let credentials: CredentialStore

    func isAvailable(_ model: ModelSpec) -> Bool {
        catalogue.provider(model.providerID).map { catalogue.isAvailable($0) } ?? false
    }

    /// - Parameter verbose: false gives one id a line.
    func table(_ models: [ModelSpec], verbose: Bool) -> OutputTable {
        let columns: [OutputTable.Column] =
            verbose
            ? [
                .init("MODEL"), .init("NAME", isFlexible: true), .init("CONTEXT", isNumber: true),
                .init("OUTPUT", isNumber: true), .init("$IN/M", isNumber: true), .init("$OUT/M", isNumber: true),
                .init("CAPABILITIES"), .init("CREDENTIAL"),
            ] : []
        return OutputTable(
            columns: columns,
            rows: models.map { OutputTable.Row(json: json($0), cells: verbose ? cells($0) : [$0.id]) })
    }

    private func cells(_ model: ModelSpec) -> [String] {
        var capabilities: [String] = []
        if model.capabilities.tools { capabilities.append("tools") }
        if model.capabilities.reasoning { capabilities.append("reasoning") }
        if model.capabilities.images { capabilities.append("images") }
        if model.capabilities.documents { capabilities.append("pdf") }
        let credential = credential(model)
        return [
            model.id, model.name, String(model.limits.context), String(model.limits.output),
            model.cost.map { Self.price($0.input) } ?? "-", model.cost.map { Self.price($0.output) } ?? "-",
            capabilities.joined(separator: ","),
            credential.source.map { "\($0) \(credential.status)" } ?? credential.status,
        ]
    }

    /// At most four decimals, without trailing zeros.
    private static func price(_ usd: Double) -> String {
        let scaled = (usd * 10_000).rounded()
        guard scaled.magnitude < 1e15 else { return "\(usd)" }
        let whole = Int64(scaled)
        var decimals = String(whole % 10_000 + 10_000).dropFirst()
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return decimals.isEmpty ? String(whole / 10_000) : "\(whole / 10_000).\(decimals)"
    }

    private func credential(_ model: ModelSpec) -> (source: String?, status: String) {
        guard let entry = catalogue.provider(model.providerID) else { return (nil, "missing") }
        if let found = credentials.key(provider: entry.id, names: entry.env) { return (found.source.description, "ok") }
        if isAvailable(model) { return (nil, "not needed") }
        return (nil, "missing")
    }

    private func json(_ model: ModelSpec) -> JSON {
        let credential = credential(model)
        var cost: JSONObject = [
            "input": .double(model.cost?.input ?? 0), "output": .double(model.cost?.output ?? 0),
            "cache": ["read": .double(model.cost?.cacheRead ?? 0), "write": .double(model.cost?.cacheWrite ?? 0)],
        ]
        if let reasoning = model.cost?.reasoning { cost["reasoning"] = .double(reasoning) }
        let tiers: [JSON] = (model.cost?.tiers ?? []).map { tier in
            [
                "tier": ["type": "context", "size": .int(Int64(tier.above))], "input": .double(tier.input),
                "output": .double(tier.output),
                "cache": [
                    "read": .double(tier.cacheRead ?? tier.input), "write": .double(tier.cacheWrite ?? tier.input),
                ],
            ]
        }
        return [
            "id": .string(model.id), "modelID": .string(model.modelID), "providerID": .string(model.providerID),
            "name": .string(model.name),
            "capabilities": [
                "tools": .bool(model.capabilities.tools), "reasoning": .bool(model.capabilities.reasoning),
                "attachment": .bool(model.capabilities.attachment),
                "temperature": .bool(model.capabilities.temperature),
                "input": .array(model.capabilities.inputModalities.map { .string($0) }), "output": ["text"],
            ],
            "variants": [], "time": ["released": .int(Self.releasedMs(model.released))],
            "cost": model.cost == nil ? [] : .array([.object(cost)] + tiers), "status": "active", "enabled": true,
            "limit": ["context": .int(Int64(model.limits.context)), "output": .int(Int64(model.limits.output))],
            "available": .bool(isAvailable(model)),
            "credential": [
                "source": credential.source.map { .string($0) } ?? .null, "status": .string(credential.status),
            ],
        ]
    }

    /// Unix milliseconds of `YYYY-MM-DD` or `YYYY-MM`; 0 when unknown.
    private static func releasedMs(_ text: String?) -> Int64 {
        text.flatMap { PointInTime.dayMs($0.utf8.count == 7 ? $0 + "-01" : $0) } ?? 0
    }
}
