import SystemPackage

/// Where the schemas of MCP are.
enum ConformanceSpecs {
    /// A file beside `Specs`.
    static let file = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("ConformanceTests/x").string
}
