import Credentials
import Support
import Testing

@Suite("Credentials from the environment")
struct CredentialStoreTests {
    @Test("The first usable variable wins; blanks at the ends go, damaged values do not count")
    func order() {
        let store = CredentialStore(
            environment: Environment([
                "A": "  ", "B": "two\nlines", "C": " key-c\n", "D": "key-d", "E": String(repeating: "x", count: 20_000),
            ]))
        let credential = store.key(provider: "p", names: ["MISSING", "A", "B", "E", "C", "D"])
        #expect(credential?.secret.exposed == "key-c")
        #expect(credential?.source == .environment("C"))
        #expect(credential?.source.description == "env C")
        #expect(store.key(provider: "p", names: ["A", "B"]) == nil)
    }

    @Test("A secret does not print in any way")
    func printing() {
        let secret = Secret("sk-very-secret")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped) \([secret])".contains("very"))
    }

    @Test("AWS keys need id and secret")
    func aws() {
        #expect(CredentialStore(environment: Environment(["AWS_ACCESS_KEY_ID": "a"])).aws == nil)
        let aws = CredentialStore(
            environment: Environment(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"])
        ).aws
        #expect(aws?.accessKeyID == "a" && aws?.sessionToken?.exposed == "c")
    }

    @Test("Variables with names of secrets are known for redaction")
    func names() {
        let store = CredentialStore(
            environment: Environment(["OPENAI_API_KEY": "k1", "PATH": "/bin", "GITHUB_TOKEN": "k2"]))
        #expect(store.secrets.sorted() == ["k1", "k2"])
    }
}

@Suite("Redaction")
struct SecretsTests {
    @Test("Known values go wherever they stand, the longest first; short ones stay")
    func known() {
        let secrets = Secrets(known: ["hunter2-hunter2", "hunter2-hunter2-long", "short"])
        #expect(secrets.redact("a=hunter2-hunter2-long,b=hunter2-hunter2 short") == "a=[redacted],b=[redacted] short")
    }

    /// Put together here, so that no scanner takes this file for a leak.
    private static let fakeKey = "sk-" + "ant-api03-" + String(repeating: "x9", count: 12)

    @Test(
        "Token shapes go, with their surroundings kept",
        arguments: [
            ("key \(Self.fakeKey)!", "key [redacted]!"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[redacted]"), ("id AKIAIOSFODNN7EXAMPLE.", "id [redacted]"),
            ("Authorization: Bearer abcdefghij0123456789", "Authorization: Bearer [redacted]"),
            ("postgres://bob:pa55@db/x?y=1", "postgres://bob:[redacted]@db/x?y=1"),
            ("AIzaSyA0123456789012345678901234567890", "[redacted]"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY-----[redacted]-----END RSA PRIVATE KEY-----"
            ),
        ])
    func shapes(text: String, expected: String) {
        #expect(Secrets().redact(text) == expected)
    }

    @Test(
        "Ordinary text stays",
        arguments: [
            "task-list sk-1", "risk-management-of-everything", "http://host:80/a@b", "-----BEGIN CERTIFICATE-----",
            "Bearer of bad news", "eyJ", "é:// 😀",
        ])
    func ordinary(text: String) { #expect(Secrets().redact(text) == text) }

    @Test("In JSON, sensitive keys lose their value whatever it looks like")
    func json() {
        let json: JSON = [
            "api_key": "x", "headers": ["X-Own": "v"], "token": "", "max_tokens": 5, "env": ["NAME"],
            "nested": [["password": "p", "name": "n"]],
            "reserve_tokens": 3,
        ]
        #expect(
            Secrets().redact(json) == [
                "api_key": "[redacted]", "headers": ["X-Own": "[redacted]"], "token": "", "max_tokens": 5,
                "env": ["NAME"],
                "nested": [["password": "[redacted]", "name": "n"]], "reserve_tokens": 3,
            ])
    }

    @Test(
        "Hostile repetition stays linear: 200 kB take less than 20 seconds in a debug build on a busy machine",
        arguments: ["sk-", "sk-short ", "://a:b", "-----BEGIN ", "eyJ ", "Bearer ", "some-known-valu"])
    func linear(piece: String) {
        let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
        let elapsed = ContinuousClock().measure { _ = Secrets(known: ["some-known-value"]).redact(text) }
        #expect(elapsed < .seconds(20))
    }
}
