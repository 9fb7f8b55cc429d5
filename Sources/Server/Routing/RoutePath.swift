import Support

/// A path template: `/api/session/{session_id}`. A parameter is one segment, never empty; `{path...}` at the end takes
/// the rest, also with slashes.
package struct RoutePath: Sendable, Hashable {
    /// One step of a template.
    enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
        case rest(String)
    }

    /// As it was written, `{path...}` as `{path}`.
    package let text: String
    let segments: [Segment]

    /// A template; parameters are whole segments.
    package init(_ template: String) {
        segments = template.split(separator: "/", omittingEmptySubsequences: true).map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
        text = template.split(separator: "...", omittingEmptySubsequences: false).joined()
    }

    /// The names of the parameters.
    package var parameters: [String] {
        segments.compactMap { segment in
            switch segment {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// The parameters of a path, decoded; nil when it does not fit.
    func match(_ path: [[UInt8]]) -> [String: String]? {
        var values: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            switch segment {
            case .literal(let text):
                guard index < path.count, path[index].elementsEqual(text.utf8) else { return nil }
            case .parameter(let name):
                guard index < path.count, !path[index].isEmpty else { return nil }
                values[name] = UTF8Text.lossy(path[index])
            case .rest(let name):
                let rest = path[min(index, path.count)...].map { UTF8Text.lossy($0) }.joined(separator: "/")
                guard !rest.isEmpty else { return nil }
                values[name] = rest
                return values
            }
        }
        return path.count == segments.count ? values : nil
    }

    /// The decoded segments of a request's path; nil when it is not a path.
    static func split(_ path: String) -> [[UInt8]]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var parts = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if parts.count == 1, parts.first?.isEmpty == true { parts = [] }
        return parts.map { PercentDecoding.bytes($0) }
    }

    /// More literal templates first: `/api/session/active` before `/api/session/{session_id}`.
    func isMoreSpecific(than other: RoutePath) -> Bool {
        for (left, right) in zip(segments, other.segments) {
            switch (left, right) {
            case (.literal, .literal): continue
            case (.literal, _): return true
            case (_, .literal): return false
            case (.parameter, .rest): return true
            case (.rest, .parameter): return false
            default: continue
            }
        }
        return segments.count > other.segments.count
    }
}
