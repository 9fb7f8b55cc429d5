"""A login and a connection at mcp-authlab's server for each of its defects: authlab.py BINARY [FLAG…]

Prints a line for each: exit code of `mcp auth`, exit code of `mcp test`, and the status that `mcp list` shows. Exits 1 when one is not as
EXPECTED says. `refused`: the login must end with 77 and a sentence; `ok`: it must work; `open`: the server wants none.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

BINARY = sys.argv[1]
LAB = os.path.join(os.path.dirname(sys.executable), "mcp-authlab")
# What a client must not accept; every other defect is one that a client cannot see or may live with.
REFUSED = {"wrong_resource", "no_pkce", "no_registration", "drop_iss", "issuer_trailing_slash", "http_as"}
OPEN = {"open"}


def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(home, *arguments, **more):
    environment = {"PATH": "/usr/bin:/bin", "CODETETHER_HOME": home, "HOME": home}
    return subprocess.run([BINARY, *arguments], env=environment, cwd=home, capture_output=True, text=True, timeout=60, **more)


def login(home, name):
    environment = {"PATH": "/usr/bin:/bin", "CODETETHER_HOME": home, "HOME": home}
    child = subprocess.Popen([BINARY, "mcp", "auth", name, "--no-browser"], env=environment, cwd=home, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = []
    for line in child.stderr:
        lines.append(line.strip())
        if line.startswith("http"):
            try:
                urllib.request.urlopen(line.strip(), timeout=20).read()
            except Exception as error:
                lines.append(f"browser: {error}")
                child.send_signal(signal.SIGINT)
    code = child.wait(timeout=60)
    return code, " ".join(lines)[-240:]


def check(flag):
    port = free()
    lab = subprocess.Popen([LAB, "fixture", "--auto-consent", "--port", str(port)] + (["--flag", flag] if flag else []),
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        with tempfile.TemporaryDirectory() as home:
            run(home, "mcp", "add", "lab", "--url", f"http://127.0.0.1:{port}/mcp")
            code, said = login(home, "lab")
            test = run(home, "mcp", "test", "lab").returncode
            status = json.loads(run(home, "mcp", "list", "--json").stdout)[0]["status"]
    finally:
        lab.terminate()
        lab.wait()
    if flag in REFUSED:
        good = code == 77 and status == "needs_auth"
    elif flag in OPEN:
        good = code != 0 and status == "connected"
    else:
        good = code == 0 and test == 0 and status == "connected"
    print(f"{'ok ' if good else 'BAD'} {flag or 'none':22} auth {code:3} test {test:3} {status:12} {'' if code == 0 else said}", flush=True)
    return good


if __name__ == "__main__":
    from mcp_authlab.fixture import DEFECTS

    flags = sys.argv[2:] or [""] + list(DEFECTS)
    bad = [flag for flag in flags if not check(flag)]
    print(f"{len(flags) - len(bad)} of {len(flags)} as they must be" + (f"; not: {', '.join(bad)}" if bad else ""))
    sys.exit(1 if bad else 0)
