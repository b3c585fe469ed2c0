"""How MPIJobs of every version and origin are read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mpiaudit.inventory.job import Job
from mpiaudit.model import Resource

Body = dict[str, Any]

CONTAINER = {"name": "mpi", "image": "example.com/mpi:1", "command": ["mpirun", "-n", "2"]}


def manifest(**fields: object) -> Body:
    """Return a v2beta1 job with two workers; *fields* replace its own."""
    return {
        "apiVersion": "kubeflow.org/v2beta1",
        "kind": "MPIJob",
        "metadata": {"name": "pi", "namespace": "team-a"},
        "spec": {
            "slotsPerWorker": 1,
            "runPolicy": {"cleanPodPolicy": "Running", "suspend": False},
            "mpiReplicaSpecs": {
                "Launcher": {"template": {"spec": {"containers": [CONTAINER]}}},
                "Worker": {
                    "replicas": 2,
                    "restartPolicy": "Never",
                    "template": {"spec": {"containers": [CONTAINER]}},
                },
            },
        },
        **fields,
    }


def exported(version: str, **metadata: object) -> Body:
    """Return a job as an API server answers, in *version*."""
    return manifest(
        apiVersion=f"kubeflow.org/{version}",
        metadata={"name": "pi", "namespace": "team-a", "uid": "1", **metadata},
    )


def writer(manager: str, version: str, subresource: str = "") -> Body:
    """Return one entry of managedFields."""
    entry = {"manager": manager, "apiVersion": f"kubeflow.org/{version}"}
    return entry | ({"subresource": subresource} if subresource else {})


def parse(body: Body, *, beside_kustomization: bool = False) -> Job:
    """Return the job in *body*."""
    resource = Resource(body, "job.yaml", beside_kustomization=beside_kustomization)
    job = Job.parse(resource)
    assert job is not None
    return job


def test_manifest_is_written_in_its_own_version() -> None:
    """Nobody but the author has touched a file."""
    assert parse(manifest()).author_version == "v2beta1"


def test_last_applied_names_the_author() -> None:
    """``kubectl get`` answers in v1 where both are served; the author applied v2beta1."""
    applied = json.dumps({"apiVersion": "kubeflow.org/v2beta1", "kind": "MPIJob"})

    job = parse(
        exported("v1", annotations={"kubectl.kubernetes.io/last-applied-configuration": applied})
    )

    assert job.version == "v1"
    assert job.author_version == "v2beta1"


def test_managed_fields_name_the_author() -> None:
    """``kubectl create`` leaves no annotation, but an entry of its own."""
    fields = [writer("kubectl-create", "v2beta1"), writer("manager", "v1", "status")]

    assert parse(exported("v1", managedFields=fields)).author_version == "v2beta1"


@pytest.mark.parametrize("manager", ["manager", "mpi-operator", "mpi-operator.v1", "kueue"])
def test_controllers_are_no_authors(manager: str) -> None:
    """A controller that sets a field of the spec writes in its own version."""
    job = parse(exported("v1", managedFields=[writer(manager, "v1")]))

    assert job.author_version is None


def test_author_is_unknown_where_traces_are_gone() -> None:
    """The API server throws managedFields away when two versions write one status."""
    assert parse(exported("v1")).author_version is None


def test_author_is_unknown_where_traces_disagree() -> None:
    """``kubectl edit`` writes in v1 what somebody else created in v2beta1."""
    fields = [writer("kubectl-create", "v2beta1"), writer("kubectl-edit", "v1")]

    assert parse(exported("v1", managedFields=fields)).author_version is None


def test_broken_last_applied_tells_nothing() -> None:
    """The annotation is text, and anybody may write it."""
    for text in ("{", "[]", "3", "[" * 100_000):
        job = parse(
            exported("v1", annotations={"kubectl.kubernetes.io/last-applied-configuration": text})
        )

        assert job.author_version is None
        assert job.applied == {}


@pytest.mark.parametrize("api_version", ["batch.volcano.sh/v1alpha1", "apps/v1", "v3"])
def test_kinds_of_other_groups_are_not_read(api_version: str) -> None:
    """Other projects have a kind of the same name."""
    assert Job.parse(Resource(manifest(apiVersion=api_version), "job.yaml")) is None


@pytest.mark.parametrize(("api_version", "version"), [(None, ""), ("v1", "v1")])
def test_forgotten_group_is_read(api_version: str | None, version: str) -> None:
    """A rule says that it is missing, so the job must not vanish."""
    assert parse(manifest(apiVersion=api_version)).version == version


def test_patches_are_no_jobs() -> None:
    """``$patch: delete`` names a job in order to remove it."""
    assert Job.parse(Resource(manifest() | {"$patch": "delete"}, "job.yaml")) is None


def test_conditions_are_those_that_are_true() -> None:
    """Running stays in the list as False after the end."""
    conditions = [
        {"type": "Running", "status": "False", "reason": "MPIJobRunning"},
        {
            "type": "Failed",
            "status": "True",
            "reason": "BackoffLimitExceeded/",
            "message": "Job has reached the specified backoff limit: ",
            "lastTransitionTime": "2026-11-24T05:00:00Z",
        },
    ]

    job = parse(manifest(status={"conditions": conditions}))

    assert job.has_status
    assert set(job.conditions) == {"Failed"}
    assert job.finished is not None
    assert job.finished.reason == "BackoffLimitExceeded/"
    assert job.finished.since == datetime(2026, 11, 24, 5, tzinfo=UTC)


def test_job_without_a_condition_is_not_finished() -> None:
    """A job nobody has looked at yet has no status at all."""
    job = parse(manifest())

    assert job.finished is None
    assert not job.has_status


def test_replicas_are_kept_as_written() -> None:
    """A rule must tell an absent number from a wrong one."""
    job = parse(manifest())

    assert list(job.replicas) == ["Launcher", "Worker"]
    assert job.launcher is not None
    assert job.worker is not None
    assert job.launcher.replicas is None
    assert job.launcher.restart_policy is None
    assert job.worker.replicas == 2
    assert job.worker.restart_policy == "Never"
    assert job.workers == 2


def test_null_replica_is_absent() -> None:
    """The API server drops what is null."""
    body = manifest()
    body["spec"]["mpiReplicaSpecs"]["Launcher"] = None

    assert parse(body).launcher is None


@pytest.mark.parametrize("count", ["2", "${NODES}", None, True, 1.5, []])
def test_workers_that_are_no_number_are_none(count: object) -> None:
    """A template's number is filled in later, so nothing is computed from it."""
    body = manifest()
    body["spec"]["mpiReplicaSpecs"]["Worker"]["replicas"] = count

    assert parse(body).workers == 0


def test_launcher_that_runs_something_makes_a_job_whole() -> None:
    """A patch for kustomize is not to be read as a job that lacks fields."""
    patch = manifest(spec={"mpiReplicaSpecs": {"Worker": {"replicas": 4}}})

    assert parse(manifest(), beside_kustomization=True).whole
    assert not parse(patch, beside_kustomization=True).whole
    assert parse(patch).whole, "without a kustomization it is applied as it is"
    assert parse(patch | {"metadata": {"name": "pi", "uid": "1"}}).whole


def test_multikueue_is_recognised() -> None:
    """Such a job runs on another cluster."""
    body = manifest()
    body["spec"]["runPolicy"]["managedBy"] = "kueue.x-k8s.io/multikueue"

    assert parse(body).multikueue
    assert not parse(manifest()).multikueue
