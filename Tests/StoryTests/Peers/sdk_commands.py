"""Lists and runs commands through OpenCode's typed Python client. usage: sdk_commands.py BINARY DIRECTORY

The client starts the server itself. Prints one JSON line of what it saw.
"""
import json
import sys

from opencode import OpencodeServer

binary, directory = sys.argv[1:3]
seen = {}


def refused(name, text):
    try:
        client.session.command(session.id, name=name, text=text)
    except Exception as error:  # the client's own class for it
        return error
    return None


with OpencodeServer(binary=binary, cwd=directory) as server:
    with server.client(directory=directory) as client:
        session = client.session.create(title="Commands")
        seen["commands"] = [command.name for command in client.command.list().data]
        client.session.command(session.id, name="peer:review", text="a b")
        client.session.wait(session.id)
        messages = list(client.message.list(session.id))
        seen["users"] = [message.text for message in messages if message.type == "user"]
        seen["answers"] = [item.text for message in messages if message.type == "assistant" for item in message.content if item.type == "text"]
        seen["unknown"] = type(refused("peer:reviw", "")).__name__
        seen["missing"] = type(refused("peer:review", "")).__name__
print(json.dumps(seen))
