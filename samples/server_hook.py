#!/usr/bin/env python3
"""server_hook.py SOCKET [REFUSED...]: a hook of qpc-server (docs/reference/hooks.md).

It prints what the server tells, and refuses names that begin with one of REFUSED. The server is run with
--hook unix:SOCKET --hook-registration refuse (or allow: what happens while this program is away).
"""
import json
import os
import socket
import sys
import threading


def answer(question, refused):
    """What the server is told of somebody who wants to register."""
    if any(question["user"].startswith(name) for name in refused):
        return {"id": question["id"], "allow": False, "reason": "this name is kept for the house"}
    return {"id": question["id"], "allow": True}


def serve(connection, refused):
    """One process of the server, until it ends."""
    try:
        with connection, connection.makefile("rwb") as lines:
            for line in lines:
                said = json.loads(line)
                if said.get("ask") == "register":
                    lines.write(json.dumps(answer(said, refused)).encode() + b"\n")
                    lines.flush()
                elif "event" in said:
                    print(json.dumps(said), flush=True)
    except OSError:
        pass  # The server ended between a question and its answer; it connects again.


def main():
    path, refused = sys.argv[1], sys.argv[2:]
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        os.chmod(path, 0o660)
        listener.listen()
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], refused), daemon=True).start()


if __name__ == "__main__":
    main()
