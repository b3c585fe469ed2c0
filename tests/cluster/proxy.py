"""A proxy in front of an API server."""

import socket

from cluster.cell import join
from cluster.door import Door


class Proxy:
    """An HTTP proxy that knows CONNECT, on a port of its own; every name is loopback to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._door = Door(self._tunnel)
        self.port = self._door.port

    def close(self) -> None:
        """Take no more connections."""
        self._door.close()

    def _tunnel(self, near: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += near.recv(1)
        verb, target, _ = head.split(b"\r\n")[0].decode().split()
        self.asked.append(f"{verb} {target}")
        port = int(target.rpartition(":")[2])
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        join(near, socket.create_connection(("127.0.0.1", port)))
