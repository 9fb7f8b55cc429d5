import Support
import SystemPackage
import TestSupport
import Testing

@Suite("A full disk", .serialized)
struct CrashDiskTests {
    /// Runs in a mount namespace of its own, where `$CODETETHER_HOME/data` is a file system of 3 MiB. Each step writes its exit
    /// code; `$BIN` is the program.
    private static let story = """
        set -u
        mkdir -p "$CODETETHER_HOME/data"
        mount -t tmpfs -o size=3m,mode=700 none "$CODETETHER_HOME/data" || exit 40
        "$BIN" run --format json --title before --fake-responses script.json 'Write a' > run.json; echo $? > run.code
        ID=$(sed -n 's/.*"sessionID": *"\\(ses_[a-z0-9]*\\)".*/\\1/p' run.json | head -1)
        dd if=/dev/zero of="$CODETETHER_HOME/data/filler" bs=4096 count=100000 2>/dev/null
        "$BIN" session rename "$ID" "$(printf '%0400d' 7)" --json > full.json 2> full.err; code=$?
        n=0
        while [ $code -eq 0 ] && [ $n -lt 60 ]; do
          n=$((n+1)); "$BIN" session rename "$ID" "$(printf '%0400d' $n)" --json > full.json 2> full.err; code=$?
        done
        echo $code > full.code
        "$BIN" session show "$ID" --json > during.json 2> during.err; echo $? > during.code
        rm "$CODETETHER_HOME/data/filler"
        "$BIN" session rename "$ID" after; echo $? > after.code
        "$BIN" session show "$ID" --json > after.json; echo $? > show.code
        "$BIN" run -s "$ID" --format json --fake-responses again.json 'Go on' > more.json; echo $? > more.code
        """

    @Test(
        "On a full file system a command says so, what was stored is intact, and with space again all goes on",
        arguments: ["sqlite", "filesystem"])
    func tmpfs(backend: String) async throws {
        try await CrashWorld.with(backend: backend) { world in
            try world.workspace.write(Self.story, to: "story.sh")
            var options = try world.cli.options([])
            options.environment["BIN"] = try CLIProcess.binary().string
            options.executable = "unshare"
            options.arguments = ["--user", "--map-root-user", "--mount", "sh", "story.sh"]
            let result = try await ChildProcess.run(options)
            #expect(result.code == 0, "\(result.story)")
            func code(_ name: String) throws -> String {
                String(try world.workspace.text("\(name).code").dropLast())
            }
            func json(_ name: String) throws -> JSON { try JSON(parsing: try world.workspace.text("\(name).json")) }
            #expect(try code("run") == "0")
            let fullErrors = try world.workspace.text("full.err")
            #expect(try code("full") == "1", "\(fullErrors)")
            let error = try json("full")["error"]
            #expect(error?["name"]?.stringValue?.hasSuffix("Error") == true)
            let message = error?["message"]?.stringValue?.lowercased() ?? ""
            #expect(message.contains("space") || message.contains("full"), "\(message)")
            let duringErrors = try world.workspace.text("during.err")
            #expect(try code("during") == "0", "\(duringErrors)")
            let during = StoredSession(try json("during"))
            #expect(during.answers == ["First I write.", "All is done."])
            #expect(during.toolStates == ["completed", "completed"])
            for name in ["after", "show", "more"] { #expect(try code(name) == "0", "\(name)") }
            let after = StoredSession(try json("after"))
            #expect(after.info["title"]?.stringValue == "after")
            #expect(after.answers == during.answers)
        }
    }

    /// As above, with a server that is one process from before the disk is full until after.
    private static let serverStory = """
        import json, os, subprocess, urllib.request, urllib.error
        home, binary = os.environ["CODETETHER_HOME"], os.environ["BIN"]
        os.makedirs(home + "/data", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "none", home + "/data"], check=True)
        server = subprocess.Popen([binary, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
        try:
            where = json.loads(server.stdout.readline())
            token = open(where["tokenFile"]).read().strip()
            def call(method, path, body=None):
                request = urllib.request.Request(
                    where["url"] + path, method=method, data=None if body is None else json.dumps(body).encode(),
                    headers={"authorization": "Bearer " + token, "content-type": "application/json"})
                try:
                    with urllib.request.urlopen(request, timeout=20) as answer:
                        return answer.status, json.loads(answer.read() or b"null")
                except urllib.error.HTTPError as error:
                    return error.code, json.loads(error.read() or b"null")
            first = call("POST", "/api/session", {"title": "before"})
            filler = os.open(home + "/data/filler", os.O_CREAT | os.O_WRONLY)
            try:
                while True: os.write(filler, b"0" * 4096)
            except OSError: pass
            os.close(filler)
            full = (200, None)
            for number in range(200):
                full = call("POST", "/api/session", {"title": "x" * 400})
                if full[0] >= 400: break
            id = first[1]["data"]["id"]
            during = call("GET", "/api/session/" + id)
            os.remove(home + "/data/filler")
            after = call("POST", "/api/session", {"title": "after"})
            print(json.dumps({"first": first, "full": full, "during": during, "after": after, "alive": server.poll() is None}))
        finally:
            server.kill(); server.wait()
        """

    @Test(
        "A server whose disk is full answers with an error, serves what it has, and goes on when there is space again")
    func server() async throws {
        try await CrashWorld.with(backend: "sqlite") { world in
            try world.workspace.write(Self.serverStory, to: "story.py")
            var options = try world.cli.options([])
            options.environment["BIN"] = try CLIProcess.binary().string
            options.executable = "unshare"
            options.arguments = ["--user", "--map-root-user", "--mount", "python3", "story.py"]
            let result = try await ChildProcess.run(options)
            #expect(result.code == 0, "\(result.story)")
            let json = try result.json()
            #expect((200...201).contains(json["first"]?[0]?.intValue ?? 0), "\(result.story)")
            #expect((500...507).contains(json["full"]?[0]?.intValue ?? 0), "\(json["full"]?.text() ?? "-")")
            #expect(
                json["full"]?[1]?["_tag"]?.stringValue?.hasSuffix("Error") == true, "\(json["full"]?.text() ?? "-")")
            #expect(json["during"]?[0]?.intValue == 200)
            #expect(json["during"]?[1]?["data"]?["title"]?.stringValue == "before")
            #expect((200...201).contains(json["after"]?[0]?.intValue ?? 0), "\(json["after"]?.text() ?? "-")")
            #expect(json["alive"]?.boolValue == true)
        }
    }
}
