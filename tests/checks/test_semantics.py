"""Which version's rules a job is held to."""

from dataclasses import replace
from typing import Any

import pytest

from mpiaudit.checks import semantics
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource
from mpiaudit.rule import Confidence, Severity


def job(version: str, uid: str = "", **body: object) -> Job:
    """Return an MPIJob; with a *uid* it was read from a cluster, and its author is unknown."""
    metadata = {"name": "pi", "uid": uid} if uid else {"name": "pi"}
    manifest = {"apiVersion": version, "kind": "MPIJob", "metadata": metadata, **body}
    parsed = Job.parse(Resource(manifest, "job.yaml"))
    assert parsed is not None
    return parsed


def crd(*served: str, uid: str = "2") -> Crd:
    """Return the CRD that serves these versions; with a *uid* it is installed."""
    versions = [{"name": name, "served": True, "storage": name == served[-1]} for name in served]
    body = {
        "metadata": {"name": "mpijobs.kubeflow.org", "uid": uid},
        "spec": {"versions": versions},
    }
    parsed = Crd.parse(Resource(body, "crd.yaml"))
    assert parsed is not None
    return parsed


def operator() -> Controller:
    """Return an mpi-operator 0.8.0 that runs."""
    containers = [{"name": "mpi-operator", "image": "mpioperator/mpi-operator:0.8.0"}]
    body: dict[str, Any] = {
        "kind": "Deployment",
        "metadata": {"name": "mpi-operator", "namespace": "mpi-operator"},
        "spec": {"template": {"spec": {"containers": containers}}},
    }
    parsed = Controller.parse(Resource(body, "deployment.yaml"))
    assert parsed is not None
    return parsed


def test_manifest_is_held_to_its_own_version() -> None:
    """A v1 job that is not applied yet is refused or run as v1, never as v2beta1."""
    assert semantics.held_to(job("kubeflow.org/v1"), crd("v2beta1")) == "v1"


def test_job_in_a_cluster_is_held_to_the_one_version_served() -> None:
    """Somebody may have written v1 once; mpi-operator reads it as v2beta1."""
    listed = job("kubeflow.org/v2beta1", uid="1")

    assert semantics.held_to(listed, crd("v2beta1")) == "v2beta1"
    assert semantics.held_to(listed, crd("v1")) == "v1"


def test_job_is_held_to_the_version_that_is_read() -> None:
    """Where two versions are served, what the controller reads decides."""
    listed = job("kubeflow.org/v1", uid="1")

    assert semantics.held_to(listed, crd("v1", "v2beta1"), [operator()]) == "v2beta1"
    assert semantics.held_to(listed, crd("v1", "v2beta1")) is None


def test_list_in_v1_tells_nothing() -> None:
    """v1 is the default wherever it is served: only an answer in v2beta1 says something."""
    assert semantics.held_to(job("kubeflow.org/v1", uid="1"), None) is None
    assert semantics.held_to(job("kubeflow.org/v2beta1", uid="1"), None) == "v2beta1"


def test_job_reserved_for_training_operator_is_held_to_no_v2beta1_rule() -> None:
    """mpi-operator does not look at it."""
    fenced = job(
        "kubeflow.org/v2beta1",
        spec={"runPolicy": {"managedBy": "kubeflow.org/training-operator"}},
    )

    assert semantics.held_to(fenced, None) is None
    assert list(semantics.held_to_v2beta1([fenced], None)) == []


def test_finished_job_weighs_little() -> None:
    """What never runs again needs no repair tonight."""
    ended = job(
        "kubeflow.org/v2beta1",
        status={"conditions": [{"type": "Succeeded", "status": "True"}]},
    )

    assert semantics.weight(ended, Severity.HIGH) is Severity.LOW
    assert semantics.weight(job("kubeflow.org/v2beta1"), Severity.HIGH) is Severity.HIGH


def test_absence_is_only_possible_in_what_may_be_a_patch() -> None:
    """A patch for kustomize leaves most fields out; an object of the API server does not."""
    whole = job("kubeflow.org/v2beta1", spec={"mpiReplicaSpecs": {"Worker": {}}})
    patch = replace(whole, beside_kustomization=True)
    stored = job("kubeflow.org/v2beta1", uid="1")

    assert semantics.weight_of_absence(patch, Severity.HIGH) == (
        Severity.MEDIUM,
        Confidence.POSSIBLE,
    )
    for job_as_applied in (stored, whole):
        weight = semantics.weight_of_absence(job_as_applied, Severity.HIGH)
        assert weight == (Severity.HIGH, Confidence.CERTAIN)


@pytest.mark.parametrize(
    "value",
    ["${NODES}", "$$NODES", "{{ .Values.name }}", "<name>", "@name@", "PLACEHOLDER", "JOB_NAME"],
)
def test_placeholders_are_recognised(value: str) -> None:
    """Nobody wants to hear that ``${NODES}`` is no number."""
    assert semantics.placeholder(value)


@pytest.mark.parametrize("value", ["My_Job", "MPI-Job", "2024.train", "MPICH", "Always"])
def test_faulty_values_are_no_placeholders(value: str) -> None:
    """A wrong name must not pass as one to be filled in."""
    assert not semantics.placeholder(value)
