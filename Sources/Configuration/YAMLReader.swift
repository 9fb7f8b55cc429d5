import CYAML
import Support

/// A bounded reader of one YAML document, on libyaml's events: no aliases, so no expansion bombs.
struct YAMLReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let firstLine: Int
    private var values = 0

    static let maxDepth = 16
    static let maxValues = 4_096

    /// The document as a value. `firstLine` is the line number of the first byte in the file, for messages.
    static func read(_ bytes: [UInt8], firstLine: Int) throws(FrontMatter.Failure) -> JSON {
        let result: Result<JSON, FrontMatter.Failure> = bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return .success(.null) }
            do throws(FrontMatter.Failure) {
                var reader = try YAMLReader(base, buffer.count, firstLine: firstLine)
                return .success(try reader.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The bytes must outlive the reader.
    private init(_ base: UnsafePointer<UInt8>, _ count: Int, firstLine: Int) throws(FrontMatter.Failure) {
        parser = .allocate(capacity: 1)
        self.firstLine = firstLine
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            throw FrontMatter.Failure(message: "There is no memory to read the front matter.")
        }
        yaml_parser_set_input_string(parser, base, count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// What an event says, copied out of libyaml's memory.
    private enum Event {
        case scalar(String, isPlain: Bool, tag: String?)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case documentStart, documentEnd, streamStart, streamEnd
    }

    private func failure(_ text: String, line: Int) -> FrontMatter.Failure {
        FrontMatter.Failure(message: "\(text) (line \(line + firstLine))")
    }

    private mutating func next() throws(FrontMatter.Failure) -> (event: Event, line: Int) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "syntax error"
            throw failure("The YAML is not right: \(problem).", line: Int(clamping: parser.pointee.problem_mark.line))
        }
        defer { yaml_event_delete(&event) }
        let line = Int(clamping: event.start_mark.line)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            guard scalar.anchor == nil else { throw failure("Anchors are not supported.", line: line) }
            let text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: Int(clamping: scalar.length)), as: UTF8.self)
            let tag = scalar.tag.map { String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)) }
            return (.scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: tag), line)
        case YAML_SEQUENCE_START_EVENT:
            guard event.data.sequence_start.anchor == nil else {
                throw failure("Anchors are not supported.", line: line)
            }
            return (.sequenceStart, line)
        case YAML_MAPPING_START_EVENT:
            guard event.data.mapping_start.anchor == nil else {
                throw failure("Anchors are not supported.", line: line)
            }
            return (.mappingStart, line)
        case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, line)
        case YAML_MAPPING_END_EVENT: return (.mappingEnd, line)
        case YAML_DOCUMENT_START_EVENT: return (.documentStart, line)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, line)
        case YAML_STREAM_START_EVENT: return (.streamStart, line)
        case YAML_STREAM_END_EVENT: return (.streamEnd, line)
        default: throw failure("Aliases are not supported.", line: line)
        }
    }

    private mutating func document() throws(FrontMatter.Failure) -> JSON {
        _ = try next()
        guard case .documentStart = try next().event else { return .null }
        let first = try next()
        let json = try value(first.event, line: first.line, depth: 0)
        _ = try next()
        let end = try next()
        guard case .streamEnd = end.event else {
            throw failure("Only one YAML document is read.", line: end.line)
        }
        return json
    }

    private mutating func value(_ event: Event, line: Int, depth: Int) throws(FrontMatter.Failure) -> JSON {
        values += 1
        guard depth < Self.maxDepth, values <= Self.maxValues else {
            throw failure(
                "The YAML is nested deeper than \(Self.maxDepth) or has over \(Self.maxValues) values.", line: line)
        }
        switch event {
        case .scalar(let text, let isPlain, let tag):
            guard tag == nil || tag == "!" || tag == "tag:yaml.org,2002:str" else {
                throw failure("The tag \(tag ?? "") is not supported.", line: line)
            }
            return isPlain && tag == nil ? Self.resolve(text) : .string(text)
        case .sequenceStart:
            var items: [JSON] = []
            while true {
                let item = try next()
                if case .sequenceEnd = item.event { return .array(items) }
                items.append(try value(item.event, line: item.line, depth: depth + 1))
            }
        case .mappingStart:
            var object = JSONObject()
            while true {
                let key = try next()
                if case .mappingEnd = key.event { return .object(object) }
                guard case .scalar(let name, _, _) = key.event else {
                    throw failure("Keys must be plain words.", line: key.line)
                }
                guard object[name] == nil else { throw failure("The key “\(name)” is given twice.", line: key.line) }
                let item = try next()
                object[name] = try value(item.event, line: item.line, depth: depth + 1)
            }
        default: throw failure("The YAML ends too early.", line: line)
        }
    }

    /// YAML 1.2 core schema: no `yes`, `on` or sexagesimal surprises.
    private static func resolve(_ text: String) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || "+-.".utf8.contains(first),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) })
        else { return .string(text) }
        if let number = Int64(text) { return .int(number) }
        if let number = Double(text), number.isFinite { return .double(number) }
        return .string(text)
    }
}
