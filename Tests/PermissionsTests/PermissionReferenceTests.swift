import Configuration
import Permissions
import Support
import SystemPackage
import Testing

/// Deterministic random numbers: a failing rule set can be looked at again.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var word = state
        word ^= word >> 33
        return word &* 0xFF51_AFD7_ED55_8CCD ^ word
    }
}

/// The rules of CONTRACT §6 again, written as plainly as possible and without any code of the product's evaluator.
private enum Reference {
    static func matches(_ pattern: [Character], _ text: [Character]) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = Array(pattern.dropFirst())
        switch first {
        case "*": return matches(rest, text) || (!text.isEmpty && matches(pattern, Array(text.dropFirst())))
        case "?": return !text.isEmpty && matches(rest, Array(text.dropFirst()))
        default: return text.first == first && matches(rest, Array(text.dropFirst()))
        }
    }

    static func wild(_ pattern: String, _ text: String) -> Bool {
        if pattern.hasSuffix(" *"), matches(Array(pattern.dropLast(2)), Array(text)) { return true }
        return matches(Array(pattern), Array(text))
    }

    static func literals(_ pattern: String) -> Int { pattern.filter { $0 != "*" && $0 != "?" }.count }

    /// The rule of one table.
    static func best(_ table: PermissionConfig, _ permission: String, _ resource: String) -> PermissionAction? {
        let matching = table.rules.filter { wild($0.permission, permission) && wild($0.pattern, resource) }
        let sorted = matching.sorted { a, b in
            let exactA = a.permission == permission
            let exactB = b.permission == permission
            if exactA != exactB { return exactA }
            if literals(a.permission) != literals(b.permission) {
                return literals(a.permission) > literals(b.permission)
            }
            if literals(a.pattern) != literals(b.pattern) { return literals(a.pattern) > literals(b.pattern) }
            return a.action > b.action
        }
        return sorted.first?.action
    }

    static func decide(
        user: PermissionConfig, project: PermissionConfig, isTrusted: Bool, managed: PermissionConfig,
        agents: [PermissionConfig], _ permission: String, _ resource: String
    ) -> PermissionAction {
        var action = best(PermissionRules.defaults, permission, resource) ?? .ask
        if let said = best(user, permission, resource) { action = said }
        if let said = best(project, permission, resource) {
            if said > action { action = said }
            if isTrusted, action == .ask, said == .allow { action = .allow }
        }
        if let said = best(managed, permission, resource) { action = said }
        for agent in agents { if let said = best(agent, permission, resource), said > action { action = said } }
        return action
    }
}

@Suite("The rules against a reference evaluator")
struct PermissionReferenceTests {
    private static let permissions = ["bash", "webfetch", "task", "srv__tool", "srv__other", "custom__x"]
    private static let names = permissions + ["*", "srv__*", "*__tool", "ba?h", "web*"]
    private static let words = ["git", "git push", "git push origin", "rm", "rm -rf x", "a", "ab", "é/b", "make all"]
    private static let patterns =
        words + ["*", "git *", "git p*", "?", "a?", "rm *", "* x", "*a*", "git push *", "é*", "??b", "m*a*l"]

    private static func table(_ random: inout Seeded) -> PermissionConfig {
        var rules: [ConfiguredRule] = []
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            rules.append(
                ConfiguredRule(
                    permission: names.randomElement(using: &random) ?? "*",
                    pattern: patterns.randomElement(using: &random) ?? "*",
                    action: PermissionAction.allCases.randomElement(using: &random) ?? .ask, source: "t"))
        }
        return PermissionConfig(rules: rules)
    }

    @Test("Ten thousand random rule sets give no other answer")
    func random() {
        var random = Seeded(state: 20_261_124)
        var mismatches: [String] = []
        for round in 0..<10_000 {
            let user = Self.table(&random)
            let project = Self.table(&random)
            let managed = Self.table(&random)
            let caller = Self.table(&random)
            let own = Self.table(&random)
            let isTrusted = Bool.random(using: &random)
            func agent(_ name: String, _ table: PermissionConfig) -> AgentDefinition {
                AgentDefinition(name: name, description: "", mode: .all, permission: table, source: .builtIn)
            }
            let rules = PermissionRules(
                layers: [
                    PermissionLayer(name: "user", authority: .overrides, config: user),
                    PermissionLayer(
                        name: "project", authority: isTrusted ? .tightensOrAllowsAsks : .tightens, config: project),
                    PermissionLayer(name: "managed", authority: .overrides, config: managed),
                ], agents: [agent("caller", caller), agent("own", own)], workspace: "/w", home: "/h")
            let permission = Self.permissions.randomElement(using: &random) ?? "bash"
            let resource = Self.words.randomElement(using: &random) ?? "git"
            let expected = Reference.decide(
                user: user, project: project, isTrusted: isTrusted, managed: managed, agents: [caller, own],
                permission, resource)
            let actual = rules.decide(permission, resource, agent: "own", callers: ["caller"]).action
            if actual != expected { mismatches.append("\(round): \(permission) \(resource) \(actual) \(expected)") }
        }
        #expect(mismatches.isEmpty, "\(mismatches.count): \(mismatches.prefix(5))")
    }

    @Test("No order of the same rules changes an answer")
    func order() {
        var random = Seeded(state: 7)
        for _ in 0..<500 {
            let table = Self.table(&random)
            let shuffled = PermissionConfig(rules: table.rules.shuffled(using: &random))
            func rules(_ table: PermissionConfig) -> PermissionRules {
                PermissionRules(
                    layers: [PermissionLayer(name: "user", authority: .overrides, config: table)], agents: [],
                    workspace: "/w", home: "/h")
            }
            for word in Self.words {
                #expect(
                    rules(table).decide("bash", word, agent: "x").action
                        == rules(shuffled).decide("bash", word, agent: "x").action)
            }
        }
    }
}
