import App
import ArgumentParser
import Configuration
import Server
import Support
import SystemPackage

/// What `serve` and `web` take.
package struct ServeOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The port; 0 takes any free one. Default: 4096.", valueName: "port"))
    var port: Int?
    @Option(help: ArgumentHelp("The name or address to listen on. Default: 127.0.0.1.", valueName: "host"))
    var hostname: String?
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A web page's origin that may use the API; may be repeated.", valueName: "origin"))
    var cors: [String] = []
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A host name that clients may use; may be repeated.", valueName: "name"))
    var allowedHost: [String] = []
    @Option(help: ArgumentHelp("Mount everything below this path.", valueName: "path"))
    var basePath: String?
    @Option(help: ArgumentHelp("PEM file with the certificate chain: serve https.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("PEM file with the certificate's key.", valueName: "file"))
    var tlsKey: String?
    @Flag(help: "No credential is needed. Only on a loopback address.")
    var noAuth = false
    @Option(help: .hidden)
    var fakeResponses: String?

    package init() {}

    package func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port \(port) must be 0 to 65535.") }
        if (tlsCert == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-cert and --tls-key belong together.")
        }
        for origin in cors where origin == "*" || !origin.contains("://") {
            throw ValidationError("--cors \(origin) must be an origin such as https://example.com; * is not possible.")
        }
        if let basePath, !basePath.isEmpty, !basePath.hasPrefix("/") {
            throw ValidationError("--base-path \(basePath) must start with a slash.")
        }
    }

    /// Flags, then the configuration's `server` section.
    func merged(_ config: JSON) -> Merged {
        let server = config["server"] ?? [:]
        func texts(_ key: String) -> [String] { server[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        var path = basePath ?? server["base_path"]?.stringValue ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        return Merged(
            host: hostname ?? server["hostname"]?.stringValue ?? "127.0.0.1",
            port: port ?? server["port"]?.intValue.map { Int($0) } ?? 4_096, basePath: path,
            origins: cors + texts("cors"), hosts: allowedHost + texts("allowed_hosts"))
    }

    struct Merged: Sendable {
        var host: String
        var port: Int
        var basePath: String
        var origins: [String]
        var hosts: [String]
    }
}
