"""Run one program as a pod would: its own loopback, host name, /tmp and ServiceAccount.

The harness starts this file by ``unshare`` with a `Cell` as JSON on standard input; the exit code
is the program's. It uses nothing but the standard library.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

SOCKET = "api.sock"
"""The unix socket in `Cell.relay` behind which the API server is."""

ACCOUNT = Path("/run/secrets/kubernetes.io/serviceaccount")
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40
PR_SET_PDEATHSIG = 1


class Cell(TypedDict):
    """What a kubelet knows of a container."""

    program: str
    argv: list[str]
    """The first word is the program's name in its image: managedFields show it."""

    env: dict[str, str]
    host: str
    account: dict[str, str]
    """The files of the ServiceAccount: ``token``, ``namespace``, ``ca.crt``."""

    tmp: str
    """The folder that the program sees as /tmp."""

    relay: str
    """The folder with the relay's socket."""

    port: int
    """Where the API server listens, inside as outside."""


def relay(listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
    """Pass on whatever connects to *listener*, until it is closed."""

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = connect()
            except OSError:
                near.close()
                continue
            threading.Thread(target=join, args=(near, far), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def join(near: socket.socket, far: socket.socket) -> None:
    """Pass on what either says until both are silent."""
    with near, far:
        answers = threading.Thread(target=_copy, args=(far, near), daemon=True)
        answers.start()
        _copy(near, far)
        answers.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
        source.shutdown(socket.SHUT_RD)


def main() -> int:
    """Run the cell that standard input describes, and return the program's exit code."""
    cell: Cell = json.load(sys.stdin)
    program = os.open(cell["program"], os.O_RDONLY)
    folder = os.open(cell["relay"], os.O_PATH)
    _loopback()
    socket.sethostname(cell["host"])
    _mount(cell)

    def api() -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        return far

    listener = socket.create_server(("127.0.0.1", cell["port"]))
    child = subprocess.Popen(
        cell["argv"],
        executable=f"/proc/self/fd/{program}",
        pass_fds=[program],
        stdin=subprocess.DEVNULL,
        env=cell["env"],
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread is running yet
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.terminate())
    relay(listener, api)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _loopback() -> None:
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)


def _mount(cell: Cell) -> None:
    for command in (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "tmpfs", "/run"],
        ["mount", "--bind", cell["tmp"], "/tmp"],  # noqa: S108 - it is the mount point
    ):
        subprocess.run(command, check=True)
    ACCOUNT.mkdir(parents=True)
    for name, content in cell["account"].items():
        (ACCOUNT / name).write_text(content)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    raise SystemExit(main())
