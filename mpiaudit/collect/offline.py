"""Run a program of the user on files that nobody vouches for: offline, and within limits."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, NamedTuple

_NOWHERE = "http://127.0.0.1:9"
_OFFLINE = {
    **dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), _NOWHERE),
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
    "GIT_ALLOW_PROTOCOL": "none",
    "HELM_NO_PLUGINS": "1",
    "KUBERC": "off",
    "KUBECONFIG": f"{os.devnull}/none",
}
"""An environment in which nothing is fetched and no plug-in is loaded, should one be asked for."""

_GLANCE = 0.05
"""Seconds between two looks at how much a program has printed."""

_SAID = 4096
"""Bytes at the end of what a program says of itself that are repeated."""


class Limits(NamedTuple):
    """What a program may use before it is ended."""

    seconds: float = 120
    size: int = 1 << 28
    """Bytes that it may print."""


def find(name: str) -> str | None:
    """Return the path of a program; None where none is on PATH.

    Entries of PATH that depend on the current folder count for nothing: it may be a stranger's.
    """
    import shutil  # noqa: PLC0415 - slow to load

    return shutil.which(name, path=_path())


def run(command: Sequence[str], folder: str, limits: Limits | None = None) -> tuple[str, str]:
    """Return what *command* prints in *folder*, and in one line why it failed, if it did."""
    name = os.path.basename(command[0])  # noqa: PTH119 - as all of collect
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603 - the user's own helm or kustomize
                command,
                cwd=folder,
                env={**os.environ, **_OFFLINE, "PATH": _path()},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                start_new_session=True,
            )
        except OSError as error:
            return "", f"{name}: {error.strerror or error}"
        if why := _exceeded(process, (printed, said), limits or Limits()):
            return "", f"{name}: {why}"
        if process.returncode:
            said.seek(max(said.seek(0, os.SEEK_END) - _SAID, 0))
            words = " ".join(said.read().decode(errors="replace").split())
            return "", f"{name}: {words or f'exit code {process.returncode}'}"
        printed.seek(0)
        return printed.read().decode(errors="replace"), ""


def _exceeded(
    process: subprocess.Popen[bytes], outputs: Sequence[IO[bytes]], limits: Limits
) -> str:
    """Wait for *process*; return the limit that it exceeded, for which it was ended, if any."""
    end = time.monotonic() + limits.seconds
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GLANCE)
            if any(os.fstat(one.fileno()).st_size > limits.size for one in outputs):
                return f"prints more than {limits.size} bytes"
            if process.returncode is not None:
                return ""
            if time.monotonic() >= end:
                return f"not done after {limits.seconds:g} seconds"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _path() -> str:
    """Return PATH without the entries that depend on the current folder."""
    return os.pathsep.join(filter(os.path.isabs, os.get_exec_path()))
