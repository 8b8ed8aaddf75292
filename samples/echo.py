#!/usr/bin/env python3
"""echo.py [SOCKET]: answers every direct message with its own text.

One connection brings events, another one carries requests. Nothing but Python is needed; docs/reference/control.md says what is
written and read here.
"""
import json
import os
import socket
import sys

PREFIX = "echo: "


def connect(path):
    """A connection to the daemon, a line of JSON each way."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    return connection.makefile("rw", encoding="utf-8", newline="\n")


def write(stream, request):
    stream.write(json.dumps(request) + "\n")
    stream.flush()


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("QPC_MESH_CONTROL", "/var/lib/qpc-mesh/control.sock")
    events, requests = connect(path), connect(path)
    write(events, {"command": "events"})
    for line in events:
        message = json.loads(line)
        if message.get("event") != "message":
            continue
        message = message["message"]
        # Not in groups, and no echo of an echo: two such bots would never end.
        if "group" in message or message["text"].startswith(PREFIX):
            continue
        write(requests, {"command": "send", "to": message["peer"], "text": PREFIX + message["text"]})
        reply = json.loads(requests.readline() or '{"ok":false,"error":"the daemon went away"}')
        print(message["peer"], reply["result"]["state"] if reply["ok"] else reply["error"], file=sys.stderr)


if __name__ == "__main__":
    main()
