import Agents
import Schema
import Support

/// Counts over sessions within a time: 2.1's `SessionStatsInfo`. Days are those of UTC.
struct SessionStatistics {
    private struct ToolUse {
        var calls = 0
        var succeeded = 0
        var failed = 0
        var unfinished: Int { calls - succeeded - failed }
    }

    private struct ModelUse {
        var model: ModelRef
        var steps = 0
        var tokens = TokenUsage.zero
        var cost = 0.0
    }

    private let from: Double
    private let to: Double
    private var sessions = 0
    private var subagents = 0
    private var prompts = 0
    private var tokens = TokenUsage.zero
    private var cost = 0.0
    private var days: [Int64: Int] = [:]
    private var models: [String: ModelUse] = [:]
    private var tools: [String: ToolUse] = [:]

    init(from: Double, to: Double) {
        self.from = from
        self.to = to
    }

    mutating func add(_ session: SessionInfo, _ messages: [SessionMessage]) {
        var isCounted = false
        for message in messages {
            switch message {
            case .user(let user) where isWithin(user.time.created):
                prompts += 1
                isCounted = true
            case .assistant(let step) where isWithin(step.time.created):
                isCounted = true
                add(step)
            default: continue
            }
        }
        guard isCounted || isWithin(session.time.created) else { return }
        if session.parentID == nil { sessions += 1 } else { subagents += 1 }
    }

    private func isWithin(_ moment: Int64) -> Bool { Double(moment) >= from && Double(moment) <= to }

    private mutating func add(_ step: AssistantMessage) {
        days[step.time.created / 86_400_000, default: 0] += 1
        let used = step.tokens ?? .zero
        tokens = tokens + used
        cost += step.cost ?? 0
        let key = "\(step.model.providerID)/\(step.model.id)"
        var model = models[key] ?? ModelUse(model: step.model)
        model.steps += 1
        model.tokens = model.tokens + used
        model.cost += step.cost ?? 0
        models[key] = model
        for case .tool(let item) in step.content {
            var use = tools[item.name] ?? ToolUse()
            use.calls += 1
            switch item.state {
            case .completed: use.succeeded += 1
            case .error: use.failed += 1
            default: break
            }
            tools[item.name] = use
        }
    }

    func json(tools mode: String) -> JSON {
        let sortedDays = days.keys.sorted()
        return [
            "range": ["from": .double(from), "to": .double(to)], "sessions": .int(Int64(sessions)),
            "subagents": .int(Int64(subagents)), "prompts": .int(Int64(prompts)),
            "steps": .int(Int64(days.values.reduce(0, +))), "tokens": Self.json(tokens), "cost": .double(cost),
            "tools": toolsJSON(mode), "activeDays": .int(Int64(days.count)), "streak": .int(Int64(streak(sortedDays))),
            "activity": .array(
                sortedDays.map {
                    ["date": .string(CivilDate(unixMs: $0 * 86_400_000).text), "steps": .int(Int64(days[$0] ?? 0))]
                }),
            "models": .array(
                models.sorted { $0.key < $1.key }.map(\.value).map {
                    [
                        "model": ["id": .string($0.model.id), "providerID": .string($0.model.providerID)],
                        "steps": .int(Int64($0.steps)), "tokens": Self.json($0.tokens), "cost": .double($0.cost),
                    ]
                }),
        ]
    }

    /// How many days in a row, up to the last active one.
    private func streak(_ sorted: [Int64]) -> Int {
        var count = 0
        var expected: Int64?
        for day in sorted.reversed() {
            if let expected, day != expected { break }
            count += 1
            expected = day - 1
        }
        return count
    }

    private func toolsJSON(_ mode: String) -> JSON {
        guard mode != "none" else { return ["mode": "none"] }
        func counts(_ use: ToolUse) -> JSONObject {
            [
                "calls": .int(Int64(use.calls)), "succeeded": .int(Int64(use.succeeded)),
                "failed": .int(Int64(use.failed)), "unfinished": .int(Int64(use.unfinished)),
            ]
        }
        var total = ToolUse()
        for use in tools.values {
            total.calls += use.calls
            total.succeeded += use.succeeded
            total.failed += use.failed
        }
        var object: JSONObject = ["mode": .string(mode), "totals": .object(counts(total))]
        if mode == "detail" {
            object["usage"] = .array(
                tools.sorted { $0.key < $1.key }.map { name, use in
                    var row: JSONObject = ["name": .string(name)]
                    for (key, value) in counts(use) { row[key] = value }
                    return .object(row)
                })
        }
        return .object(object)
    }

    private static func json(_ tokens: TokenUsage) -> JSON { (try? JSON(encoding: tokens)) ?? [:] }
}
