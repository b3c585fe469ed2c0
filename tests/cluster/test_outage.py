"""The API server goes away while it is read: the report claims nothing that was not seen."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cluster import bed
from cluster.client import eventually
from cluster.jobs import mpijob
from cluster.plane import RELEASE, Plane
from cluster.releases import definition
from cluster.sweep import CRDS
from mpiaudit import engine
from mpiaudit.cli import commands

JOBS = "/apis/kubeflow.org/v2beta1/namespaces/default/mpijobs"


OUTAGE = r"the API server at https://127\.0\.0\.1:\d+ went away \(.*refused.*\); scan again"


@dataclass
class Fuse:
    """A way to the API server that kills it when so many bytes of answers have passed."""

    plane: Plane
    limit: float
    passed: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> int:
        """Return the port to ask instead of the API server's."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        """Take no more connections, and wait for those there are."""
        self._refuse()
        for thread in self._threads:
            thread.join()

    def _refuse(self) -> None:
        """Take no more connections, as a port where nobody listens."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                thread = threading.Thread(target=self._join, args=(near,))
                thread.start()
                self._threads.append(thread)

    def _join(self, near: socket.socket) -> None:
        """Pass on what the API server says, if it is there, until either end is silent."""
        api = ("127.0.0.1", self.plane.port)
        with near, suppress(OSError), socket.create_connection(api) as far:
            asks = threading.Thread(target=_copy, args=(near, far))
            asks.start()
            _copy(far, near, self._blows)
            asks.join()

    def _blows(self, count: int) -> bool:
        with self._lock:
            self.passed += count
            if self.passed > self.limit:
                self.plane.kill_server()
                self._refuse()
            return self.passed > self.limit


def _copy(
    source: socket.socket, target: socket.socket, blows: Callable[[int], bool] | None = None
) -> None:
    with suppress(OSError):
        while (block := source.recv(4096)) and not (blows and blows(len(block))):
            target.sendall(block)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Plane]:
    """Return a control plane of this test alone, with a CRD and a dozen jobs."""
    bed.unshare()
    for name in ("etcd", f"kube-apiserver-{RELEASE}", f"kube-controller-manager-{RELEASE}"):
        bed.program(name)
    plane = Plane(tmp_path)
    try:
        plane.start()
        with closing(plane.client()) as admin:
            admin.create(CRDS, definition("mpi-operator-0.8.0"))
            eventually(lambda: admin.find(JOBS), "MPIJobs are served")
            for number in range(12):
                admin.create(JOBS, mpijob(f"job-{number}", "default"))
        yield plane
    finally:
        plane.stop()


@pytest.mark.parametrize("share", [0.15, 0.5, 0.85])
def test_killed_in_the_middle(lonely: Plane, share: float) -> None:
    """Half a cluster is not a healthy one, and an outage is no traceback."""
    whole_way = Fuse(lonely, float("inf"))
    whole = _scan(lonely, whole_way)
    assert json.loads(whole.stdout)["complete"] is True, whole.stdout

    half = _scan(lonely, Fuse(lonely, whole_way.passed * share))

    report = json.loads(half.stdout)
    assert half.return_value == 3
    assert report["complete"] is False
    assert half.stderr == ""
    unread = set(report["gaps"])
    reasons = {gap["reason"] for gap in report["gaps"].values() if gap["unreadable"]}
    assert all(re.search(OUTAGE, reason) for reason in reasons), reasons
    assert len({reason[reason.index("the API") :] for reason in reasons}) == 1
    needs = {rule.id: set(rule.needs) for rule in engine.load_rules()}
    assert unread
    assert not [rule for rule in report["passed"] if unread & needs[rule]]
    assert {f["rule"] for f in report["findings"]} <= _said(whole)


def _said(result: Result) -> set[str]:
    return {f["rule"] for f in json.loads(result.stdout)["findings"]}


def _scan(plane: Plane, way: Fuse) -> Result:
    """Scan in small pages, by this way."""
    with way as port:
        path = plane.kubeconfig("admin")
        config = json.loads(path.read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
        path.write_text(json.dumps(config))
        arguments = ["scan", "--kubeconfig", str(path), "--chunk-size", "1", "-o", "json"]
        arguments += ["--fail-on", "critical"]
        return CliRunner().invoke(commands, arguments, standalone_mode=False)
