"""A proxy in front of an API server."""

import socket
import threading
from contextlib import suppress

from cluster.cell import join


class Proxy:
    """An HTTP proxy that knows CONNECT, on a port of its own; every name is loopback to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(near,), daemon=True).start()

    def _tunnel(self, near: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += near.recv(1)
        verb, target, _ = head.split(b"\r\n")[0].decode().split()
        self.asked.append(f"{verb} {target}")
        port = int(target.rpartition(":")[2])
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        join(near, socket.create_connection(("127.0.0.1", port)))
