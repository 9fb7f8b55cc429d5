"""Runs an MCP server and writes what goes over the pipe to a file: tee_peer.py LOG COMMAND…  (`> ` to the server, `< ` from it)"""
import subprocess
import sys
import threading

lock = threading.Lock()
log = open(sys.argv[1], "ab", buffering=0)
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def copy(source, target, mark):
    for line in iter(source.readline, b""):
        with lock:
            log.write(mark + line)
        target.write(line)
        target.flush()


back = threading.Thread(target=copy, args=(child.stdout, sys.stdout.buffer, b"< "), daemon=True)
back.start()
copy(sys.stdin.buffer, child.stdin, b"> ")
child.stdin.close()
sys.exit(child.wait())
