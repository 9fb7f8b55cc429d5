import Credentials
import Support
import Testing

@testable import Sessions

@Suite("What is taken out of shares")
struct ShareRedactionTests {
    private func paths(_ text: String) -> String {
        var count = 0
        let shown = LocalPaths(workspaces: ["/work/project", "/w"], hidden: ["/home/ada", "/srv/state/"])
            .redact(text, &count)
        #expect((count > 0) == (shown != text))
        return shown
    }

    @Test(
        "Paths of this machine become relative or disappear, everything else stays",
        arguments: [
            ("see /work/project/src/a.swift:3", "see ./src/a.swift:3"), ("cd /work/project", "cd ."),
            ("cd /work/project.", "cd .."), ("/work/project2/x", "/work/project2/x"), ("a/work/b", "a/work/b"),
            ("in /home/ada/keys/id_rsa now", "in [path] now"), ("\"/home/bob/x y\"", "\"[path] y\""),
            ("PATH=/usr/bin:/home/ada/bin", "PATH=/usr/bin:[path]"), ("file:///home/ada/x.png", "file://[path]"),
            ("-I/home/ada/include", "-I[path]"), ("{\"c\":\"cat\\n/home/bob/x\"}", "{\"c\":\"cat\\n[path]\"}"),
            ("/srv/state/db and /tmp/x.", "[path] and [path]."), ("/Users/eve/Desktop", "[path]"),
            ("https://example.com/home/x", "https://example.com/home/x"), ("GET /api/session", "GET /api/session"),
            ("./tmp/x ../var/y ~/z", "./tmp/x ../var/y ~/z"), ("/etc/passwd /usr/bin/env", "/etc/passwd /usr/bin/env"),
            ("/w/x and a/w/x", "./x and a/w/x"), ("nothing", "nothing"), ("/", "/"), ("/tmp", "/tmp"),
        ])
    func localPaths(_ text: String, _ shown: String) { #expect(paths(text) == shown) }

    @Test("Configured keys, tokens and sensitive members are taken out of values and names, and counted")
    func secrets() throws {
        let redaction = ShareRedaction(
            secrets: [Secrets(known: ["first-configured-key"]), Secrets(known: ["second-configured-key"])],
            hidden: ["/home/ada"])
        var redactor = redaction.redactor(directories: ["/work/project"])
        let token = "ghp_" + String(repeating: "a1B2", count: 9)
        let shown = redactor.redacted([
            "text": "a first-configured-key b second-configured-key c \(token)",
            "input": [
                "filePath": "/elsewhere/secret plan.txt", "path": "/work/project/a", "api_key": "short",
                "first-configured-key": ["/home/ada/x": 1], "headers": ["x": "value"],
            ], "usage": ["tokens": 5],
        ])
        let text = shown.text()
        for secret in ["first-configured-key", "second-configured-key", token, "elsewhere", "/home/ada", "\"short\""] {
            #expect(!text.contains(secret), "\(secret)")
        }
        #expect(shown["input"]?["path"] == "./a")
        #expect(shown["usage"]?["tokens"] == 5)
        #expect(redactor.secretCount >= 4)
        #expect(redactor.pathCount >= 2)
    }
}
