import Support

/// Files whose content a search does not show unless they are named: `read` asks for them, and a search must not be the
/// way around it.
package enum SensitiveFiles {
    /// ripgrep globs that leave them out.
    package static let excludingGlobs = ["!.env", "!.env.*", "!*.env"]

    /// True for `.env`, `.env.*` and `*.env`, but not for `.env.example`, `.env.sample` and `.env.template`.
    package static func contains(name: [UInt8]) -> Bool {
        if name.starts(with: ".env.".utf8) {
            return ![".env.example", ".env.sample", ".env.template"].contains { name.elementsEqual($0.utf8) }
        }
        return name.suffix(4).elementsEqual(".env".utf8)
    }
}
