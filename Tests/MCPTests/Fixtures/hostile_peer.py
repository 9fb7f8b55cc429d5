"""An MCP server (2025-11-25, stdio) that is well or badly behaved: hostile_peer.py ok|mute|hang|flood|junk|bigline|die [N]

ok       tools `hello` and `pid`.
mute     never answers anything.
hang     answers the handshake and the list, then no call; a call is told when it is cancelled (on stderr).
flood    answers calls, and between them sends N notifications of a changed tool list and N log lines a call.
junk     prints N lines that are no JSON before every answer.
bigline  answers a call with a line of N MiB.
die      ends in the middle of a call, leaving a child behind.
"""
import json
import os
import subprocess
import sys

mode = sys.argv[1]
number = int(sys.argv[2]) if len(sys.argv) > 2 else 0
out = sys.stdout


def send(message):
    out.write(json.dumps(message) + "\n")
    out.flush()


if mode == "mute":
    sys.stdin.read()
    sys.exit(0)
for line in sys.stdin:
    message = json.loads(line)
    method, key = message.get("method"), message.get("id")
    if method == "notifications/cancelled":
        print("cancelled", message["params"]["requestId"], file=sys.stderr, flush=True)
    if key is None:
        continue
    if mode == "junk":
        out.write("".join(f"listening on port {i}\n" for i in range(number)))
    if method == "initialize":
        send({"jsonrpc": "2.0", "id": key, "result": {
            "protocolVersion": "2025-11-25", "capabilities": {"tools": {"listChanged": True}, "logging": {}},
            "serverInfo": {"name": mode, "version": "1"}}})
    elif method == "tools/list":
        send({"jsonrpc": "2.0", "id": key, "result": {"tools": [
            {"name": "hello", "description": "Says hello.", "inputSchema": {"type": "object"}},
            {"name": "pid", "description": "Its process.", "inputSchema": {"type": "object"}}]}})
    elif method == "tools/call":
        if mode == "hang":
            continue
        if mode == "die":
            subprocess.Popen(["/bin/sleep", "300"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            print("I die", file=sys.stderr, flush=True)
            os._exit(9)
        if mode == "flood":
            change = json.dumps({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            text = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 100}})
            for _ in range(number):
                out.write(change + "\n" + text + "\n")
        if mode == "bigline":
            out.write('{"x":"')
            for _ in range(number):
                out.write("x" * (1 << 20))
            out.write('"}\n')
        value = str(os.getpid()) if message["params"]["name"] == "pid" else "hello"
        send({"jsonrpc": "2.0", "id": key, "result": {"content": [{"type": "text", "text": value}], "isError": False}})
    else:
        send({"jsonrpc": "2.0", "id": key, "error": {"code": -32601, "message": "Method not found"}})
