"""A baseline of a live cluster."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from collect.server import Fault, kubeconfig, serve
from collect.small import cluster
from mpiaudit.cli import commands


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpiaudit.collect.api.PAUSE", 0)


def call(*arguments: str) -> Result:
    """Return what ``mpiaudit`` does with *arguments*."""
    return CliRunner().invoke(commands, arguments, standalone_mode=False)


def test_a_cluster_is_held_against_its_baseline(tmp_path: Path) -> None:
    """The options are those of a scan; what is known then is known again."""
    path = str(tmp_path / "base.json")
    with serve(cluster()) as server:
        config = kubeconfig(tmp_path / "config", server)

        wrote = call("baseline", "write", path, "--kubeconfig", config)
        again = call("scan", "--kubeconfig", config, "--baseline", path, "-o", "json")

    counts = json.loads(again.output)["baseline"]
    assert (wrote.return_value, again.return_value) == (0, 0)
    assert (counts["new"], counts["gone"], counts["unjudged"]) == (0, 0, 0)
    assert counts["known"] > 0


def test_a_cluster_that_hides_something_has_no_baseline(tmp_path: Path) -> None:
    """What was refused would be new as soon as it may be read."""
    path = tmp_path / "base.json"
    with serve(cluster(), Fault("/secrets", 403)) as server:
        config = kubeconfig(tmp_path / "config", server)

        refused = call("baseline", "write", str(path), "--kubeconfig", config)

    assert refused.return_value == 3
    assert not path.exists()


def test_what_is_refused_now_is_not_gone(tmp_path: Path) -> None:
    """A permission that was taken away fixes nothing."""
    path = str(tmp_path / "base.json")
    with serve(cluster()) as server:
        config = kubeconfig(tmp_path / "config", server)
        call("baseline", "write", path, "--kubeconfig", config)
    with serve(cluster(), Fault("/mpijobs", 403)) as server:
        config = kubeconfig(tmp_path / "config", server)

        done = call("scan", "--kubeconfig", config, "--baseline", path, "-o", "json")

    counts = json.loads(done.output)["baseline"]
    assert done.return_value == 3
    assert counts["unjudged"] > 0
