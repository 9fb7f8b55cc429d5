import ArgumentParser
package import Support

/// How results are printed.
package enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table, json, jsonl

    /// True when a command line asks for JSON, also one that cannot be parsed.
    static func isJSON(_ arguments: [String]) -> Bool {
        let options = arguments.prefix { $0 != "--" }
        if options.contains("--json") || options.contains("--format=json") { return true }
        return zip(options, options.dropFirst()).contains { $0 == "--format" && $1 == "json" }
    }
}

/// `--format` and its short form `--json`.
package struct FormatOptions: ParsableArguments, Sendable {
    @Option(help: "table, json or jsonl.")
    var format: OutputFormat?
    @Flag(help: "The same as --format json.")
    var json = false

    package init() {}

    package var value: OutputFormat { format ?? (json ? .json : .table) }

    package func validate() throws {
        if json, let format, format != .json {
            throw ValidationError("--json and --format \(format.rawValue) exclude each other; give one of them.")
        }
    }
}

/// A result, before it has a format.
package enum OutputDocument: Sendable {
    /// A list: a bare array in JSON, a row a line otherwise.
    case rows(OutputTable)
    /// One thing, and how a person wants to read it (made safe by the caller where it holds foreign text).
    case value(JSON, text: String)
}

/// Rows with their cells and their JSON.
package struct OutputTable: Sendable {
    package struct Column: Sendable {
        var title: String
        /// Numbers stand at the right.
        var isNumber = false
        /// The one column that is cut when the terminal is too narrow.
        var isFlexible = false

        package init(_ title: String, isNumber: Bool = false, isFlexible: Bool = false) {
            self.title = title
            self.isNumber = isNumber
            self.isFlexible = isFlexible
        }
    }

    package struct Row: Sendable {
        var json: JSON
        var cells: [String]

        package init(json: JSON, cells: [String]) {
            self.json = json
            self.cells = cells
        }
    }

    var columns: [Column]
    var rows: [Row]

    /// - Parameter columns: empty prints no header, and cells with two blanks between them.
    package init(columns: [Column], rows: [Row]) {
        self.columns = columns
        self.rows = rows
    }
}
