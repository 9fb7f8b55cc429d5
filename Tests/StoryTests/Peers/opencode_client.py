"""Uses codetether through OpenCode's typed Python client, as any program written for OpenCode 2.1 does.

usage: opencode_client.py BINARY DIRECTORY
The client starts the server itself (`serve --stdio`). Every answer is decoded into the client's pydantic models, strictly
where it has them. Prints one JSON line of what it saw; any exception is a failure with its traceback.
"""

import json
import sys
import time

from opencode import OpencodeServer

binary, directory = sys.argv[1:3]
seen = {}


def until(what, probe, seconds=30):
    """Asks until there is an answer; the model and the ask arrive when they arrive."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.05)
    raise SystemExit(f"no {what} within {seconds} s")


with OpencodeServer(binary=binary, cwd=directory) as server:
    seen["loopback"] = server.url.startswith("http://127.0.0.1:")
    with server.client(directory=directory) as client:
        session = client.session.create(title="From the SDK")
        seen["created"] = session.id.startswith("ses_")
        receipt = client.session.prompt(session.id, text="Write the notes")
        seen["receipt"] = receipt.session_id == session.id
        ask = until("ask", lambda: client.permission.list(session.id))[0]
        seen["ask"] = ask.action
        client.permission.reply(session.id, ask.id, decision="once")
        client.session.wait(session.id)
        messages = list(client.message.list(session.id))
        seen["messages"] = sorted(message.type for message in messages)
        seen["answer"] = [
            item.text
            for message in messages
            if message.type == "assistant"
            for item in message.content
            if item.type == "text"
        ]
        seen["listed"] = session.id in [other.id for other in client.session.list()]
        fork = client.session.fork(session.id)
        seen["forked"] = fork.id != session.id
        seen["copied"] = len(list(client.message.list(fork.id))) == len(messages)

        pty = client.pty.create(command="bash", args=["-c", "read x; stty size; echo \"got $x\"; exit 3"], title="SDK").data
        seen["pty"] = [pty.status, pty.title, pty.pid > 0]
        seen["ptys"] = pty.id in [other.id for other in client.pty.list().data]
        with client.pty.attach(pty.id) as terminal:
            terminal.resize(120, 50)
            terminal.send("grüße\n")
            output = b"".join(iter(lambda: terminal.recv(timeout=30), None)).decode()
            seen["output"] = output.replace("\r\n", "\n")
            seen["cursor"] = terminal.cursor is not None
            seen["close"] = terminal.close_code
        after = client.pty.get(pty.id).data
        seen["exit"] = [after.status, after.exit_code]
        with client.pty.attach(pty.id, cursor=len(output.encode()) - 5) as terminal:
            seen["replay"] = b"".join(iter(lambda: terminal.recv(timeout=30), None)).decode()
        client.pty.remove(pty.id)
        try:
            client.pty.get(pty.id)
        except Exception as error:  # the client's own class for it
            seen["removed"] = type(error).__name__
    process = server.process
seen["stopped"] = process.returncode
print(json.dumps(seen))
