"""Where the testbed is, and whether this machine can use it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("unshare", "setpriv", "mount", "openssl")
"""What util-linux and OpenSSL bring to most machines."""


def folder() -> Path:
    """Return the folder that ``make testbed`` fills."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MPIAUDIT_TESTBED") or Path(caches, "mpiaudit", "testbed"))


def program(name: str) -> Path:
    """Return the program *name*, ``kube-apiserver-1.34.4`` say; skip the test without it."""
    path = folder() / "bin" / name
    if not path.exists():
        _give_up(f"{path} is not there; `make testbed` builds it")
    return path


def manifest(release: str) -> Path:
    """Return what a user applies to install *release*; skip the test without it."""
    path = folder() / "manifests" / f"{release}.yaml"
    if not path.exists():
        _give_up(f"{path} is not there; `make testbed` renders it")
    return path


def unshare() -> list[str]:
    """Return the command that runs another one in its own network, mounts and host name.

    It skips the test where this is not allowed, or where there are no tools for it.
    """
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        _give_up(f"no {' or '.join(missing)} on this machine")
    command = ["unshare", "--net", "--mount", "--uts"]
    if os.geteuid():
        command.append("--map-root-user")
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        _give_up(f"no right to isolate a controller: {tried.stderr.strip()}")
    return command


def _give_up(reason: str) -> None:
    if os.environ.get("MPIAUDIT_REQUIRE_TESTBED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
