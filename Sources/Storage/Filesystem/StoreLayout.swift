import Support
import SystemPackage

/// Where the filesystem backend keeps what.
///
/// `records/<segment>.d/…/<id>.r` a record · `events/<aggregate>.log` a log · `staging/` values of a batch that is being
/// committed · `prepare` and `journal` that batch's plan before and after its commit point · `quarantine/` damaged bytes ·
/// `lock`. The suffixes keep a collection's files apart from collections nested in it.
struct StoreLayout: Sendable {
    let root: FilePath

    var records: FilePath { root.appending("records") }
    var events: FilePath { root.appending("events") }
    var staging: FilePath { root.appending("staging") }
    var quarantine: FilePath { root.appending("quarantine") }
    var lock: FilePath { root.appending("lock") }
    var prepare: FilePath { root.appending("prepare") }
    var journal: FilePath { root.appending("journal") }

    func collection(_ name: String) -> FilePath {
        var path = records
        for segment in name.split(separator: "/") { path.append("\(segment).d") }
        return path
    }

    func record(_ key: RecordKey) -> FilePath { collection(key.collection).appending("\(key.id).r") }

    func log(_ aggregate: String) -> FilePath { events.appending("\(aggregate).log") }

    /// The name with its suffix removed, nil when it has another one.
    static func name(_ component: FilePath.Component, without suffix: String) -> String? {
        let text = component.string
        guard text.utf8.count > suffix.utf8.count, text.hasSuffix(suffix) else { return nil }
        let name = String(text.dropLast(suffix.count))
        return RecordKey.isValidName(name) ? name : nil
    }
}
