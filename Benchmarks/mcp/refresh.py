"""Processes that share one expired login: refresh.py BINARY [COUNT]

Logs in at Tests/StoryTests/Peers/mcp_peer.py (tokens that live for 1 s, refreshed ones for an hour), waits until the token is over, and
starts COUNT (50) processes at once. Prints how many of them worked and how often the token was refreshed; then the same with a refresh
token that the server has forgotten (as after a replay): the store must keep the rest of the login.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

BINARY, COUNT = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/StoryTests/Peers/mcp_peer.py")
home = tempfile.mkdtemp()
environment = {"PATH": "/usr/bin:/bin", "CODETETHER_HOME": home, "HOME": home}
log = os.path.join(home, "peer.log")


def start(*arguments):
    return subprocess.Popen([BINARY, *arguments], env=environment, cwd=home, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def refreshes():
    with open(log) as file:
        return sum((json.loads(line).get("token") or {}).get("grant_type") == "refresh_token" for line in file)


peer = subprocess.Popen(["python3", PEER, "http", "0", "--oauth"], stderr=subprocess.PIPE, text=True, env={
    "PATH": "/usr/bin:/bin", "TOKEN_SECONDS": "1", "REFRESHED_SECONDS": "3600", "MCP_PEER_LOG": log})
bad = []
try:
    url = f"http://127.0.0.1:{int(peer.stderr.readline())}/mcp"
    start("mcp", "add", "peer", "--url", url).wait()
    child = start("mcp", "auth", "peer", "--no-browser")
    for line in child.stderr:
        if line.startswith("http"):
            urllib.request.urlopen(line.strip(), timeout=20).read()
    assert child.wait() == 0, "the login failed"
    time.sleep(1.5)
    began = time.monotonic()
    children = [start("mcp", "test", "peer") for _ in range(COUNT)]
    codes = [child.wait() for child in children]
    print(f"{COUNT} processes, one expired token: {codes.count(0)} worked, {refreshes()} refresh request(s), "
          f"{time.monotonic() - began:.1f} s")
    if codes.count(0) != COUNT or refreshes() != 1:
        bad.append("refresh")
    path = os.path.join(home, "data/mcp-auth.json")
    with open(path) as file:
        store = json.load(file)
    login = store["logins"][url]
    login["tokens"]["refreshToken"], login["tokens"]["accessToken"] = "replayed", "over"
    with open(path, "w") as file:
        json.dump(store, file)
    codes = [child.wait() for child in [start("mcp", "test", "peer") for _ in range(5)]]
    with open(path) as file:
        after = json.load(file)["logins"][url]
    kept = after.get("client") == login.get("client") and after.get("issuer") == login["issuer"]
    print(f"a replayed refresh token: exit codes {sorted(set(codes))}, the client's registration {'kept' if kept else 'LOST'}")
    if set(codes) != {77} or not kept:
        bad.append("replay")
finally:
    peer.terminate()
sys.exit(1 if bad else 0)
