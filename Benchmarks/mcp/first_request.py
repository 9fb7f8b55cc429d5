"""How much five slow MCP servers delay the first model request of `run`: first_request.py BINARY [ROUNDS]

Runs `codetether run` against a model on loopback, without servers and with five that never answer; prints the median time from start to
the first request of each, and the difference. The first run with a new server waits for it, 2 s at most; what was too slow then is not
waited for again.
"""
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BINARY, ROUNDS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
seen = []


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("tools"):
            seen.append(time.monotonic())
        chunks = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hello."}}]},
                  {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
        data = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data.encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()


def world(slow):
    home = tempfile.mkdtemp()
    os.makedirs(f"{home}/config")
    with open(f"{home}/config/codetether.jsonc", "w") as file:
        json.dump({"model": "mock/m", "permission": "allow", "provider": {"mock": {
            "api": "openai-chat", "base_url": f"http://127.0.0.1:{server.server_port}/v1", "auth": "none",
            "models": {"m": {"limit": {"context": 128000, "output": 8192}}}}}}, file)
    if slow:
        with open(f"{home}/config/mcp.json", "w") as file:
            json.dump({"mcpServers": {f"slow{i}": {"command": "/bin/sleep", "args": ["30"]} for i in range(5)}}, file)
    return home


def once(home):
    seen.clear()
    began = time.monotonic()
    subprocess.run([BINARY, "run", "--title", "t", "Hi"], cwd=home, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
                   env={"PATH": "/usr/bin:/bin", "CODETETHER_HOME": home, "HOME": home}, check=True)
    return (seen[0] - began) * 1000


homes = {"none": world(False), "five": world(True)}
first = once(homes["five"])
once(homes["none"])
times = {name: [] for name in homes}
for _ in range(ROUNDS):
    for name, home in homes.items():
        times[name].append(once(home))
medians = {name: statistics.median(values) for name, values in times.items()}
print(f"first model request: no servers {medians['none']:.0f} ms, five slow ones {medians['five']:.0f} ms "
      f"(the very first time {first:.0f} ms): difference {medians['five'] - medians['none']:.0f} ms")
sys.exit(0 if medians["five"] - medians["none"] < 300 else 1)
