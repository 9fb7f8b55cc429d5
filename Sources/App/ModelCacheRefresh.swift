import Configuration
import Providers
import Support
import SystemPackage

/// Fetches the model catalogue into the cache, as `CachedCatalogue` reads it. A fetch that fails, or that brings something else
/// than a catalogue, leaves the old file as it is.
struct ModelCacheRefresh: Sendable {
    /// Where models.dev publishes its catalogue; `models_url` names another place.
    static let defaultURL = "https://models.dev/api.json"
    /// A catalogue is about 2 MB.
    private static let maximumBytes = 32 << 20

    /// Why there is no new catalogue.
    struct Failure: AppError {
        var message: String
        var code: String { "models.refresh" }
    }

    /// Where the catalogue is kept.
    static func file(_ paths: AppPaths) -> FilePath { paths.cache.appending("models.json") }

    let url: String
    let file: FilePath
    let transport: any HTTPTransport

    /// - Returns: how many providers and models there are now.
    /// - Throws: `ProviderError` when nothing answers, `Failure` for an answer that is no catalogue, `FileError`.
    func run() async throws -> JSONObject {
        let reply = try await transport.send(
            HTTPCall(
                method: "GET", url: url, headers: HTTPFields([HTTPField("accept", "application/json")]),
                headTimeout: .seconds(30)))
        let bytes = await reply.body.collect(upTo: Self.maximumBytes)
        let origin = URLParts(url)?.origin ?? "the configured address"
        guard reply.status == 200 else {
            throw Failure(
                message: "\(origin) answered \(reply.status). The old list of models stays; check models_url.")
        }
        guard let providers = (try? JSON(parsing: bytes))?.objectValue, !providers.isEmpty,
            providers.allSatisfy({ $0.value["models"]?.objectValue != nil })
        else {
            throw Failure(
                message: "\(origin) did not send a catalogue of models. The old list stays; check models_url.")
        }
        let file = file
        try await BlockingWork.run {
            try FileIO.createDirectory(file.removingLastComponent())
            try AtomicFile.write(CachedCatalogue.text(of: providers), to: file)
        }
        let models = providers.reduce(0) { $0 + ($1.value["models"]?.objectValue?.count ?? 0) }
        return ["providers": .int(Int64(providers.count)), "models": .int(Int64(models))]
    }
}
