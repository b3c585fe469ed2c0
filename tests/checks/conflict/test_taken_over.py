"""A job that changes its controller is never left with two launchers, nor with none, unsaid."""

from pathlib import Path
from typing import Any

import pytest

from mpiaudit import engine
from mpiaudit.collect import files
from mpiaudit.inventory.build import build
from mpiaudit.model import Resource
from mpiaudit.reading import Reading
from mpiaudit.report import Coverage, Finding
from mpiaudit.rule import Disposition, Fix

RULES = [rule for rule in engine.load_rules() if rule.id in {"MPA060", "MPA074"}]
OPERATORS = {
    "mpi-operator": "mpioperator/mpi-operator:0.8.0",
    "training-operator": "ghcr.io/kubeflow/training-v1/training-operator:v1-93c5489",
}

Body = dict[str, Any]


def operator(name: str) -> Body:
    """Return the Deployment of one operator."""
    containers = [{"name": name, "image": OPERATORS[name]}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kubeflow", "uid": f"uid-{name}"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }


def job(version: str, manager: str) -> Body:
    """Return a running job that is reserved for *manager*."""
    return {
        "apiVersion": f"kubeflow.org/{version}",
        "kind": "MPIJob",
        "metadata": {"name": "bert", "namespace": "ml", "uid": "uid-bert"},
        "spec": {"runPolicy": {"managedBy": f"kubeflow.org/{manager}"}},
        "status": {"conditions": [{"type": "Running", "status": "True"}]},
    }


def worker(version: str, phase: str = "Running") -> Body:
    """Return a worker of the job, made by a controller of *version*."""
    owner = {"apiVersion": f"kubeflow.org/{version}", "kind": "MPIJob", "name": "bert"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "bert-worker-0",
            "namespace": "ml",
            "uid": "uid-worker",
            "ownerReferences": [{**owner, "uid": "uid-bert", "controller": True}],
        },
        "spec": {"containers": [{"name": "worker", "image": "example/bert:1"}]},
        "status": {"phase": phase},
    }


def found(*objects: Body) -> list[Finding]:
    """Return what is found in a cluster of *objects*."""
    inventory = build(Reading(Resource(body, "cluster") for body in objects))
    return list(engine.audit(inventory, RULES, Coverage("cluster", live=False)).findings)


def fix_of(*objects: Body) -> Fix:
    """Return the fix of the one finding about *objects*."""
    (finding,) = found(*objects)
    assert finding.hit.fix is not None
    return finding.hit.fix


def test_what_the_other_controller_has_made_goes_first() -> None:
    """mpi-operator would start a second launcher beside the one that runs."""
    fix = fix_of(operator("mpi-operator"), job("v1", "training-operator"), worker("v1"))

    first, second, *_, last = fix.text.splitlines()
    assert fix.disposition is Disposition.INTERRUPTS
    assert '"suspend": true, "managedBy": "kubeflow.org/mpi-operator"' in first
    assert " delete pods " in second
    assert '"suspend": false' in last


def test_training_operator_would_start_a_second_launcher() -> None:
    """Nothing takes back what mpi-operator has made, so it is said."""
    fix = fix_of(operator("training-operator"), job("v2beta1", "mpi-operator"), worker("v2beta1"))

    assert fix.disposition is Disposition.INTERRUPTS
    assert "a second launcher" in fix.summary


@pytest.mark.parametrize(
    "pod",
    [worker("v2beta1"), worker("v1", "Succeeded"), worker("v1", "Failed")],
    ids=["its-own", "ended", "failed"],
)
def test_nothing_of_another_controller_lives(pod: Body) -> None:
    """The job goes on, or starts, and nothing is deleted."""
    fix = fix_of(operator("mpi-operator"), job("v2beta1", "mpi-operater"), pod)

    assert fix.disposition is Disposition.SAFE
    assert len(fix.text.splitlines()) == 1


def test_jobs_that_are_reserved_for_the_loser_are_named(reference: Path) -> None:
    """Once training-operator leaves MPIJob alone nobody runs them."""
    folder = reference / "clusters" / "dual-served-double-reconcile"
    inventory = build(files.collect([str(folder)], None))

    (finding,) = engine.audit(inventory, RULES, Coverage("cluster", live=False)).findings

    fix = finding.hit.fix
    assert fix is not None
    assert fix.disposition is Disposition.INTERRUPTS
    assert fix.summary.endswith("that nobody runs then: 1, team-a/fence-to")
