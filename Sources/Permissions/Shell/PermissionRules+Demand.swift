package import Configuration

extension PermissionRules {
    /// The answers to a demand without saved approvals: denials of what it must not be denied, one for each of its
    /// resources, and at last one for each caution.
    package func decide(
        _ demand: PermissionDemand, agent: String, callers: [String] = [], sessionRules: [ConfiguredRule] = []
    ) -> [PermissionDecision] {
        func decide(_ resource: String) -> PermissionDecision {
            self.decide(demand.permission, resource, agent: agent, callers: callers, sessionRules: sessionRules)
        }
        let resources = demand.patterns.isEmpty && demand.cautions.isEmpty ? ["*"] : demand.patterns
        var decisions = demand.notDenied.map(decide).filter { $0.action == .deny }
        for resource in resources {
            var decision = decide(resource)
            if decision.action == .ask, decision.agent == nil, decision.rule.source == "built-in",
                demand.readOnly.contains(resource)
            {
                // CONTRACT §6: a read-only sandboxed command.
                decision.action = .allow
                decision.rule = ConfiguredRule(
                    permission: demand.permission, pattern: resource, action: .allow, source: "built-in")
            }
            decisions.append(decision)
        }
        return decisions
            + demand.cautions.map {
                self.decide(
                    $0, of: demand.permission, agent: agent, callers: callers, sessionRules: sessionRules)
            }
    }
}
