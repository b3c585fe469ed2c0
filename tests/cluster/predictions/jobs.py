"""Predictions about jobs, and what stands in their way, under mpi-operator 0.8.0."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import Cluster
from cluster.jobs import mpijob, with_field, without_field
from cluster.predictions.row import (
    MPI_OPERATOR,
    RETRIED,
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
REPLICAS = ("spec", "mpiReplicaSpecs", "Worker", "replicas")
MANAGED_BY = ("spec", "runPolicy", "managedBy")
LAUNCHER = ("spec", "mpiReplicaSpecs", "Launcher", *CONTAINER)

ROWS = [
    Row(
        "MPA068 a Secret of the job's name keeps the job from starting",
        in_turn(lambda c: _with(c, mpijob("pi")), lambda c: _stranger(c, "secrets", "pi-ssh")),
        ids("MPA068"),
        lambda c: _has_event(c, "pi", "ErrResourceExists", "pi-ssh"),
        paste("MPA068"),
        reaches("pi", "Running", seconds=RETRIED),
    ),
    Row(
        "MPA128 a Service of the job's name keeps the job from starting",
        in_turn(lambda c: _with(c, mpijob("pi")), lambda c: _stranger(c, "services", "pi")),
        ids("MPA128"),
        in_turn(
            lambda c: _has_event(c, "pi", "ErrResourceExists", '"pi"'),
            lambda c: _no_pods(c),
        ),
        lambda c: _rename_service(c, "pi", "web"),
        reaches("pi", "Running", seconds=RETRIED),
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
        "MPA077 a number of more than 32 bits stops every job",
        lambda c: _with(c, with_field(mpijob("poison"), 3_000_000_000, *REPLICAS)),
        ids("MPA077"),
        in_turn(
            lambda c: c.submit(mpijob("healthy-one")),
            says(MPI_OPERATOR, "cannot unmarshal number 3000000000"),
            unnoticed("healthy-one"),
        ),
        paste("MPA077", NUMBER="3"),
        in_turn(reaches("healthy-one", "Running"), reaches("poison", "Running")),
    ),
    Row(
        "MPA102 a mount where the operator mounts leaves the job without a launcher",
        lambda c: _with(
            c, with_field(mpijob("pi"), _mounts("/etc/mpi"), *LAUNCHER, "volumeMounts")
        ),
        ids("MPA102"),
        lambda c: _has_event(c, "pi", "MPIJobFailed", "must be unique"),
        paste("MPA102"),
        reaches("pi", "Running", seconds=RETRIED),
    ),
    Row(
        "MPA102 a volume of the operator's name leaves the job without workers",
        lambda c: _with(c, _own_keys()),
        ids("MPA102"),
        lambda c: _has_event(c, "pi", "MPIJobFailed", 'Duplicate value: "ssh-auth"'),
        paste("MPA102"),
        in_turn(reaches("pi", "Running", seconds=RETRIED), lambda c: _mounts_own_keys(c)),
    ),
    Row(
        "MPA084 mpi-operator ignores worker, so that the launcher runs alone",
        lambda c: _with(c, misspelt(mpijob("pi"))),
        ids("MPA084"),
        in_turn(reaches("pi", "Running"), lambda c: _alone(c)),
        paste("MPA084"),
        lambda c: eventually(lambda: len(_workers(c)) == 2, "there are two workers"),
    ),
    Row(
        "MPA113 a container without an image is refused pod by pod",
        lambda c: _with(c, with_field(mpijob("pi"), {"name": "worker"}, *WORKER)),
        ids("MPA113"),
        lambda c: _has_event(c, "pi", "MPIJobFailed", "spec.containers[0].image: Required value"),
        paste("MPA113", IMAGE="registry.test/mpi:1"),
        reaches("pi", "Running", seconds=RETRIED),
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


def _own_keys() -> Body:
    """Return a job whose workers bring a volume that has the name of the operator's own."""
    volume = {"name": "ssh-auth", "emptyDir": {}}
    mount = {"name": "ssh-auth", "mountPath": "/keys"}
    job = with_field(mpijob("pi"), [volume], *WORKER[:-2], "volumes")
    return with_field(job, [mount], *WORKER, "volumeMounts")


def _mounts_own_keys(cluster: Cluster) -> None:
    """Make sure that the workers have both: the operator's keys, and what they brought."""
    worker = cluster.admin.get("/api/v1/namespaces/team-a/pods/pi-worker-0")["spec"]
    mounts = {m["mountPath"]: m["name"] for m in worker["containers"][0]["volumeMounts"]}
    assert mounts["/keys"] == "ssh-auth-own"
    assert mounts["/root/.ssh"] == "ssh-auth"


def _rename_service(cluster: Cluster, old: str, new: str) -> None:
    """Give a Service another name, as the remedy says; there is no command that does it."""
    path = "/api/v1/namespaces/team-a/services"
    spec = cluster.admin.get(f"{path}/{old}")["spec"]
    cluster.admin.create(path, {"metadata": {"name": new}, "spec": {"ports": spec["ports"]}})
    cluster.admin.delete(f"{path}/{old}")


def misspelt(job: Body) -> Body:
    """Return a copy of *job* whose Worker is called ``worker``."""
    worker = job["spec"]["mpiReplicaSpecs"]["Worker"]
    without = without_field(job, "spec", "mpiReplicaSpecs", "Worker")
    return with_field(without, worker, "spec", "mpiReplicaSpecs", "worker")


def _alone(cluster: Cluster) -> None:
    assert not _workers(cluster)


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
