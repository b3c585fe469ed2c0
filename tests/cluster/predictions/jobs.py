"""Predictions about jobs, and what stands in their way, under mpi-operator 0.8.0."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import Cluster
from cluster.jobs import mpijob, with_field
from cluster.predictions.row import (
    MPI_OPERATOR,
    Row,
    but_mpijobs,
    ids,
    in_turn,
    paste,
    reaches,
    runs_a_job,
    says,
    unnoticed,
)
from cluster.releases import definition

CONTAINER = ("template", "spec", "containers", 0)
WORKER = ("spec", "mpiReplicaSpecs", "Worker", *CONTAINER)
MANAGED_BY = ("spec", "runPolicy", "managedBy")
LAUNCHER = ("spec", "mpiReplicaSpecs", "Launcher", *CONTAINER)

ROWS = [
    Row(
        "MPA068 a Secret of the job's name keeps the job from starting",
        in_turn(lambda c: _with(c, mpijob("pi")), lambda c: _stranger(c, "secrets", "pi-ssh")),
        ids("MPA068"),
        lambda c: _has_event(c, "pi", "ErrResourceExists", "pi-ssh"),
        paste("MPA068"),
        reaches("pi", "Running"),
    ),
    Row(
        "MPA128 a Service of the job's name keeps the job from starting",
        in_turn(lambda c: _with(c, mpijob("pi")), lambda c: _stranger(c, "services", "pi")),
        ids("MPA128"),
        in_turn(
            lambda c: _has_event(c, "pi", "ErrResourceExists", '"pi"'),
            lambda c: _no_pods(c),
        ),
        lambda c: c.kubectl("-n", "team-a", "delete", "service", "pi"),
        reaches("pi", "Running"),
    ),
    Row(
        "MPA074 a job that names another manager is ignored",
        lambda c: _with(c, with_field(mpijob("pi"), "kubeflow.org/mpi-operater", *MANAGED_BY)),
        ids("MPA074"),
        in_turn(runs_a_job, unnoticed("pi")),
        paste("MPA074"),
        reaches("pi", "Running"),
    ),
    Row(
        "MPA077 a job that does not decode stops every job",
        lambda c: _poisoned(c),
        ids("MPA077"),
        in_turn(says(MPI_OPERATOR, "cannot unmarshal number"), unnoticed("healthy-one")),
        paste("MPA077"),
        reaches("healthy-one", "Running"),
    ),
    Row(
        "MPA102 a mount where the operator mounts leaves the job without a launcher",
        lambda c: _with(
            c, with_field(mpijob("pi"), _mounts("/etc/mpi"), *LAUNCHER, "volumeMounts")
        ),
        ids("MPA102"),
        lambda c: _has_event(c, "pi", "MPIJobFailed", "must be unique"),
        lambda c: _replace(c, with_field(mpijob("pi"), [], *LAUNCHER, "volumeMounts")),
        reaches("pi", "Running"),
    ),
    Row(
        "MPA113 a container without an image is refused pod by pod",
        lambda c: _with(c, with_field(mpijob("pi"), {"name": "worker"}, *WORKER)),
        ids("MPA113"),
        lambda c: _has_event(c, "pi", "MPIJobFailed", "spec.containers[0].image: Required value"),
        lambda c: _replace(c, mpijob("pi")),
        reaches("pi", "Running"),
    ),
    Row(
        "MPA140 the workers of a finished job run on",
        lambda c: _with(c, _kept_workers()),
        ids(""),
        reaches("pi", "Succeeded"),
        paste("MPA140"),
        lambda c: eventually(lambda: not _workers(c), "the workers are gone"),
        shows=ids("MPA140"),
    ),
]


def _with(cluster: Cluster, job: Body) -> None:
    cluster.install("mpi-operator-0.8.0")
    cluster.submit(job)


def _stranger(cluster: Cluster, plural: str, name: str) -> None:
    """Make an object that belongs to nobody."""
    spec = {"spec": {"ports": [{"port": 80}]}} if plural == "services" else {}
    body = {"metadata": {"name": name}, **spec}
    cluster.admin.create(f"/api/v1/namespaces/team-a/{plural}", body)


def _has_event(cluster: Cluster, job: str, reason: str, text: str) -> None:
    eventually(
        lambda: any(r == reason and text in m for r, m in cluster.events(job)),
        f"{job} has an Event {reason} with {text!r}: {cluster.events(job)}",
    )
    assert not cluster.job(job).get("status", {}).get("conditions") or reason == "MPIJobFailed"


def _no_pods(cluster: Cluster) -> None:
    assert cluster.names("pods") == set()


def _mounts(path: str) -> list[Body]:
    return [{"name": "mpi-job-config", "mountPath": path}]


def _replace(cluster: Cluster, job: Body) -> None:
    """Give the job in the cluster the spec of *job*."""
    path = f"/apis/kubeflow.org/v2beta1/namespaces/team-a/mpijobs/{job['metadata']['name']}"
    cluster.admin.merge(path, {"spec": job["spec"]})


def _kept_workers() -> Body:
    """Return a job that ends well, whose workers hold GPUs and stay."""
    job = with_field(mpijob("pi", ends=0), "None", "spec", "runPolicy", "cleanPodPolicy")
    return with_field(job, {"limits": {"nvidia.com/gpu": "1"}}, *WORKER, "resources")


def _workers(cluster: Cluster) -> set[str]:
    return {name for name in cluster.names("pods") if "-worker-" in name}


def _poisoned(cluster: Cluster) -> None:
    """Install mpi-operator 0.8.0 on the CRD of 0.3.0, which does not type v1's templates."""
    cluster.apply([definition("mpi-operator.v1-0.3.0")])
    cluster.install("mpi-operator-0.8.0", keep=but_mpijobs)
    number = [{"name": "RANKS", "value": 5}]
    poison = with_field(mpijob("poison"), number, *WORKER, "env")
    del poison["spec"]["runPolicy"]
    cluster.submit({**poison, "apiVersion": "kubeflow.org/v1"})
    cluster.submit(mpijob("healthy-one"))
