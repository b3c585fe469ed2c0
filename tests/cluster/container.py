"""A real controller in a cell, as the container of a pod."""

import json
import subprocess
import sys
import time
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from cluster import bed, cell
from cluster.client import Body, Client, RefusedError
from cluster.plane import Plane

BACK_OFF = 1.0
"""Seconds before a program that ended starts again; a real kubelet waits 10 s, then longer."""

NOT_STARTED = 128
"""The exit code of a container that could not start.

containerd/containerd v1.7.0 pkg/cri/server/helpers.go (``errorStartExitCode``).
"""


@dataclass(frozen=True, slots=True)
class Program:
    """What an image starts."""

    binary: str
    """As ``tools/testbed/binaries.toml`` names it: ``mpi-operator-0.8.0``."""

    entry_point: str
    """The image's own, and all that is in it: ``/opt/mpi-operator``, ``/manager``."""


@dataclass
class Container:
    """The program of one pod: started again whenever it ends."""

    plane: Plane
    admin: Client
    pod: Body
    program: Program
    folder: Path
    exits: list[int] = field(default_factory=list)
    """The exit codes of its ended lives."""

    _process: subprocess.Popen[bytes] | None = None
    _resume: float = 0.0

    @property
    def running(self) -> bool:
        """Whether its program runs."""
        return self._process is not None

    @property
    def log(self) -> str:
        """What all its lives have said."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def fault(self) -> str:
        """Why it cannot start; empty where it can."""
        path = self._command()[0]
        if path == self.program.entry_point:
            return ""
        return f'exec: "{path}": stat {path}: no such file or directory'

    def tend(self) -> bool:
        """Start what is due, note what ended; return whether anything changed."""
        self._bring_secrets()
        if self._process is None:
            if time.monotonic() < self._resume:
                return False
            if self.fault:
                self._end(NOT_STARTED)
            else:
                self._process = self._start()
            return True
        code = self._process.poll()
        if code is None:
            return False
        self._end(code)
        return True

    def _end(self, code: int) -> None:
        self.exits.append(code)
        self._process = None
        self._resume = time.monotonic() + BACK_OFF

    def stop(self, patience: float = 5) -> None:
        """End the program and wait for it: gently for *patience* seconds, and then not."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._resume = float("inf")

    def _start(self) -> subprocess.Popen[bytes]:
        (self.folder / "tmp").mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*bed.unshare(), "setpriv", "--pdeathsig", "KILL", sys.executable, cell.__file__],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        stdin: IO[bytes] = process.stdin  # type: ignore[assignment]  # it is a pipe
        with stdin:
            stdin.write(json.dumps(self._cell()).encode())
        return process

    def _cell(self) -> cell.Cell:
        spec, meta = self.pod["spec"]["containers"][0], self.pod["metadata"]
        env = {variable["name"]: _value(variable, meta) for variable in spec.get("env", ())}
        return {
            "program": str(bed.program(self.program.binary)),
            "argv": [*self._command(), *spec.get("args", ())],
            "env": {
                "HOME": "/",
                "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(self.plane.port),
                **env,
            },
            "host": meta["name"],
            "account": {
                "token": self._token(),
                "namespace": meta["namespace"],
                "ca.crt": self.plane.certificate.read_text(),
            },
            "tmp": str(self.folder / "tmp"),
            "relay": str(self.plane.folder),
            "port": self.plane.port,
        }

    def _command(self) -> list[str]:
        return list(self.pod["spec"]["containers"][0].get("command") or [self.program.entry_point])

    def _token(self) -> str:
        account = self.pod["spec"].get("serviceAccountName") or "default"
        space = self.pod["metadata"]["namespace"]
        path = f"/api/v1/namespaces/{space}/serviceaccounts/{account}/token"
        answer = self.admin.create(path, {"spec": {"expirationSeconds": 3600}})
        return str(answer["status"]["token"])

    def _bring_secrets(self) -> None:
        """Put the Secrets that are mounted below /tmp where the program looks for them."""
        volumes = {
            v["name"]: v["secret"] for v in self.pod["spec"].get("volumes", ()) if "secret" in v
        }
        for mount in self.pod["spec"]["containers"][0].get("volumeMounts", ()):
            path = mount["mountPath"]
            if mount["name"] not in volumes or not path.startswith("/tmp/"):  # noqa: S108
                continue
            space, name = self.pod["metadata"]["namespace"], volumes[mount["name"]]["secretName"]
            try:
                secret = self.admin.get(f"/api/v1/namespaces/{space}/secrets/{name}")
            except RefusedError:
                continue
            target = self.folder / path.removeprefix("/")
            target.mkdir(parents=True, exist_ok=True)
            for file, content in (secret.get("data") or {}).items():
                if not (target / file).exists():
                    (target / file).write_bytes(b64decode(content))


def _value(variable: Body, meta: Body) -> str:
    """Return the value of an environment variable, from the pod's metadata if it says so."""
    if "valueFrom" not in variable:
        return str(variable.get("value", ""))
    path = variable["valueFrom"]["fieldRef"]["fieldPath"]
    return str(meta[path.removeprefix("metadata.")])
