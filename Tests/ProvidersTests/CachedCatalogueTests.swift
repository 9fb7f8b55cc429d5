import Configuration
import Schema
import Support
import SystemPackage
import TestSupport
import Testing

@testable import Providers

@Suite struct CachedCatalogueTests {
    private static let providers: JSON = [
        "anthropic": [
            "id": "anthropic", "name": "Anthropic",
            "models": [
                "claude-sonnet-4-5": [
                    "name": "Sonnet, dearer", "tool_call": true, "reasoning": true, "release_date": "2025-09-29",
                    "modalities": ["input": ["text", "image"], "output": ["text"]],
                    "limit": ["context": 300_000, "output": 50_000],
                    "cost": [
                        "input": 4, "output": 16, "cache_read": 0.4, "cache_write": 5,
                        "tiers": [
                            [
                                "input": 8, "output": 30, "cache_read": 0.8,
                                "tier": ["type": "context", "size": 200_000],
                            ]
                        ],
                    ],
                ],
                "claude-next": ["tool_call": true, "limit": ["context": 1_000_000, "output": 64_000]],
                "old": ["limit": ["context": 8_000, "output": 2_000], "status": "deprecated"],
                "painter": [
                    "limit": ["context": 8_000, "output": 2_000],
                    "modalities": ["input": ["text"], "output": ["image"]],
                ],
                "endless": ["limit": ["context": 8_000]],
            ],
        ],
        "acme": [
            "id": "acme", "name": "Acme", "npm": "@ai-sdk/openai-compatible", "api": "https://acme.example/v1/",
            "env": ["ACME_API_KEY"], "models": ["a/b": ["limit": ["context": 32_000, "output": 4_000]]],
        ],
        "other": ["name": "Another protocol", "npm": "@acme/own", "api": "https://o.example", "models": [:]],
        "clear": [
            "name": "No TLS", "npm": "@ai-sdk/openai-compatible", "api": "http://clear.example/v1", "models": [:],
        ],
        "odd\n\"quoted\"": ["models": [:]],
    ]

    private func catalogue(
        _ bytes: [UInt8]?, config: String = "{}", environment: [String: String] = [:],
        _ body: (ModelCatalogue, CachedCatalogue) throws -> Void
    ) async throws {
        let config = try Fixture.config(config)
        try await TempWorkspace.with { world in
            let file = world.path.appending("models.json")
            if let bytes { try AtomicFile.write(bytes, to: file) }
            let cached = CachedCatalogue(file: file)
            try body(ModelCatalogue(config: config, environment: Environment(environment), cached: cached), cached)
        }
    }

    private var text: [UInt8] { CachedCatalogue.text(of: Self.providers.objectValue ?? [:]) }

    @Test func `what is written is the same JSON, one provider a line, and each is found by its id`() async throws {
        #expect(try JSON(parsing: text) == Self.providers)
        #expect(text.split(separator: UInt8(ascii: "\n")).count == 5 + 2)
        for bytes in [text, Self.providers.bytes(.pretty)] {
            try await catalogue(bytes) { (_, cached) throws in
                #expect(cached.provider("acme")?["name"] == "Acme")
                #expect(cached.provider("odd\n\"quoted\"") == ["models": [:]])
                #expect(cached.provider("acm") == nil && cached.provider("models") == nil)
                #expect(cached.providerIDs.contains("other"))
            }
        }
    }

    @Test func `no file, a damaged one and one of another shape know nothing`() async throws {
        for bytes in [nil, Array("old".utf8), Array("[1]".utf8), Array("{\n\"acme\":{\"models\":\n}".utf8)] {
            try await catalogue(bytes) { (catalogue, cached) throws in
                #expect(cached.provider("acme") == nil)
                #expect(try catalogue.resolve("anthropic/claude-sonnet-4-5").cost?.input == 3)
                #expect(catalogue.models().count >= 100)
            }
        }
    }

    @Test func `models of the cache replace and extend what is compiled in; what cannot answer is left out`()
        async throws
    {
        try await catalogue(text) { (catalogue, _) throws in
            let sonnet = try catalogue.resolve("anthropic/claude-sonnet-4-5")
            #expect(sonnet.name == "Sonnet, dearer" && sonnet.limits == .init(context: 300_000, output: 50_000))
            #expect(sonnet.cost?.tiers.map(\.above) == [200_000])
            #expect(sonnet.capabilities.inputModalities == ["text", "image"] && sonnet.released == "2025-09-29")
            #expect(try catalogue.resolve("anthropic/claude-next").limits.context == 1_000_000)
            for id in ["old", "painter", "endless"] {
                #expect(throws: CatalogueError.self) { try catalogue.resolve("anthropic/\(id)") }
            }
            #expect(try catalogue.resolve("anthropic/claude-opus-4-5").cost?.input == 5)
        }
    }

    @Test func `a provider that only the cache knows is asked by its protocol, unless it is switched off`() async throws
    {
        try await catalogue(text, environment: ["ACME_API_KEY": "k"]) { (catalogue, _) throws in
            let model = try catalogue.resolve("acme/a/b")
            #expect(model.route.url(wireID: "b") == "https://acme.example/v1/chat/completions")
            #expect(model.route.keyNames == ["ACME_API_KEY"])
            #expect(catalogue.provider("acme").map(catalogue.isAvailable) == true)
            #expect(catalogue.models().contains { $0.id == "acme/a/b" })
            #expect(catalogue.provider("other") == nil && catalogue.provider("clear") == nil)
        }
        try await catalogue(text, config: #"{"disabled_providers":["acme"]}"#) { (catalogue, _) throws in
            #expect(catalogue.provider("acme") == nil && !catalogue.models().contains { $0.providerID == "acme" })
        }
        try await catalogue(text, config: #"{"provider":{"acme":{"headers":{"x-a":"b"}}}}"#) { (catalogue, _) throws in
            #expect(try catalogue.resolve("acme/a/b").route.baseURL == "https://acme.example/v1")
        }
    }

    @Test func `a long input has the prices of its tier, for all its tokens`() {
        var model = Fixture.model(.google)
        model.cost = .init(
            input: 1, output: 2, cacheRead: 0.5,
            tiers: [
                .init(above: 500, input: 100, output: 200), .init(above: 200, input: 10, output: 20, cacheRead: 5),
            ])
        func cost(_ input: Int, _ read: Int = 0) -> Double {
            Cost.of(TokenUsage(input: input, output: 1, reasoning: 1, cache: .init(read: read, write: 0)), model)
                * 1_000_000
        }
        #expect(abs(cost(200) - (200 + 4)) < 1e-6)
        #expect(abs(cost(101, 100) - (1_010 + 500 + 40)) < 1e-6)
        #expect(abs(cost(501) - (50_100 + 400)) < 1e-6)
    }

    @Test func `the snapshot's long contexts cost more`() async throws {
        try await catalogue(nil) { (catalogue, _) throws in
            let gemini = try catalogue.resolve("google/gemini-2.5-pro")
            #expect(gemini.cost?.tiers == [.init(above: 200_000, input: 2.5, output: 15, cacheRead: 0.25)])
        }
    }
}
