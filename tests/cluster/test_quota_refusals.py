"""A job whose pods a quota or a limit range refuses never starts, and does once that is gone."""

from dataclasses import dataclass

import pytest

from cluster.client import Body, eventually
from cluster.cluster import Cluster, every
from cluster.jobs import mpijob, with_field

CONTAINER = ("template", "spec", "containers", 0, "resources")
LAUNCHER = ("spec", "mpiReplicaSpecs", "Launcher", *CONTAINER)
WORKER = ("spec", "mpiReplicaSpecs", "Worker", *CONTAINER)

RETRIED = 90
"""Seconds until a controller tries again what it has failed to do for some seconds."""

FULL = {"limits": {"cpu": "1", "memory": "1Gi"}}


@dataclass(frozen=True)
class Case:
    """A namespace that refuses pods of the job ``pi``, and how that shows."""

    space: str
    plural: str
    spec: Body
    job: Body
    rule: str
    said: str
    """Part of the event."""

    of_launcher: bool = False
    """Whether the event is about the launcher's Job, and not about the MPIJob."""

    release: str = "mpi-operator-0.8.0"

    @property
    def path(self) -> str:
        """Where what refuses the pods is kept."""
        return f"/api/v1/namespaces/{self.space}/{self.plural}"


def job(space: str, launcher: Body, worker: Body) -> Body:
    """Return the job ``pi``, whose containers have these resources."""
    return with_field(with_field(mpijob("pi", space), launcher, *LAUNCHER), worker, *WORKER)


def old(space: str) -> Body:
    """Return a job for training-operator."""
    return {**job(space, FULL, FULL), "apiVersion": "kubeflow.org/v1"}


def container(**bounds: Body) -> Body:
    """Return a limit range for containers."""
    return {"limits": [{"type": "Container", **bounds}]}


CASES = [
    Case(
        "launcher-unsaid", "resourcequotas", {"hard": {"limits.memory": "64Gi"}},
        job("launcher-unsaid", {"limits": {"cpu": "1"}}, FULL),
        "MPA223", "must specify limits.memory for: launcher", of_launcher=True,
    ),
    Case(
        "worker-unsaid", "resourcequotas", {"hard": {"requests.cpu": "8"}},
        job("worker-unsaid", FULL, {}),
        "MPA223", "must specify requests.cpu for: worker",
    ),
    Case(
        "one-pod-short", "resourcequotas", {"hard": {"pods": "2"}},
        job("one-pod-short", {}, {}),
        "MPA223", "exceeded quota: rules, requested: pods=1, used: pods=2", of_launcher=True,
    ),
    Case(
        "too-large", "resourcequotas", {"hard": {"requests.cpu": "2500m"}},
        job("too-large", {"requests": {"cpu": "200m"}}, {"requests": {"cpu": "2"}}),
        "MPA223", "exceeded quota: rules, requested: requests.cpu=2",
    ),
    Case(
        "no-batch-job", "resourcequotas", {"hard": {"count/jobs.batch": "0"}},
        job("no-batch-job", {}, {}),
        "MPA223", "exceeded quota: rules, requested: count/jobs.batch=1",
    ),
    Case(
        "maximum", "limitranges", container(max={"cpu": "1"}),
        job("maximum", {}, {"limits": {"cpu": "4"}}),
        "MPA227", "maximum cpu usage per Container is 1, but limit is 4",
    ),
    Case(
        "low-default", "limitranges", container(default={"cpu": "500m"}),
        job("low-default", {"requests": {"cpu": "2"}}, {}),
        "MPA227", "must be less than or equal to cpu limit", of_launcher=True,
    ),
    Case(
        "v1-disk", "limitranges", container(max={"ephemeral-storage": "2Gi"}),
        old("v1-disk"),
        "MPA227", "maximum ephemeral-storage usage per Container is 2Gi, but limit is 5Gi",
        release="training-operator-1.9.4",
    ),
    Case(
        "v1-quota", "resourcequotas", {"hard": {"limits.ephemeral-storage": "4Gi"}},
        old("v1-quota"),
        "MPA223", "exceeded quota: rules, requested: limits.ephemeral-storage=5Gi",
        release="training-operator-1.9.4",
    ),
]  # fmt: skip


@pytest.mark.parametrize("release", sorted({case.release for case in CASES}))
def test_refused_pods(cluster: Cluster, release: str) -> None:
    """What the rule says before a controller has tried is what then happens, and for ever."""
    cases = [case for case in CASES if case.release == release]
    cluster.install(release)
    for case in cases:
        _submit(cluster, case)
    assert _found(cluster, "confidence") == {(c.rule, c.space, "certain") for c in cases}

    cluster.start_controllers()
    for case in cases:
        _refused(cluster, case)
    assert _found(cluster, "severity") == {(c.rule, c.space, "high") for c in cases}

    for case in cases:
        cluster.admin.delete(f"{case.path}/rules")
    for case in cases:
        _runs(cluster, case)
    assert not _found(cluster, "severity")


def _submit(cluster: Cluster, case: Case) -> None:
    """Create the job and what refuses its pods."""
    cluster.namespace(case.space)
    cluster.admin.create(case.path, {"metadata": {"name": "rules"}, "spec": case.spec})
    if case.plural == "resourcequotas":
        counted = f"{case.path}/rules"
        eventually(lambda: cluster.admin.get(counted)["status"].get("used"), "all is counted")
    cluster.submit(case.job)


def _refused(cluster: Cluster, case: Case) -> None:
    eventually(lambda: case.said in _said(cluster, case), f"{case.space}: {case.said}")
    assert not _running(cluster, case)


def _runs(cluster: Cluster, case: Case) -> None:
    eventually(lambda: _running(cluster, case), f"{case.space}/pi runs", RETRIED)


def _found(cluster: Cluster, grade: str) -> set[tuple[str, str, str]]:
    """Return the rule, the namespace and the *grade* of each finding about refused pods."""
    found = [f for f in every(cluster.scan().findings) if f.rule.id in {"MPA223", "MPA227"}]
    return {(f.rule.id, f.hit.at.object.namespace, getattr(f, grade).word) for f in found}


def _said(cluster: Cluster, case: Case) -> str:
    """Return the events about the MPIJob, or about its launcher's Job."""
    about = "kind=Job,involvedObject.name=pi-launcher" if case.of_launcher else "kind=MPIJob"
    selector = f"fieldSelector=involvedObject.{about}"
    items = cluster.admin.items(f"/api/v1/namespaces/{case.space}/events?{selector}")
    return "\n".join(f"{item['reason']}: {item['message']}" for item in items)


def _running(cluster: Cluster, case: Case) -> bool:
    version = case.job["apiVersion"].rpartition("/")[2]
    conditions = cluster.job("pi", case.space, version).get("status", {}).get("conditions") or ()
    return any((c["type"], c["status"]) == ("Running", "True") for c in conditions)
