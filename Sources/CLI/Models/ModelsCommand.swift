import Agents
import App
package import ArgumentParser
import Configuration
import Credentials
import Providers
import Support
import Tools

/// `codetether models [PROVIDER]`
package struct ModelsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List models, one provider/model a line. Servers on this machine are asked what they offer.",
        discussion: """
            Nothing else is asked: the list is compiled in. --refresh fetches a newer one (models.dev, or models_url of the
            configuration) and keeps it; when that fails the old one stays and the exit code is 69.
            """)

    @Argument(help: "Only this provider.")
    var provider: String?
    @Option(help: "Only models whose id or name contains this text; case does not count.")
    var filter: String?
    @Flag(help: "Only models that can be used now: there is a key, or none is needed.")
    var available = false
    @Flag(help: "A table with limits, prices and capabilities.")
    var verbose = false
    @Flag(help: "Fetch the catalogue first, and keep it.")
    var refresh = false
    @Option(help: ArgumentHelp("Print the tools a model is offered, in their order.", valueName: "model"))
    var tools: String?
    @OptionGroup var format: FormatOptions
    @OptionGroup var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let launch = Launch.current
        try await launch.withRuntime(global.values) { runtime in
            var catalogue = runtime.models
            if refresh { catalogue = try await Self.refreshed(runtime) }
            if let tools { return try await printTools(of: tools, catalogue, runtime, launch) }
            if let provider, catalogue.provider(provider) == nil {
                let hint = Suggestion.nearest(to: provider, in: catalogue.allProviders.map(\.id))
                throw CLIError(
                    .notFound,
                    "There is no provider \(provider). \(hint.map { "Did you mean \($0)?" } ?? "`codetether models` lists all.")"
                )
            }
            let asked = provider.map { id in catalogue.provider(id).map { [$0] } ?? [] } ?? catalogue.providers
            catalogue = catalogue.adding(await LocalDetection.models(of: asked, transport: runtime.transport))
            let credentials = CredentialStore(environment: runtime.environment)
            let listing = ModelListing(catalogue: catalogue, credentials: credentials)
            let models = catalogue.models(provider: provider).filter { model in
                (!available || listing.isAvailable(model)) && matches(model)
            }
            try await launch.output.render(.rows(listing.table(models, verbose: verbose)), as: format.value)
        }
    }

    /// What a refresh brings, or why it brings nothing.
    private static func refreshed(_ runtime: Runtime) async throws -> ModelCatalogue {
        do {
            return try await runtime.refreshedModels()
        } catch let error as ProviderError where error.code != .cancelled {
            throw CLIError(
                .unreachable, "The catalogue of models could not be fetched: \(error.message) The old list stays.")
        } catch let error as any AppError where error.code == "models.refresh" {
            throw CLIError(.unreachable, error.message)
        }
    }

    private func matches(_ model: ModelSpec) -> Bool {
        guard let wanted = filter?.lowercased(), !wanted.isEmpty else { return true }
        return model.id.lowercased().contains(wanted) || model.name.lowercased().contains(wanted)
    }

    private func printTools(
        of name: String, _ catalogue: ModelCatalogue, _ runtime: Runtime, _ launch: Launch
    ) async throws {
        let model = try catalogue.resolve(name)
        let registry = runtime.tools(skills: Skills.discover(runtime.config).skills)
        let agent = runtime.config.config.defaultAgent ?? "build"
        let filter = ToolFilter(agent: agent, tools: runtime.agents.first { $0.name == agent }?.tools ?? [:])
        let toolModel = ToolModel(
            providerID: model.providerID, modelID: model.modelID, tools: model.capabilities.tools,
            context: model.limits.context)
        let names = registry.definitions(for: toolModel, agent: filter).map(\.name)
        let rows = names.map { OutputTable.Row(json: .string($0), cells: [$0]) }
        try await launch.output.render(.rows(OutputTable(columns: [], rows: rows)), as: format.value)
    }
}
