// swift-tools-version: 6.2
import PackageDescription

/// Layers and the rules that keep them: docs/architecture.md. `make check` compares the two.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
/// async-http-client brings swift-configuration, whose module would otherwise clash with our `Configuration`.
let httpClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client", moduleAliases: ["Configuration": "SwiftConfiguration"])
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
func hummingbird(_ product: String) -> Target.Dependency {
    .product(name: product, package: "hummingbird", moduleAliases: ["Configuration": "SwiftConfiguration"])
}
func nio(_ product: String) -> Target.Dependency { .product(name: product, package: "swift-nio") }

/// A target of this package under `Sources`; `uses` names targets of lower layers only.
func library(
    _ name: String, uses: [String] = [], products: [Target.Dependency] = [], resources: [Resource] = [],
    exclude: [String] = [], linker: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: uses.map { .target(name: $0) } + products, exclude: exclude, resources: resources,
        swiftSettings: settings, linkerSettings: linker)
}

/// The tests of one target, under `Tests/<name>Tests`.
func tests(_ name: String, uses: [String], products: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: uses.map { .target(name: $0) } + products, resources: resources,
        swiftSettings: settings)
}

/// With `CODETETHER_ONLY=Storage,StorageTests` only these targets and what they use are in the package: quicker work on one layer.
func selected(_ targets: [Target]) -> [Target] {
    guard let only = Context.environment["CODETETHER_ONLY"], !only.isEmpty else { return targets }
    var wanted = Set(only.split(separator: ",").map(String.init))
    var size = 0
    while wanted.count != size {
        size = wanted.count
        for target in targets where wanted.contains(target.name) {
            for dependency in target.dependencies {
                if case .targetItem(let name, _) = dependency { wanted.insert(name) }
                if case .byNameItem(let name, _) = dependency { wanted.insert(name) }
            }
        }
    }
    return targets.filter { wanted.contains($0.name) }
}

let allTargets: [Target] = [
    // 0 base
    .target(name: "CSupport"),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"])]),
    library("Support", uses: ["CSupport"], products: [systemPackage, crypto]),
    library("Schema", uses: ["Support"]),
    .target(name: "CPQ"),
    library("JSONRPC", uses: ["Support"], products: [systemPackage]),
    // 1 services
    library("Events", uses: ["Schema", "Support"]),
    library(
        "Configuration", uses: ["Schema", "Support", "CYAML"], products: [systemPackage],
        linker: [
            .linkedLibrary("yaml", .when(configuration: .debug)),
            .linkedLibrary(":libyaml.a", .when(configuration: .release)),
        ]),
    library("Git", uses: ["Support"], products: [systemPackage]),
    library(
        "Storage", uses: ["Schema", "Support", "CSQLite"], products: [systemPackage],
        linker: [
            .linkedLibrary("sqlite3", .when(configuration: .debug)),
            .linkedLibrary(":libsqlite3.a", .when(configuration: .release)),
        ]),
    library(
        "StoragePostgres", uses: ["Storage", "Events", "Schema", "Support", "CPQ"], products: [systemPackage, logging]),
    library("Credentials", uses: ["Schema", "Support"]),
    library("Scheduler", uses: ["Events", "Storage", "Schema", "Support"], products: [systemPackage, logging]),
    library(
        "Permissions", uses: ["Events", "Storage", "Configuration", "Schema", "Support"], products: [systemPackage]),
    library("Sandbox", uses: ["Support", "CSupport"], products: [systemPackage]),
    library("Snapshots", uses: ["Git", "Schema", "Support"], products: [systemPackage, logging, crypto]),
    library("PTY", uses: ["Events", "Sandbox", "Schema", "Support", "CSupport"], products: [systemPackage, logging]),
    library(
        "MCP",
        uses: [
            "JSONRPC", "Events", "Configuration", "Credentials", "Providers", "Sandbox", "Schema", "Support",
        ],
        products: [systemPackage, logging, httpClient, crypto, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix")]),
    library(
        "Providers", uses: ["Configuration", "Credentials", "Schema", "Support"],
        products: [
            httpClient, crypto, logging, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]),
    // 2 agent
    library(
        "Sessions", uses: ["Events", "Storage", "Snapshots", "Credentials", "Schema", "Support"],
        products: [systemPackage, logging]),
    library(
        "Tools", uses: ["MCP", "Permissions", "Snapshots", "Sandbox", "Configuration", "Schema", "Support"],
        products: [systemPackage, httpClient, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix")],
        resources: [
            "Files/Read", "Files/Write", "Files/Edit", "Files/MultiEdit", "Files/ApplyPatch", "Files/List",
            "Search/Glob",
            "Search/Grep", "Search/CodeSearch", "Shell/Bash", "Web/WebFetch", "Web/WebSearch", "Session/TodoRead",
            "Session/TodoWrite", "Session/Task", "Session/Question", "Session/Skill", "Session/Batch",
            "Session/PlanEnter", "Session/PlanExit", "Session/Invalid",
        ].map { .embedInCode("\($0).md") }),
    library(
        "Templates", uses: ["MCP", "Permissions", "Configuration", "Schema", "Support"]),
    library(
        "Agents",
        uses: [
            "Sessions", "Storage", "Snapshots", "Tools", "Providers", "Permissions", "Configuration", "Events", "Git",
            "Schema", "Support",
        ], products: [systemPackage, logging]),
    // 4 faces
    library(
        "Server",
        uses: [
            "Agents", "Templates", "Sessions", "Tools", "Providers", "Permissions", "PTY", "Scheduler", "MCP",
            "Snapshots",
            "Storage",
            "Credentials", "Configuration", "Events", "Git", "Schema", "Support",
        ],
        products: [
            systemPackage, logging, crypto, hummingbird("HummingbirdCore"), hummingbird("HummingbirdTLS"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"), nio("NIOWebSocket"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
        ],
        resources: [
            "index.html", "app.css", "icon.svg", "theme.js", "app.js", "api.js", "dom.js", "markdown.js",
            "transcript.js",
            "fold.js", "asks.js", "dialogs.js", "terminal.js", "screen.js",
        ].map { .embedInCode("Web/\($0)") }),
    // 5 app
    library(
        "App",
        uses: [
            "Server", "Agents", "Templates", "Tools", "Sessions", "Providers", "Permissions", "PTY", "MCP", "Scheduler",
            "Sandbox",
            "Snapshots", "Credentials", "StoragePostgres", "Storage", "Events", "Git", "Configuration", "Schema",
            "Support",
        ], products: [systemPackage, logging]),
    library(
        "CLI",
        uses: [
            "App", "Server", "Agents", "Templates", "Sessions", "Providers", "Permissions", "PTY", "MCP", "Scheduler",
            "Sandbox",
            "Snapshots", "Credentials", "Configuration", "Events", "Storage", "StoragePostgres", "Git", "Tools",
            "Schema",
            "Support",
        ],
        products: [argumentParser, systemPackage, logging]),
    .executableTarget(name: "codetether", dependencies: ["CLI"], swiftSettings: settings),
    // tests
    .target(
        name: "TestSupport",
        dependencies: [
            "Schema", "Support", systemPackage, nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
        ],
        path: "Tests/TestSupport", swiftSettings: settings),
    tests("Support", uses: ["Support", "TestSupport"], products: [systemPackage]),
    tests("Schema", uses: ["Schema", "Support", "TestSupport"]),
    tests("Events", uses: ["Events", "Schema", "Support", "TestSupport"]),
    tests("Configuration", uses: ["Configuration", "Schema", "Support", "TestSupport"], products: [systemPackage]),
    tests("Git", uses: ["Git", "Support", "TestSupport"], products: [systemPackage]),
    tests(
        "Storage", uses: ["Storage", "StoragePostgres", "Schema", "Support", "TestSupport"], products: [systemPackage]),
    tests("Credentials", uses: ["Credentials", "Configuration", "Schema", "Support", "TestSupport"]),
    tests(
        "Permissions",
        uses: ["Permissions", "Events", "Storage", "Configuration", "Schema", "Support", "TestSupport"],
        products: [systemPackage]),
    tests(
        "Providers", uses: ["Providers", "Configuration", "Credentials", "Schema", "Support", "TestSupport"],
        products: [nio("NIOCore"), systemPackage]),
    tests(
        "Sessions",
        uses: [
            "Sessions", "Snapshots", "Git", "Storage", "Events", "Credentials", "Schema", "Support", "TestSupport",
        ], products: [systemPackage, logging]),
    tests(
        "Tools",
        uses: ["Tools", "Permissions", "Snapshots", "Sandbox", "Configuration", "Schema", "Support", "TestSupport"],
        products: [systemPackage]),
    tests(
        "Agents",
        uses: [
            "Agents", "Sessions", "Snapshots", "Storage", "Tools", "Providers", "Permissions", "Configuration",
            "Credentials", "Events", "Schema", "Support", "TestSupport",
        ], products: [systemPackage, logging]),
    tests("CLI", uses: ["CLI", "App", "Schema", "Support", "TestSupport"], products: [systemPackage, argumentParser]),
    tests("JSONRPC", uses: ["JSONRPC", "Support", "TestSupport"], products: [systemPackage]),
    tests(
        "StoragePostgres", uses: ["StoragePostgres", "Storage", "Events", "Schema", "Support", "TestSupport"],
        products: [systemPackage, logging]),
    tests(
        "Scheduler", uses: ["Scheduler", "Storage", "Events", "Schema", "Support", "TestSupport"],
        products: [systemPackage, logging]),
    tests("Sandbox", uses: ["Sandbox", "Support", "TestSupport"], products: [systemPackage]),
    tests(
        "Snapshots", uses: ["Snapshots", "Git", "Schema", "Support", "TestSupport"], products: [systemPackage, logging]),
    tests(
        "PTY", uses: ["PTY", "Events", "Sandbox", "Schema", "Support", "TestSupport"],
        products: [systemPackage, logging]),
    tests(
        "MCP",
        uses: [
            "MCP", "JSONRPC", "Events", "Configuration", "Credentials", "Providers", "Sandbox", "Schema", "Support",
            "TestSupport",
        ], products: [systemPackage, logging]),
    tests(
        "Server", uses: ["Server", "Agents", "Sessions", "Storage", "Events", "Schema", "Support", "TestSupport"],
        products: [systemPackage, logging]),
    tests(
        "Templates",
        uses: ["Templates", "MCP", "Permissions", "Configuration", "Schema", "Support", "TestSupport"],
        products: [systemPackage]),
    tests("Story", uses: ["TestSupport", "Schema", "Support", "codetether"], products: [systemPackage]),
    tests(
        "Conformance", uses: ["TestSupport", "Schema", "Support"], products: [systemPackage],
        resources: [.copy("Specs")]),
]

let package = Package(
    name: "codetether-agent",
    products: selected(allTargets).contains { $0.name == "codetether" }
        ? [.executable(name: "codetether", targets: ["codetether"])] : [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    ],
    targets: selected(allTargets)
)
