import Configuration
import Support
import Testing

@Suite("Permission tables")
struct PermissionConfigTests {
    @Test("A single action, an action by permission and a map come out in one form")
    func forms() {
        func rules(_ json: JSON) -> [String] {
            PermissionConfig(json: json) { _ in "x:1" }.rules.map {
                "\($0.permission)|\($0.pattern)|\($0.action.rawValue)|\($0.source)"
            }
        }
        #expect(rules("ask") == ["*|*|ask|x:1"])
        #expect(
            rules(["bash": "deny", "edit": ["*.md": "allow", "*": "ask"]]) == [
                "bash|*|deny|x:1", "edit|*.md|allow|x:1", "edit|*|ask|x:1",
            ])
    }

    @Test("Tables of several user files merge; rules keep file and line")
    func merging() async throws {
        try await ConfigFixture.with(
            files: [
                "home/.config/codetether/codetether.jsonc":
                    "{\n \"permission\": {\n  \"bash\": {\"rm *\": \"deny\"}\n }\n}"
            ],
            variables: ["CODETETHER_CONFIG_CONTENT": #"{"permission":{"bash":"allow"}}"#]
        ) { fixture in
            let loaded = try fixture.load()
            let rules = try #require(loaded.permissionLayers.first?.config.rules)
            #expect(loaded.permissionLayers.count == 1)
            #expect(rules.map(\.pattern) == ["rm *", "*"])
            #expect(rules[0].source == "\(fixture.paths.userConfigFile):3")
            #expect(rules[1].source == "$CODETETHER_CONFIG_CONTENT:1")
        }
    }

    @Test("deny is stricter than ask, ask than allow")
    func order() { #expect(PermissionAction.allow < .ask && PermissionAction.ask < .deny) }
}
