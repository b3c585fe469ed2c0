"""A job whose pods a Pod Security Standard refuses ends as MPA134 says."""

import pytest

from cluster.client import Body, eventually
from cluster.cluster import Cluster
from cluster.jobs import mpijob, with_field
from cluster.pods import ALLOWED, CONFINED
from mpiaudit.model import FieldPath
from mpiaudit.policy.pod_security import ENFORCE


@pytest.mark.parametrize("replica", ["Worker", "Launcher"])
def test_job_refused(cluster: Cluster, replica: str) -> None:
    """What MPA134 says of a replica comes true: mpi-operator cannot make its pods."""
    cluster.install("mpi-operator-0.8.0")
    cluster.namespace("team-a", {ENFORCE: "baseline"})
    cluster.submit(with_field(mpijob("pi"), True, *_template(replica), "hostIPC"))  # noqa: FBT003

    assert _foretold(cluster) == (*_template(replica), "hostIPC")
    cluster.start_controllers()

    refused = 'violates PodSecurity "baseline:latest": host namespaces (hostIPC=true)'
    kind, reason = {"Worker": ("MPIJob", "MPIJobFailed"), "Launcher": ("Job", "FailedCreate")}[
        replica
    ]
    eventually(lambda: _said(cluster, kind, reason, refused), f"the {kind} says {reason}")
    if replica == "Launcher":
        cluster.reaches("pi", "Created")
    else:
        assert "status" not in cluster.job("pi")


def test_v1_refused(cluster: Cluster) -> None:
    """Whoever confines a v1 job learns that it is no use: the init container is not theirs."""
    cluster.install("training-operator-1.9.4")
    cluster.namespace("team-a", {ENFORCE: "restricted"})
    cluster.submit({**_confined(), "apiVersion": "kubeflow.org/v1"})

    assert _foretold(cluster) == _template("Launcher")
    cluster.start_controllers()

    refused = (
        'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false '
        '(container "kubectl-delivery" must set'
    )
    eventually(lambda: _said(cluster, "MPIJob", "MPIJobFailed", refused), "the launcher is refused")


def test_confined_job_runs(cluster: Cluster) -> None:
    """Nothing that mpi-operator adds is refused: a careful job runs where all is restricted."""
    cluster.install("mpi-operator-0.8.0")
    cluster.namespace("team-a", {ENFORCE: "restricted"})
    cluster.submit(_confined())

    assert [f for f in cluster.scan().findings if f.rule.id == "MPA134"] == []
    cluster.start_controllers()

    cluster.reaches("pi", "Running")


def _confined() -> Body:
    """Return a job whose templates satisfy every standard."""
    job = mpijob("pi")
    for replica in ("Launcher", "Worker"):
        context = ALLOWED["spec"]["securityContext"]
        job = with_field(job, context, *_template(replica), "securityContext")
        job = with_field(job, CONFINED, *_template(replica), "containers", 0, "securityContext")
    return job


def _template(replica: str) -> FieldPath:
    return ("spec", "mpiReplicaSpecs", replica, "template", "spec")


def _foretold(cluster: Cluster) -> FieldPath:
    """Return the field that MPA134 blames."""
    (found,) = (f for f in cluster.scan().findings if f.rule.id == "MPA134")
    return found.hit.at.path


def _said(cluster: Cluster, kind: str, reason: str, words: str) -> bool:
    """Return whether an Event about an object of *kind* says these *words*."""
    events = cluster.admin.items("/api/v1/namespaces/team-a/events")
    return any(
        (e["involvedObject"]["kind"], e["reason"]) == (kind, reason) and words in e["message"]
        for e in events
    )
