"""A client of codetether's terminals: python `websockets` on the wire, urllib for the rest.

usage: pty_peer.py PORT TOKEN SCENARIO [ARGUMENT…]
Prints one JSON line of what it saw; any exception is a failure with its traceback.
"""

import json
import os
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

PORT, TOKEN, SCENARIO, *REST = sys.argv[1:]
HOST = f"127.0.0.1:{PORT}"
LIMIT = 30


def http(method, path, body=None, token=TOKEN):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["content-type"] = "application/json"
    request = urllib.request.Request(f"http://{HOST}{path}", data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as reply:
            text = reply.read()
            return reply.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text else None


def data(method, path, body=None):
    status, reply = http(method, path, body)
    assert status < 300, (method, path, status, reply)
    return reply["data"] if reply else None


def bash(script, **more):
    # A ttl: this program's connections come and go.
    return data("POST", "/api/pty", {"command": "bash", "args": ["-c", script], "ttl": 600} | more)


def info(pty):
    return data("GET", f"/api/pty/{pty['id']}")


def ticket(pty):
    return data("POST", f"/api/pty/{pty['id']}/connect-token")["ticket"]


def open_socket(pty, binary=False, headers=None, auth=True, **query):
    text = urllib.parse.urlencode(query)
    return connect(
        f"ws://{HOST}/api/pty/{pty['id']}/connect?{text}",
        subprotocols=["codetether.pty"] if binary else None,
        additional_headers=({"authorization": f"Bearer {TOKEN}"} if auth else {}) | (headers or {}),
        open_timeout=LIMIT, close_timeout=LIMIT, max_size=None, compression=None,
    )


def refused(pty, **how):
    """The status with which a handshake is refused, and the body."""
    try:
        open_socket(pty, **how).close()
    except InvalidStatus as error:
        return [error.response.status_code, json.loads(error.response.body)["_tag"]]
    return [101, None]


def frames(ws):
    """All frames up to the close."""
    found = []
    try:
        while True:
            found.append(ws.recv(timeout=LIMIT))
    except ConnectionClosed as closed:
        return found, closed.rcvd.code if closed.rcvd else None, closed.rcvd.reason if closed.rcvd else None


def read_until(ws, wanted, binary=False):
    """Output up to and with a text, and the control messages on the way."""
    output, control = b"", []
    while wanted not in output:
        frame = ws.recv(timeout=LIMIT)
        if binary and isinstance(frame, str):
            control.append(json.loads(frame))
        elif not binary and isinstance(frame, bytes):
            assert frame[:1] == b"\x00", frame
            control.append(json.loads(frame[1:]))
        else:
            output += frame if binary else frame.encode()
    return output, control


def until(what, probe):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.02)
    raise SystemExit(f"no {what} within {LIMIT} s")


def text():
    """The protocol of OpenCode 2.1."""
    # One byte, then characters of two, three and four bytes: wherever output is cut, it is within one.
    pty = bash("stty -echo -onlcr; printf x; printf 'üあ😀%.0s' {1..20000}; echo; read line; echo \"<$line>\"; exit 4")
    until("output", lambda: info(pty)["cursor"] >= 180_002)
    with open_socket(pty, auth=False, ticket=ticket(pty)) as ws:
        replayed, control = [], None
        while control is None:
            frame = ws.recv(timeout=LIMIT)
            if isinstance(frame, bytes):
                assert frame[:1] == b"\x00", frame[:20]
                control = json.loads(frame[1:])
            else:
                replayed.append(frame)
        ws.send("grüße\n")
        live, code, reason = frames(ws)
        return {
            "subprotocol": ws.subprotocol, "replay": "".join(replayed) == "x" + "üあ😀" * 20_000 + "\n",
            "frames": len(replayed) > 1, "control": control, "live": "".join(live),
            "types": all(isinstance(frame, str) for frame in live), "close": [code, reason],
        }


def binary():
    """Bytes both ways, JSON beside them."""
    pty = bash(
        "stty raw -echo; printf 'ready\\xff\\n'; head -c 4 | od -An -tx1; stty size; read -r x; stty size; exit 5",
        size={"rows": 30, "cols": 90})
    with open_socket(pty, binary=True) as ws:
        first, control = read_until(ws, b"\xff\n", True)
        ws.send(b"\xff\x00\xfe\x0d")
        sizes, more = read_until(ws, b"30 90", True)
        # What was written before the connection came may be replayed, and the cursor told, before or after that text.
        control += more
        for message in ['{"type":"resize","rows":50,"cols":120}', '{"type":"resize","rows":0,"cols":1}',
                        '{"type":"nope\\u001b"}', "not json"]:
            ws.send(message)
        problems = []
        while len(problems) < 3:
            frame = ws.recv(timeout=LIMIT)
            if isinstance(frame, str):
                problems.append(json.loads(frame)["message"])
        ws.send(b"\n")
        rest, code, _ = frames(ws)
        output = b"".join(frame for frame in rest if isinstance(frame, bytes))
        return {
            "subprotocol": ws.subprotocol, "first": first.decode("latin-1"), "control": control,
            "typed": sizes.split(b"\n")[0].decode().split(), "problems": problems, "resized": b"50 120" in output,
            "exit": [json.loads(frame) for frame in rest if isinstance(frame, str)], "close": code,
        }


def cursors():
    """Replay from a byte on, and the gap for what is no longer kept."""
    pty = bash("stty -onlcr; printf 'abcdefghij'; read x; head -c 3000000 /dev/zero | tr '\\0' z; exit 0")
    seen = {}
    with open_socket(pty, binary=True) as ws:
        read_until(ws, b"abcdefghij", True)
        for name, cursor in [("from", 4), ("none", -1), ("beyond", 99)]:
            with open_socket(pty, binary=True, cursor=cursor) as other:
                got = [other.recv(timeout=LIMIT)]
                while not isinstance(got[-1], str):
                    got.append(other.recv(timeout=LIMIT))
                seen[name] = [frame if isinstance(frame, str) else frame.decode() for frame in got]
        ws.send(b"\n")
        rest, code, _ = frames(ws)
        seen["all"] = sum(frame.count(b"z") for frame in rest if isinstance(frame, bytes))
    with open_socket(pty, binary=True, cursor=0) as ws:
        rest, code, _ = frames(ws)
        seen["late"] = [json.loads(frame)["type"] for frame in rest if isinstance(frame, str)]
        gap = json.loads(rest[0])
        seen["gap"] = gap["from"] == 0 and gap["to"] == info(pty)["cursor"] - (2 << 20)
        seen["kept"] = sum(len(frame) for frame in rest if isinstance(frame, bytes))
        seen["close"] = code
    seen["bad"] = [refused(pty, cursor="x"), refused(pty, cursor=-2), refused(pty, role="boss")]
    return seen


def access():
    """Who may connect."""
    pty, other = bash("sleep 1000"), bash("sleep 1000")
    missing = {"id": "pty_0000000000000000000000none"}
    used = ticket(pty)
    open_socket(pty, auth=False, ticket=used).close()
    crossed = ticket(other)
    reader = data("POST", "/api/token", {"scopes": ["read"], "expiresInMs": 60000})["token"]
    evil = {"origin": "https://evil.example"}
    seen = {
        "nobody": refused(pty, auth=False), "token": refused(pty), "ticket": refused(pty, auth=False, ticket=ticket(pty)),
        "used": refused(pty, auth=False, ticket=used), "crossed": refused(pty, auth=False, ticket=crossed),
        "spent": refused(other, auth=False, ticket=crossed), "made up": refused(pty, ticket="0" * 64),
        "reader": refused(pty, auth=False, headers={"authorization": f"Bearer {reader}"}),
        "origin": refused(pty, auth=False, headers=evil, ticket=ticket(pty)),
        "own origin": refused(pty, auth=False, headers={"origin": f"http://{HOST}"}, ticket=ticket(pty)),
        "missing": refused(missing), "missing with ticket": refused(missing, auth=False, ticket=ticket(pty)),
        "location": refused(pty, **{"location[directory]": "/nowhere"}),
        "reader's ticket": http("POST", f"/api/pty/{pty['id']}/connect-token", token=reader)[0],
        "ticket of nothing": http("POST", f"/api/pty/{missing['id']}/connect-token")[1]["_tag"],
        "plain": http("GET", f"/api/pty/{pty['id']}/connect")[0],
    }
    # Other upgrades, and upgrades of what is no WebSocket, are plain requests that run once.
    before = len(data("GET", "/api/pty"))
    body = '{"command":"sleep","args":["1000"],"ttl":600}'
    for name, upgrade in [("h2c", "upgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA"), ("elsewhere", (
            "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="))]:
        with socket.create_connection(("127.0.0.1", int(PORT)), timeout=LIMIT) as raw:
            raw.sendall((f"POST /api/pty HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Bearer {TOKEN}\r\n"
                         f"connection: Upgrade\r\n{upgrade}\r\n"
                         f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}").encode())
            seen[name] = raw.recv(65536).split(b"\r\n")[0].decode()
    seen["opened"] = len(data("GET", "/api/pty")) - before
    return seen


def cleanup():
    """Clients that come and go, politely and not, leave nothing behind."""
    pty = bash("stty -echo; while read x; do echo \"<$x>\"; done")
    # 64 may be connected at a time: the 65th is refused until one is gone.
    held = [open_socket(pty, cursor=-1) for _ in range(64)]
    full = refused(pty)
    for index, ws in enumerate(held):
        if index % 2:
            ws.close()
        else:
            ws.socket.shutdown(socket.SHUT_RDWR)
    for index in range(100):
        ws = until("room", lambda: try_open(pty))
        if index % 10 == 0:
            ws.send(f"{index}\n")
            read_until(ws, f"<{index}>".encode())
        if index % 2:
            ws.close()
        else:
            ws.socket.shutdown(socket.SHUT_RDWR)
    # A terminal with a short ttl lives as long as somebody is connected, and ends when nobody is any more.
    short = bash("sleep 1000", ttl=1)
    with open_socket(short) as ws:
        until("second", lambda started=time.monotonic(): time.monotonic() - started > 2.5)
        alive = info(short)["status"]
        ws.socket.shutdown(socket.SHUT_RDWR)
    until("end of what nobody looks at", lambda: info(short)["status"] == "exited")
    return {"full": full, "alive": alive, "status": info(pty)["status"]}


def try_open(pty):
    try:
        return open_socket(pty, cursor=-1)
    except InvalidStatus:
        return None


def slow():
    """A writer that does not read holds the program up and loses nothing; a viewer is dropped with a gap."""
    size = 24_000_000
    pty = bash(f"stty -onlcr; read x; head -c {size} /dev/zero | tr '\\0' y; exit 0")
    with open_socket(pty, binary=True) as writer:
        writer.send(b"go\n")
        # It stands still when the client's, the network's and our buffers are full.
        def still():
            before = info(pty)["cursor"]
            time.sleep(0.3)
            return before > 1_000_000 and info(pty)["cursor"] == before
        until("stand", still)
        held = info(pty)["cursor"] < size and info(pty)["status"] == "running"
        rest, code, _ = frames(writer)
        count = sum(frame.count(b"y") for frame in rest if isinstance(frame, bytes))
        gaps = [frame for frame in rest if isinstance(frame, str) and "gap" in frame]
    again = bash(f"stty -onlcr; read x; head -c {size} /dev/zero | tr '\\0' y; sleep 1000")
    with open_socket(again, binary=True, role="viewer") as viewer, open_socket(again, cursor=-1) as writer:
        viewer.send(b"ignored\n")
        writer.send("go\n")
        done = 0
        while done < size:
            frame = writer.recv(timeout=LIMIT)
            done += frame.count("y") if isinstance(frame, str) else 0
        seen, viewer_code, _ = frames(viewer)
        last = json.loads(seen[-1]) if isinstance(seen[-1], str) else {}
    return {"held": held, "lost": size - count, "gaps": gaps, "close": code,
            "viewer": [last.get("type"), viewer_code]}


def frames_bad():
    """Frames that break the rules end the connection, and only it."""
    pty = bash("stty -echo; while read x; do echo \"<$x>\"; done")
    codes = {}
    with open_socket(pty) as ws:
        pong = ws.ping()
        codes["pong"] = pong.wait(LIMIT)
        # Text that is not UTF-8, as a masked frame.
        ws.socket.sendall(bytes([0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28]))
        codes["utf8"] = frames(ws)[1]
    with open_socket(pty) as ws:
        ws.socket.sendall(bytes([0x83, 0x80, 0, 0, 0, 0]))
        codes["opcode"] = frames(ws)[1]
    with open_socket(pty) as ws:
        # A frame that says it has 16 MiB.
        ws.socket.sendall(bytes([0x82, 0xFF]) + (1 << 24).to_bytes(8, "big") + bytes(4))
        codes["large"] = frames(ws)[1]
    with open_socket(pty) as ws:
        ws.send("fine\n")
        read_until(ws, b"<fine>")
    return codes


def stop():
    """Prints when it is connected, then what it sees at the end of the server."""
    pty = bash("trap '' HUP TERM; sleep 1000")
    with open_socket(pty) as ws:
        print(json.dumps({"pid": pty["pid"]}), flush=True)
        _, code, reason = frames(ws)
        return {"close": [code, reason]}


def output():
    """Everything that a terminal says, as it is."""
    with open_socket({"id": REST[0]}) as ws:
        for line in REST[1:]:
            ws.send(line + "\n")
        rest, code, _ = frames(ws)
        return {"text": "".join(frame for frame in rest if isinstance(frame, str)), "close": code}


def use():
    """Types, changes the size over HTTP, and removes the terminal."""
    pty = {"id": REST[0]}
    with open_socket(pty) as ws:
        ws.send("hallo ü\n")
        typed, _ = read_until(ws, "got hallo ü\r\n".encode())
        data("PUT", f"/api/pty/{pty['id']}", {"size": {"rows": 50, "cols": 120}, "title": "Big"})
        # An empty line ends the read that a signal may have missed by a hair.
        ws.send("\n")
        resized, _ = read_until(ws, b"50 120\r\n")
        title = info(pty)["title"]
        data("DELETE", f"/api/pty/{pty['id']}")
        _, code, reason = frames(ws)
        return {"title": title, "close": [code, reason]}


def many():
    """Opens, uses and removes terminals; what the server holds afterwards is what it held before."""
    pid = int(REST[0])

    def held():
        return [len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))]

    def one():
        pty = bash("read x; echo \"<$x>\"; exit 0")
        with open_socket(pty) as ws:
            ws.send("a\n")
            frames(ws)
        data("DELETE", f"/api/pty/{pty['id']}")

    one()
    before = held()
    for _ in range(int(REST[1])):
        one()
    until("descriptors", lambda: all(now <= then + 4 for now, then in zip(held(), before)))
    return {"left": len(data("GET", "/api/pty"))}


SCENARIOS = {
    "text": text, "binary": binary, "cursors": cursors, "access": access, "cleanup": cleanup, "slow": slow,
    "frames": frames_bad, "stop": stop, "output": output, "many": many,
    "use": use,
}
print(json.dumps(SCENARIOS[SCENARIO]()), flush=True)
