import Credentials
import Events
import Providers
import Schema
import Support

/// The keys in `auth.json`. A key that is stored is never shown again.
enum CredentialRoutes {
    static let all: [Route] = [
        Route(openCode: "Credential.list", .read) { context in
            .data(.array(file(context)?.entries().map(row) ?? []))
        },
        Route(
            openCode: "Credential.create", .admin,
            body: .json(
                Shape.object(
                    [
                        "id": Shape.string, "integrationID": Shape.name, "label": Shape.string, "value": Shape.map,
                        "activate": Shape.boolean,
                    ], required: ["integrationID", "value"]))
        ) { context in
            let id = context.text("integrationID") ?? ""
            let location = try await context.location(nil)
            guard location.models.provider(id) != nil else {
                throw HTTPFailure.invalid(
                    "There is no provider \"\(HostileText.escaped(id, multiline: false))\"; GET /api/integration lists them.",
                    field: "integrationID")
            }
            let value = context.body["value"]
            guard value?["type"]?.stringValue == "key", let key = value?["key"]?.stringValue else {
                throw HTTPFailure.invalid("'value' must be {\"type\":\"key\",\"key\":…}.", field: "value")
            }
            guard file(context)?.entries().contains(where: { $0.id == id }) != true else {
                throw HTTPFailure(
                    409,
                    .conflict(
                        message: "There is a credential for \"\(id)\" already; delete it first.", resource: "credential"
                    ))
            }
            try await store(id, key, context.text("label"), context)
            return .data(row(.init(id: id, type: "api", key: Secret(key), label: context.text("label"))))
        },
        Route(openCode: "Credential.remove", .admin) { context in
            let id = context.parameter("credential_id")
            if let file = file(context), try await file.remove(id, nowMs: context.services.time.nowMs()) {
                changed(context)
            }
            return .noContent
        },
    ]

    private static func file(_ context: RouteContext) -> CredentialFile? { context.services.credentials.file }

    /// Stores a key in place of what there was.
    /// - Throws: 400 for a key that cannot be one, 503 when it cannot be written.
    static func store(_ id: String, _ key: String, _ label: String?, _ context: RouteContext) async throws {
        guard let file = file(context) else {
            throw HTTPFailure(503, .serviceUnavailable(message: "This server stores no credentials."))
        }
        let isUsable =
            !key.isEmpty && key.utf8.count <= CredentialFile.maxKeyBytes
            && key.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isUsable else {
            throw HTTPFailure.invalid(
                "'key' is no key: 1 to \(CredentialFile.maxKeyBytes) printable ASCII characters without blanks are.",
                field: "key")
        }
        do {
            try await file.set(id, key: key, label: label, nowMs: context.services.time.nowMs())
        } catch {
            throw HTTPFailure(
                503,
                .serviceUnavailable(
                    message: "The key was not stored: \((error as? any AppError)?.message ?? "\(error)")",
                    service: "credentials"))
        }
        changed(context)
    }

    private static func changed(_ context: RouteContext) {
        let services = context.services
        for payload in [EventPayload.credentialUpdated(.init()), .integrationUpdated(.init())] {
            services.bus.publish(
                Event(id: services.ids.next(.event), created: services.time.nowMs(), payload: payload))
        }
    }

    /// 2.1's `CredentialEntry`, the key hidden but for its last characters.
    private static func row(_ entry: CredentialFile.Entry) -> JSON {
        let key = entry.key?.exposed ?? ""
        let shown = key.utf8.count >= 16 ? "***\(key.suffix(4))" : "***"
        let value: JSON =
            entry.type == "oauth"
            ? ["type": "oauth", "methodID": "oauth", "refresh": "***", "access": "***", "expires": 0]
            : ["type": "key", "key": .string(shown)]
        return [
            "id": .string(entry.id), "integrationID": .string(entry.id),
            "label": .string(entry.label ?? entry.id), "active": true, "value": value,
        ]
    }
}
