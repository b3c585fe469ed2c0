"""Users who sign in by a program, on a real API server: what it says, and what it does not."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cluster.cluster import Cluster
from cluster.test_credentials import config, read, scan
from mpiaudit.cli import run

MPIAUDIT = (sys.executable, "-m", "mpiaudit")

COUNTS = """\
#!/bin/sh
echo once >> runs
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
"status": {"token": "'$1'", "expirationTimestamp": "2020-01-01T00:00:00Z"}}'
"""

ONCE = COUNTS.replace("echo once", "test -e runs && { echo session over >&2; exit 1; }\necho once")

FAILS = """\
#!/bin/sh
echo 'Traceback of some program' >&2
echo 'log in first: vault login' >&2
exit 3
"""


def plugin(folder: Path, script: str, *arguments: str) -> dict[str, Any]:
    """Return a user who signs in by *script*, which stands beside the kubeconfig."""
    (folder / "plugin").write_text(script)
    (folder / "plugin").chmod(0o700)
    call = {"command": "./plugin", "args": arguments, "interactiveMode": "IfAvailable"}
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", **call}}


def test_a_token_that_expired_is_asked_for_again(served: Cluster, tmp_path: Path) -> None:
    """A long scan outlives the quarter of an hour that a cloud's token lives."""
    user = plugin(tmp_path, COUNTS, served.plane.token)

    assert read(scan(config(served, tmp_path / "config", user)))
    assert len((tmp_path / "runs").read_text().splitlines()) > 1


def test_a_session_that_ends_is_no_noise(served: Cluster, tmp_path: Path) -> None:
    """The last token is tried to the end, and the report is all that is printed."""
    user = plugin(tmp_path, ONCE, served.plane.token)
    path = config(served, tmp_path / "config", user)

    done = subprocess.run(
        [*MPIAUDIT, "scan", "--kubeconfig", str(path), "-o", "json"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout)["complete"] is True
    assert done.stderr == ""


def test_a_plug_in_that_fails_is_one_line(
    served: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it says last is what is to be done."""
    path = config(served, tmp_path / "config", plugin(tmp_path, FAILS))

    code = run(["scan", "--kubeconfig", str(path)])

    assert code == 3
    assert capfd.readouterr().err == (
        "mpiaudit: context 'admin': the exec plug-in ./plugin failed: log in first: vault login\n"
    )


def test_a_plug_in_that_fails_on_a_terminal(served: Cluster, tmp_path: Path) -> None:
    """There it has said itself what is wrong."""
    path = config(served, tmp_path / "config", plugin(tmp_path, FAILS))

    shown = terminal([*MPIAUDIT, "scan", "--kubeconfig", str(path)])

    assert "log in first: vault login" in shown
    assert "the exec plug-in ./plugin failed: see above" in shown
    assert "NoneType" not in shown


def terminal(command: list[str]) -> str:
    """Return what *command* shows on a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # which is how a terminal says that nobody writes to it any more
        done.wait()
    os.close(ours)
    return shown.decode()
