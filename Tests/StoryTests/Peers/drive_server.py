"""Drives an MCP server of ours with the `mcp` package of PyPI: drive_server.py FILE stdio COMMAND… | FILE http URL TOKEN

Prints one JSON line: the version agreed on, the tools, what reading FILE gave and whether a shell command was refused.
"""
import asyncio
import json
import os
import sys

path, transport, rest = sys.argv[1], sys.argv[2], sys.argv[3:]


def summary(version, tools, read, denied):
    print(json.dumps({
        "version": version, "tools": [tool.name for tool in tools], "text": read.content[0].text,
        "denied": bool(getattr(denied, "is_error", None) or getattr(denied, "isError", None)) and denied.content[0].text}))


async def exercise(client, version):
    tools = (await client.list_tools()).tools
    read = await client.call_tool("read", {"filePath": path})
    denied = await client.call_tool("bash", {"command": "touch made"})
    summary(version, tools, read, denied)


async def second():
    from mcp import Client, StdioServerParameters

    if transport == "stdio":
        async with Client(StdioServerParameters(command=rest[0], args=rest[1:], env=dict(os.environ))) as client:
            await exercise(client, client.protocol_version)
    else:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        http = httpx2.AsyncClient(headers={"Authorization": f"Bearer {rest[1]}"})
        async with Client(streamable_http_client(rest[0], http_client=http)) as client:
            await exercise(client, client.protocol_version)


async def first():
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamablehttp_client

    if transport == "stdio":
        way = stdio_client(StdioServerParameters(command=rest[0], args=rest[1:], env=dict(os.environ)))
    else:
        way = streamablehttp_client(rest[0], headers={"Authorization": f"Bearer {rest[1]}"})
    async with way as streams, ClientSession(streams[0], streams[1]) as session:
        agreed = await session.initialize()
        await exercise(session, agreed.protocolVersion)


try:
    from mcp import Client  # noqa: F401

    main = second
except ImportError:
    main = first
asyncio.run(main())
