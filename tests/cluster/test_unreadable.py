"""An object that the API server cannot read itself: the list fails, and the rest is judged."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from click.testing import CliRunner

from cluster.alone import MPIJOBS, alone, define
from cluster.client import Client, RefusedError, eventually
from cluster.jobs import mpijob, with_field
from cluster.plane import Plane
from mpiaudit import engine
from mpiaudit.cli import commands

LAUNCHERS = ("spec", "mpiReplicaSpecs", "Launcher", "replicas")
CONVERT = "HTTP 500: request to convert CR from an invalid group/version: kubeflow.org/v1"
UNKNOWN = 'HTTP 500: no kind "Deployment" is registered for version "apps/v9" in scheme'


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """Return a control plane with an MPIJob and a Deployment that nobody can read any more."""
    with alone(tmp_path_factory.mktemp("spoilt")) as (plane, admin):
        define(admin)
        for space in ("team-a", "team-b", "team-c"):
            admin.create("/api/v1/namespaces", {"metadata": {"name": space}})
        wrong = with_field(mpijob("two-launchers", "team-b"), 2, *LAUNCHERS)
        admin.create("/apis/kubeflow.org/v2beta1/namespaces/team-b/mpijobs", wrong)
        _spoil(plane, admin)
        yield plane


def _spoil(plane: Plane, admin: Client) -> None:
    """Store a v1 job where v1 is no longer defined, and a Deployment of a version to come."""
    job = mpijob("old", "team-a") | {"apiVersion": "kubeflow.org/v1"}
    plane.put("/registry/kubeflow.org/mpijobs/team-a/old", json.dumps(job).encode())
    named = {"name": "new", "namespace": "team-c"}
    deployment = {"apiVersion": "apps/v9", "kind": "Deployment", "metadata": named}
    plane.put("/registry/deployments/team-c/new", json.dumps(deployment).encode())
    for path in (MPIJOBS, "/apis/apps/v1/deployments"):
        eventually(partial(_fails, admin, path), f"{path} cannot be listed")


def _fails(admin: Client, path: str) -> bool:
    try:
        admin.get(path)
    except RefusedError as error:
        return error.status == 500
    return False


def test_an_unreadable_object_is_looked_for(spoilt: Plane) -> None:
    """The API server does not say where it is, and `kubectl get -A` fails the same way."""
    report = _scan(spoilt)

    reasons = {kind: gap["reason"] for kind, gap in report["gaps"].items()}
    assert reasons["jobs"] == f"listing mpijobs broke off after 1: {CONVERT} (in team-a)"
    assert reasons["controllers"].startswith(f"listing deployments broke off after 0: {UNKNOWN}")
    assert reasons["controllers"].endswith(" (in team-c)")


def test_other_namespaces_can_still_be_judged(spoilt: Plane) -> None:
    """A team is not to wait until somebody has mended another team's job."""
    report = _scan(spoilt, "-n", "team-b")

    assert "jobs" not in report["gaps"]
    assert {f["rule"] for f in report["findings"]} == {"MPA085"}


def test_an_unreadable_object_is_never_a_pass(spoilt: Plane) -> None:
    """What stands in the object is unknown, and so is every rule that needs its kind."""
    report = _scan(spoilt)

    needs = {rule.id: set(rule.needs) for rule in engine.load_rules()}
    unread = {"jobs", "controllers"}
    assert unread <= set(report["gaps"])
    assert not [rule for rule in report["passed"] if unread & needs[rule]]
    assert report["complete"] is False


def _scan(plane: Plane, *more: str) -> dict[str, Any]:
    """Return what a scan prints that finds nothing critical, and knows that it is incomplete."""
    path = str(plane.kubeconfig("admin"))
    arguments = ["scan", "--kubeconfig", path, "--fail-on", "critical", "-o", "json", *more]
    done = CliRunner().invoke(commands, arguments, standalone_mode=False)
    assert (done.return_value, done.stderr) == (3, "")
    report: dict[str, Any] = json.loads(done.stdout)
    return report
