import Configuration
import Schema
import Support
import Testing

@testable import Providers

@Suite struct CatalogueTests {
    private func catalogue(_ config: String = "{}", _ environment: [String: String] = [:]) throws -> ModelCatalogue {
        ModelCatalogue(config: try Fixture.config(config), environment: Environment(environment))
    }

    private func failure(_ catalogue: ModelCatalogue, _ model: String) -> CatalogueError? {
        do {
            _ = try catalogue.resolve(model)
            return nil
        } catch { return error }
    }

    @Test func `every provider of the product is there, with an address and the names of its key`() throws {
        let wanted = [
            "openai", "anthropic", "google", "bedrock", "openrouter", "github-copilot", "moonshotai", "zhipuai",
            "deepseek",
            "groq", "mistral", "xai", "cerebras", "togetherai", "fireworks", "novita", "minimax", "stepfun", "nvidia",
            "azure", "ollama", "lmstudio", "llama.cpp",
        ]
        let catalogue = try catalogue()
        for id in wanted {
            let entry = try #require(catalogue.provider(id))
            #expect(URLParts(entry.route.baseURL) != nil)
            #expect(entry.route.isLocal != !entry.env.isEmpty)
            if let flagship = entry.flagship {
                #expect(throws: Never.self) { try catalogue.resolve("\(id)/\(flagship)") }
            }
        }
        #expect(catalogue.providers.count == wanted.count)
        #expect(catalogue.provider("amazon-bedrock")?.id == "bedrock")
    }

    @Test func `the snapshot is whole: limits, known flags, unique ids, sorted lists`() throws {
        let models = try catalogue().models()
        #expect(models.count >= 100)
        #expect(Set(models.map(\.id)).count == models.count)
        for model in models {
            #expect(model.limits.context >= 8_000)
            #expect(model.limits.output >= 1_000)
            #expect(model.limits.output <= model.limits.context)
        }
        let ids = models.map(\.id)
        #expect(ids == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        let sonnet = try catalogue().resolve("anthropic/claude-sonnet-4-5")
        #expect(sonnet.cost == .init(input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75))
        #expect(sonnet.capabilities.inputModalities == ["text", "image", "pdf"])
    }

    @Test func `an unknown model names up to three that may be meant`() throws {
        let error = try #require(failure(try catalogue(), "anthropic/claude-sonet-4-5"))
        #expect(error.code == .modelNotFound)
        #expect(error.exitCode == 66)
        #expect(error.suggestions.first == "anthropic/claude-sonnet-4-5")
        #expect(error.suggestions.count <= 3)
        #expect(error.message.contains("Did you mean"))
        #expect(failure(try catalogue(), "nobody/x")?.code == .providerNotFound)
        #expect(failure(try catalogue(), "")?.code == .malformed)
        #expect(failure(try catalogue(), "\u{1B}[31m/x")?.message.utf8.contains(0x1B) == false)
    }

    @Test func `a model of a configured provider is taken as it is, with the config's figures`() throws {
        let text = """
            {"provider":{"mock":{"api":"openai-chat","base_url":"http://127.0.0.1:9/v1/","headers":{"x-a":"b"},
            "models":{"small":{"name":"Small","tool_call":false,"limit":{"context":8192,"output":512},"cost":{"input":1,"output":2}}},
            "options":{"retry_base_ms":5,"extra_body":{"seed":1}}},
            "open":{"api":"openai-chat","base_url":"http://127.0.0.1:9/v1/","headers":{"x-a":"b"},
            "options":{"retry_base_ms":5,"extra_body":{"seed":1}}}}}
            """
        let catalogue = try catalogue(text)
        #expect(failure(catalogue, "mock/any/thing")?.code == .modelNotFound, "the config lists its models")
        let any = try catalogue.resolve("open/any/thing")
        #expect(any.limits == .init(context: 128_000, output: 8_192))
        #expect(any.modelID == "any/thing")
        #expect(any.route.baseURL == "http://127.0.0.1:9/v1")
        #expect(any.route.headers == [HTTPField("x-a", "b")])
        #expect(any.options.retryBaseMs == 5)
        #expect(any.route.quirks.extraBody["seed"] == 1)
        #expect(any.route.keyIsOptional)
        let small = try catalogue.resolve("mock/small")
        #expect(small.limits == .init(context: 8_192, output: 512))
        #expect(!small.capabilities.tools)
        #expect(
            Cost.of(TokenUsage(input: 1_000_000, output: 500_000, reasoning: 0, cache: .init(read: 0, write: 0)), small)
                == 2)
        #expect(try self.catalogue(#"{"provider":{"mock":{}}}"#).models(provider: "mock").isEmpty)
        #expect(
            failure(try self.catalogue(#"{"provider":{"mock":{}}}"#), "mock/x")?.message.contains("base_url") == true)
    }

    @Test func `the config changes a known provider and switches providers off`() throws {
        let changed = try catalogue(
            #"{"provider":{"anthropic":{"base_url":"http://127.0.0.1:1/p/v1","env":["MY_KEY"]}}}"#)
        let model = try changed.resolve("anthropic/new-model")
        #expect(model.route.url(wireID: "x") == "http://127.0.0.1:1/p/v1/messages")
        #expect(model.route.keyNames == ["MY_KEY"])
        #expect(model.route.auth == .header("x-api-key"))
        #expect(
            failure(try catalogue(#"{"disabled_providers":["openai"]}"#), "openai/gpt-5")?.code == .providerNotFound)
        #expect(try catalogue(#"{"enabled_providers":["openai"]}"#).providers.map(\.id) == ["openai"])
    }

    @Test func `the default is the configured model, else the flagship of the first provider with a key, else advice`()
        throws
    {
        #expect(try catalogue(#"{"model":"openai/gpt-5"}"#).defaultModel().id == "openai/gpt-5")
        #expect(try catalogue("{}", ["GROQ_API_KEY": "k"]).defaultModel().providerID == "groq")
        #expect(
            try catalogue("{}", ["GROQ_API_KEY": "k", "OPENAI_API_KEY": "k"]).defaultModel().providerID == "openai")
        #expect(throws: CatalogueError.self) { try catalogue().defaultModel() }
        do {
            _ = try catalogue("{}", ["OPENAI_API_KEY": " \n"]).defaultModel()
            Issue.record("an empty key was taken")
        } catch {
            #expect((error as? CatalogueError)?.exitCode == 77)
            #expect("\(error)".contains("ANTHROPIC_API_KEY"))
        }
    }

    @Test func `local models come from what the server said`() throws {
        let found = [LocalModel(providerID: "llama.cpp", id: "smollm2", context: 8_192)]
        let plain = try catalogue()
        #expect(plain.provider("llama.cpp").map(plain.isAvailable) == false)
        let catalogue = plain.adding(found)
        #expect(catalogue.provider("llama.cpp").map(catalogue.isAvailable) == true)
        let model = try catalogue.resolve("llama.cpp/smollm2")
        #expect(model.limits == .init(context: 8_192, output: 4_096))
        #expect(try catalogue.defaultModel().id == "llama.cpp/smollm2")
        #expect(
            try self.catalogue("{}", ["OLLAMA_HOST": "0.0.0.0:5000"]).provider("ollama")?.route.baseURL
                == "http://127.0.0.1:5000/v1")
    }

    @Test func `regions choose Bedrock's address and profile`() throws {
        let model = try catalogue("{}", ["AWS_REGION": "eu-west-1"]).resolve(
            "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0")
        #expect(model.wireID == "eu.anthropic.claude-sonnet-4-5-20250929-v1:0")
        #expect(
            model.route.url(wireID: model.wireID)
                == "https://bedrock-runtime.eu-west-1.amazonaws.com/model/"
                + "eu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream")
    }

    @Test func `keys come from the first variable that has one, AWS pairs only together`() throws {
        let entry = try #require(try catalogue().provider("bedrock"))
        func secret(_ values: [String: String]) -> ProviderSecret? {
            EnvironmentSecrets.source(Environment(values))(entry.id, entry.route)
        }
        #expect(secret(["AWS_ACCESS_KEY_ID": "a"]) == nil)
        #expect(
            secret(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s\n"])
                == .aws(AWSAccessKey(accessKeyID: "a", secretAccessKey: "s")))
        #expect(
            secret(["AWS_BEARER_TOKEN_BEDROCK": "b", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"])
                == .key("b"))
    }

    @Test func `cost counts each kind of token once`() {
        let model = Fixture.model(.openAIChat)
        let usage = TokenUsage(input: 100, output: 10, reasoning: 5, cache: .init(read: 1_000, write: 200))
        #expect(abs(Cost.of(usage, model) - (100 + 20 + 10 + 100 + 250) / 1_000_000) < 1e-12)
    }
}
