"""The API server goes away while it is read: the report claims nothing that was not seen."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cluster.alone import alone, define
from cluster.door import Door
from cluster.jobs import mpijob
from cluster.plane import Plane
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
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> int:
        """Return the port to ask instead of the API server's."""
        self._door = Door(self._join)
        return self._door.port

    def __exit__(self, *_: object) -> None:
        """Take no more connections, and wait for those there are."""
        self._door.close()

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
                self._door.refuse()
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
    with alone(tmp_path) as (plane, admin):
        define(admin)
        for number in range(12):
            admin.create(JOBS, mpijob(f"job-{number}", "default"))
        yield plane


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
