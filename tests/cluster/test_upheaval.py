"""A cluster that changes while it is read: what is under way is told, and never passed over."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner

from cluster.alone import alone, define
from cluster.client import Body, Client, eventually
from cluster.jobs import mpijob
from cluster.plane import Plane
from cluster.releases import definition, shipped
from cluster.sweep import CRDS
from mpiaudit import engine
from mpiaudit.cli import commands

MPIJOBS = f"{CRDS}/mpijobs.kubeflow.org"
SQUATTER = f"{CRDS}/mpijobz.kubeflow.org"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
JOBS = "/apis/kubeflow.org/v2beta1/namespaces/{}/mpijobs"
IMAGE = "mpioperator/mpi-operator:{}"


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plane, Client]]:
    """Return a control plane of the module's own; what a test needs in it, it makes."""
    with alone(tmp_path_factory.mktemp("restless")) as (plane, admin):
        yield plane, admin


def _operator() -> Body:
    """Return mpi-operator's Deployment, whose pods nobody starts."""
    deployment = next(d for d in shipped("mpi-operator-0.8.0") if d["kind"] == "Deployment")
    del deployment["metadata"]["namespace"]
    del deployment["spec"]["template"]["spec"]["serviceAccountName"]
    return deployment


def _of_release(deployment: Body, release: str) -> Body:
    template = deployment["spec"]["template"]
    template["spec"]["containers"][0]["image"] = IMAGE.format(release)
    return deployment


def test_a_rollout_is_told(restless: tuple[Plane, Client]) -> None:
    """The Deployment names 0.8.0 while the pod that works is still of 0.6.0."""
    plane, admin = restless
    path = f"{DEPLOYMENTS}/mpi-operator"
    admin.create(DEPLOYMENTS, _of_release(_operator(), "0.6.0"))
    eventually(lambda: admin.get(path)["status"].get("replicas") == 1, "there is a pod")
    admin.merge(path, {"spec": _of_release(admin.get(path), "0.8.0")["spec"]})
    eventually(lambda: admin.get(path)["status"].get("replicas") == 2, "there is another pod")

    _, report = _scan(plane)
    admin.delete(path)

    (found,) = [f for f in report["findings"] if f["rule"] == "MPA230"]
    assert found["message"].startswith(
        "not all pods of mpi-operator 0.8.0 are of the template in force"
    )


def test_a_namespace_that_goes_is_told(restless: tuple[Plane, Client]) -> None:
    """Its jobs still look as if they ran, and nothing new can be made for them."""
    plane, admin = restless
    _define(admin)
    admin.create("/api/v1/namespaces", {"metadata": {"name": "team-a"}})

    with _held(admin, "team-a"):
        admin.delete("/api/v1/namespaces/team-a")
        _, report = _scan(plane)

    (found,) = [f for f in report["findings"] if f["rule"] == "MPA231"]
    assert found["message"] == "namespace team-a is marked for deletion and holds an MPIJob"


def test_a_definition_that_goes_is_told(restless: tuple[Plane, Client]) -> None:
    """Every MPIJob goes with it, and one finalizer keeps it half gone for months."""
    plane, admin = restless
    _define(admin)

    with _held(admin, "default"):
        admin.delete(MPIJOBS)
        code, report = _scan(plane)

    (found,) = [f for f in report["findings"] if f["rule"] == "MPA014"]
    assert found["severity"] == "critical"
    assert found["message"] == (
        "mpijobs.kubeflow.org is marked for deletion; MPIJobs that are left: 1"
    )
    assert code == 1


def test_a_definition_that_is_not_served_is_no_empty_cluster(
    restless: tuple[Plane, Client],
) -> None:
    """Another definition has taken the kind's name: MPIJobs are stored, and cannot be listed."""
    plane, admin = restless
    _define(admin)
    admin.delete(MPIJOBS)
    eventually(lambda: not admin.find(MPIJOBS), "the definition is gone")
    admin.create(CRDS, _squatter())
    eventually(lambda: _is(admin, SQUATTER, "Established", "True"), "it has the name")
    admin.create(CRDS, definition("mpi-operator-0.8.0"))
    eventually(lambda: _is(admin, MPIJOBS, "NamesAccepted", "False"), "the name is taken")

    code, report = _scan(plane)

    reason = "mpijobs.kubeflow.org defines v2beta1, which is not served"
    assert report["gaps"]["jobs"]["reason"] == reason
    assert code == 3
    assert not _passed(report, "jobs")


def _define(admin: Client) -> None:
    """Define MPIJob, where a test before has not."""
    if not admin.find(MPIJOBS):
        define(admin)


def _squatter() -> Body:
    """Return a definition of the same kind, under another plural."""
    crd = definition("mpi-operator-0.8.0")
    crd["metadata"] = {"name": "mpijobz.kubeflow.org"}
    crd["spec"]["names"] = {"kind": "MPIJob", "plural": "mpijobz", "singular": "mpijobz"}
    return crd


def _is(admin: Client, path: str, kind: str, value: str) -> bool:
    conditions = admin.get(path).get("status", {}).get("conditions") or ()
    return any((c["type"], c["status"]) == (kind, value) for c in conditions)


@contextmanager
def _held(admin: Client, space: str) -> Iterator[None]:
    """Have an MPIJob that cannot be deleted for the time being."""
    job = mpijob("held", space)
    job["metadata"]["finalizers"] = ["example.org/held"]
    admin.create(JOBS.format(space), job)
    try:
        yield
    finally:
        path = f"{JOBS.format(space)}/held"
        admin.merge(path, {"metadata": {"finalizers": None}})
        admin.delete(path)


def _passed(report: dict[str, Any], *unread: str) -> list[str]:
    """Return the rules that passed although they need one of the fields that are *unread*."""
    needs = {rule.id: set(rule.needs) for rule in engine.load_rules()}
    return [rule for rule in report["passed"] if needs[rule] & set(unread)]


def _scan(plane: Plane) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report of a scan that says nothing else."""
    path = str(plane.kubeconfig("admin"))
    arguments = ["scan", "--kubeconfig", path, "--fail-on", "critical", "-o", "json"]
    done = CliRunner().invoke(commands, arguments, standalone_mode=False)
    assert done.stderr == ""
    assert isinstance(done.return_value, int)
    return done.return_value, json.loads(done.stdout)
