import Git
import Support
import SystemPackage

extension SnapshotStore {
    /// The bytes of blobs. Those that are missing or damaged are not in the answer.
    func blobs(_ hashes: Set<String>) async throws(SnapshotError) -> [String: [UInt8]] {
        try await read(hashes, kind: "blob")
    }

    func trees(_ hashes: Set<String>) async throws(SnapshotError) -> [String: GitTree] {
        try await read(hashes, kind: "tree").compactMapValues { GitTree($0) }
    }

    private func read(_ hashes: Set<String>, kind: String) async throws(SnapshotError) -> [String: [UInt8]] {
        let objects = objects
        var found = try await blocking { () throws(FileError) in
            var found: [String: [UInt8]] = [:]
            for hash in hashes {
                // A damaged object counts as missing; `verify` names it.
                if let object = try? objects.read(hash), object.kind.rawValue == kind { found[hash] = object.bytes }
            }
            return found
        }
        let rest = hashes.filter { found[$0] == nil && GitObjects.isHash($0) }
        guard !rest.isEmpty, await hasGit() else { return found }
        for (hash, object) in try await batch(rest.sorted()) where object.kind == kind { found[hash] = object.bytes }
        return found
    }

    /// Objects through git, by their id; those that are missing are left out.
    private func batch(_ hashes: [String]) async throws(SnapshotError) -> [String: (kind: String, bytes: [UInt8])] {
        var found: [String: (kind: String, bytes: [UInt8])] = [:]
        for start in stride(from: 0, to: hashes.count, by: 256) {
            let part = hashes[start..<min(start + 256, hashes.count)]
            let output: [UInt8]
            do throws(GitError) {
                output = try await git.run(
                    "cat-file", ["--batch"], input: Array(part.map { $0 + "\n" }.joined().utf8), allowed: [0, 128],
                    limit: 1 << 30)
            } catch {
                throw Self.failed(error)
            }
            var position = 0
            while position < output.count, let end = output[position...].firstIndex(of: 0x0A) {
                let words = String(decoding: output[position..<end], as: UTF8.self).split(separator: " ")
                position = end + 1
                guard words.count == 3, let size = Int(words[2]), position + size <= output.count else { continue }
                let bytes = Array(output[position..<(position + size)])
                if let kind = GitObjects.Kind(rawValue: String(words[1])),
                    GitObjects.hash(kind, bytes) == String(words[0])
                {
                    found[String(words[0])] = (kind.rawValue, bytes)
                }
                position += size + 1
            }
        }
        return found
    }

    /// Those of these objects that are not in the store.
    func missing(_ hashes: Set<String>) async throws(SnapshotError) -> Set<String> {
        let objects = objects
        let rest = try await blocking { () throws(FileError) in hashes.filter { (try? objects.read($0)) == nil } }
        guard !rest.isEmpty, await hasGit() else { return rest }
        let output: [UInt8]
        do throws(GitError) {
            output = try await git.run(
                "cat-file", ["--batch-check"], input: Array(rest.map { $0 + "\n" }.joined().utf8), allowed: [0, 128])
        } catch {
            throw Self.failed(error)
        }
        var missing = rest
        for line in output.split(separator: 0x0A) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            if words.count == 3, ["blob", "tree", "commit"].contains(words[1]) { missing.remove(String(words[0])) }
        }
        return missing
    }

    /// The texts of commits, by their id.
    func commits(_ hashes: Set<String>) async throws(SnapshotError) -> [String: [UInt8]] {
        try await read(hashes, kind: "commit")
    }

    /// The bytes of a commit of ours.
    static func commit(tree: String, parent: String?, message: String, createdMs: Int64) -> [UInt8] {
        let person = "codetether <codetether@localhost> \(createdMs / 1_000) +0000"
        let parents = parent.map { "parent \($0)\n" } ?? ""
        return Array("tree \(tree)\n\(parents)author \(person)\ncommitter \(person)\n\n\(message)\n".utf8)
    }

    /// When a commit of ours was made.
    static func createdMs(_ commit: [UInt8]) -> Int64? {
        let lines = String(decoding: commit.prefix(1_024), as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("committer ") }?.split(separator: " ").dropLast().last
            .flatMap { Int64($0) }.map { $0 * 1_000 }
    }
}
