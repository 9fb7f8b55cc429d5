import JSONRPC
package import Support
import SystemPackage

/// One server of the configuration.
package struct MCPServerEntry: Sendable, Equatable {
    /// Which file it is in.
    package enum Scope: String, Sendable, CaseIterable {
        /// `mcp.json` in the configuration directory.
        case user
        /// The key `mcp` of a configuration file.
        case config
        /// `.mcp.json` at the workspace's root.
        case project
    }

    /// How it is reached.
    package enum Kind: Sendable, Equatable {
        case process(command: String, arguments: [String], environment: [String: String], directory: String?)
        case address(url: String, headers: [String: String], isEventStream: Bool, oauth: OAuth?)
    }

    /// Settings of the login; `isOff` for `oauth: false`.
    package struct OAuth: Sendable, Equatable {
        package var isOff = false
        package var clientID: String?
        package var clientSecret: String?
        package var scope: String?
        package var callbackPort: Int?
        /// The https address of a client id metadata document, which is the client id where the authorization server reads such
        /// documents.
        package var clientMetadataURL: String?
        package var redirectURI: String?
        package init() {}
    }

    package var name: String
    package var scope: Scope
    package var kind: Kind
    package var isDisabled: Bool
    /// Connect and call limit, milliseconds; nil: the defaults.
    package var timeoutMs: Int?
    /// Where it is written, for messages.
    package var file: String
    /// Of the definition as written: what an approval is for.
    package var hash: String
    /// False for a project's entry that nobody approved.
    package var isApproved = true

    /// `stdio`, `http` or `sse`, as `mcp list` prints it.
    package var type: String {
        switch kind {
        case .process: "stdio"
        case .address(_, _, let isEventStream, _): isEventStream ? "sse" : "http"
        }
    }

    /// The program with its arguments, for people; nil for an address.
    package var commandLine: String? {
        guard case .process(let command, let arguments, _, _) = kind else { return nil }
        return ([command] + arguments).joined(separator: " ")
    }

    package var url: String? {
        if case .address(let url, _, _, _) = kind { url } else { nil }
    }

    /// The names a server may have (CONTRACT §9): `[A-Za-z0-9_-]{1,32}`, and not `resource`.
    package static func check(name: String) throws(MCPError) {
        let isRight =
            (1...32).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
        guard isRight, name != "resource" else {
            let shown = HostileText.escaped(String(name.prefix(64)), multiline: false)
            throw MCPError(
                .config,
                name == "resource"
                    ? "'resource' is reserved; choose another name for the server."
                    : "'\(shown)' is no name for an MCP server: 1 to 32 of A-Z a-z 0-9 _ - are.")
        }
    }
}

extension MCPServerEntry {
    /// Reads an entry: ours, OpenCode's (`local`, `remote`), Claude's, Cursor's and VS Code's forms.
    /// - Parameter variables: for `${NAME}` and `${NAME:-default}` in commands, arguments, environment, addresses and headers; nil
    ///   leaves them as they are (an entry that is not approved).
    /// - Throws: `config` that names the file and the key.
    package init(name: String, scope: Scope, json: JSON, file: String, variables: [String: String]?) throws(MCPError) {
        func fail(_ key: String, _ what: String) -> MCPError {
            MCPError(
                .config, "\(file): mcpServers.\(name)\(key.isEmpty ? "" : ".\(key)") \(what)",
                metadata: ["file": file, "path": "mcpServers.\(name)\(key.isEmpty ? "" : ".\(key)")"])
        }
        try Self.check(name: name)
        guard let object = json.objectValue else { throw fail("", "is \(json.kindName); an object is wanted.") }
        func text(_ key: String) throws(MCPError) -> String? {
            guard let value = object[key], !value.isNull else { return nil }
            guard let text = value.stringValue else { throw fail(key, "is \(value.kindName); text is wanted.") }
            return try expand(text, key)
        }
        func expand(_ text: String, _ key: String) throws(MCPError) -> String {
            guard let variables else { return text }
            do throws(MissingVariable) { return try VariableText.expanded(text, variables) } catch {
                throw fail(
                    key,
                    "wants the environment variable \(error.name), which is not set. Set it or write ${\(error.name):-default}."
                )
            }
        }
        func list(_ key: String) throws(MCPError) -> [String] {
            guard let value = object[key], !value.isNull else { return [] }
            guard let items = value.arrayValue else {
                throw fail(key, "is \(value.kindName); a list of texts is wanted.")
            }
            var out: [String] = []
            for (index, item) in items.enumerated() {
                guard let text = item.stringValue else {
                    throw fail("\(key)[\(index)]", "is \(item.kindName); text is wanted.")
                }
                out.append(try expand(text, "\(key)[\(index)]"))
            }
            return out
        }
        func map(_ key: String) throws(MCPError) -> [String: String] {
            guard let value = object[key], !value.isNull else { return [:] }
            guard let entries = value.objectValue else {
                throw fail(key, "is \(value.kindName); an object of texts is wanted.")
            }
            var out: [String: String] = [:]
            for (name, item) in entries {
                switch item {
                case .string(let text): out[name] = try expand(text, "\(key).\(name)")
                case .int(let number): out[name] = String(number)
                case .bool(let flag): out[name] = flag ? "true" : "false"
                default: throw fail("\(key).\(name)", "is \(item.kindName); text is wanted.")
                }
            }
            return out
        }
        self.name = name
        self.scope = scope
        self.file = file
        hash = SHA256Hash.hex(of: json.bytes(.compact, sortedKeys: true))
        for key in ["disabled", "enabled"] where object[key] != nil && object[key]?.boolValue == nil {
            throw fail(key, "is \(object[key]?.kindName ?? ""); true or false is wanted.")
        }
        isDisabled = object["disabled"]?.boolValue ?? !(object["enabled"]?.boolValue ?? true)
        switch object["timeout"] {
        case nil, .null: timeoutMs = nil
        case .int(let value):
            guard (1...3_600_000).contains(value) else {
                throw fail("timeout", "is \(value); 1 to 3600000 milliseconds are allowed.")
            }
            timeoutMs = Int(value)
        case .object(let parts):
            timeoutMs = (parts["execution"] ?? parts["startup"])?.intValue.map { Int(clamping: $0) }
        case let other?: throw fail("timeout", "is \(other.kindName); milliseconds are wanted.")
        }

        let type = try text("type") ?? object["transport"]?.stringValue
        let hasURL = object["url"] != nil || object["serverUrl"] != nil
        switch type {
        case nil, "stdio", "local", "http", "streamable-http", "streamableHttp", "remote", "sse": break
        case let other?:
            throw fail("type", "is '\(HostileText.escaped(other, multiline: false))'; stdio, http or sse is wanted.")
        }
        let isLocal = type == "stdio" || type == "local" || (type == nil && !hasURL)
        if isLocal {
            var arguments = try list("args")
            let command: String
            if object["command"]?.arrayValue != nil {
                var words = try list("command")
                guard !words.isEmpty else { throw fail("command", "is empty; a program is wanted.") }
                command = words.removeFirst()
                arguments = words + arguments
            } else {
                guard let word = try text("command"), !word.isEmpty else {
                    throw fail("", "has neither 'command' nor 'url'. A program needs 'command', an address 'url'.")
                }
                command = word
            }
            let environment = try map("env").merging(try map("environment")) { $1 }
            kind = .process(
                command: command, arguments: arguments, environment: environment, directory: try text("cwd"))
            return
        }
        guard let url = try text(object["url"] == nil ? "serverUrl" : "url") else { throw fail("url", "is missing.") }
        guard let scheme = url.split(separator: ":").first?.lowercased(), scheme == "http" || scheme == "https",
            url.utf8.contains(UInt8(ascii: "/")), !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
        else {
            throw fail("url", "is '\(HostileText.escaped(url, multiline: false))'; an http or https address is wanted.")
        }
        let headers = try map("headers")
        for (name, value) in headers
        where value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) || name.isEmpty {
            throw fail("headers.\(name)", "has a control character or no name.")
        }
        var oauth: OAuth?
        switch object["oauth"] {
        case nil, .null: break
        case .bool(false):
            oauth = OAuth()
            oauth?.isOff = true
        case .bool(true): oauth = OAuth()
        case .object(let settings):
            var parsed = OAuth()
            func setting(_ names: String...) throws(MCPError) -> String? {
                for name in names {
                    if let value = settings[name]?.stringValue { return try expand(value, "oauth.\(name)") }
                }
                return nil
            }
            parsed.clientID = try setting("client_id", "clientId")
            parsed.clientSecret = try setting("client_secret", "clientSecret")
            parsed.scope = try setting("scope")
            parsed.redirectURI = try setting("redirect_uri", "redirectUri")
            parsed.clientMetadataURL = try setting("client_metadata_url", "clientMetadataUrl")
            if let document = parsed.clientMetadataURL, !Self.isDocumentAddress(document) {
                throw fail(
                    "oauth.client_metadata_url",
                    "is '\(HostileText.escaped(String(document.prefix(200)), multiline: false))'; an https address with a path is wanted."
                )
            }
            parsed.callbackPort = (settings["callback_port"] ?? settings["callbackPort"])?.intValue.flatMap {
                (1...65_535).contains($0) ? Int($0) : nil
            }
            oauth = parsed
        case let other?: throw fail("oauth", "is \(other.kindName); an object or false is wanted.")
        }
        kind = .address(url: url, headers: headers, isEventStream: type == "sse", oauth: oauth)
    }
}

extension MCPServerEntry {
    /// What a client id metadata document may be at: https, a path, no user, no fragment, no `.` or `..` in the path.
    static func isDocumentAddress(_ text: String) -> Bool {
        guard let parts = URLParts(text), parts.scheme == "https", parts.path.utf8.count > 1, !text.contains("#"),
            !text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }),
            text.dropFirst("https://".count).prefix(while: { $0 != "/" }).contains("@") == false
        else { return false }
        return !parts.path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }
}

struct MissingVariable: Error { var name: String }

/// `${NAME}` and `${NAME:-default}`, as other programs' `.mcp.json` has them.
enum VariableText {
    static func expanded(_ text: String, _ variables: [String: String]) throws(MissingVariable) -> String {
        guard text.contains("${") else { return text }
        var out = ""
        var rest = Substring(text)
        while let start = rest.firstRange(of: "${") {
            out += rest[..<start.lowerBound]
            let tail = rest[start.upperBound...]
            guard let end = tail.firstIndex(of: "}") else { break }
            let inner = tail[..<end]
            let parts = inner.firstRange(of: ":-")
            let name = String(parts.map { inner[..<$0.lowerBound] } ?? inner)
            if let value = variables[name], !value.isEmpty || parts == nil {
                out += value
            } else if let parts {
                out += inner[parts.upperBound...]
            } else {
                throw MissingVariable(name: name)
            }
            rest = tail[tail.index(after: end)...]
        }
        return out + rest
    }
}
