"""Predictions about a controller and its flags, or the CRD that does not suit it."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster
from cluster.jobs import mpijob, with_field
from cluster.predictions.row import (
    MPI_OPERATOR,
    TRAINING_OPERATOR,
    Edit,
    Row,
    but_mpijobs,
    exits,
    flags,
    ids,
    in_turn,
    paste,
    reaches,
    runs_a_job,
    says,
    serves_pytorch,
    unnoticed,
)
from cluster.releases import definition

MANAGED_BY = ("spec", "runPolicy", "managedBy")
LOG = "-alsologtostderr"
LOCK = "--lock-namespace=mpi-operator"

ROWS = [
    Row(
        "MPA001 mpi-operator without a CRD exits at once",
        lambda c: c.install("mpi-operator-0.8.0", keep=but_mpijobs),
        ids("MPA001"),
        exits(MPI_OPERATOR, 1, "CRD doesn't exist. Exiting"),
        paste("MPA001"),
        runs_a_job,
    ),
    Row(
        "MPA002 mpi-operator on the CRD of training-operator exits at once",
        lambda c: _on_crd(c, "training-operator-1.9.0"),
        ids("MPA002"),
        exits(MPI_OPERATOR, 1, "CRD doesn't exist. Exiting"),
        paste("MPA002"),
        runs_a_job,
    ),
    Row(
        "MPA009 what the older CRD does not declare is dropped and the job runs",
        lambda c: _on_crd(c, "mpi-operator-0.4.0"),
        ids("MPA009"),
        in_turn(lambda c: c.submit(_elsewhere("lost")), reaches("lost", "Running")),
        in_turn(paste("MPA009"), lambda c: _declared(c), lambda c: _restart(c)),
        in_turn(lambda c: c.submit(_elsewhere("kept")), runs_a_job, unnoticed("kept")),
    ),
    Row(
        "MPA023 mpi-operator knows no --kubeflow-namespace",
        lambda c: c.install("mpi-operator-0.8.0", edit=flags("--kubeflow-namespace=x", LOG, LOCK)),
        ids("MPA023"),
        exits(MPI_OPERATOR, 2, "not defined: -kubeflow-namespace"),
        paste("MPA023"),
        runs_a_job,
    ),
    Row(
        "MPA024 training-operator 1.9.0 knows no --kube-api-qps",
        lambda c: c.install("training-operator-1.9.0", edit=flags("--kube-api-qps=50")),
        ids("MPA024"),
        exits(TRAINING_OPERATOR, 2, "not defined: -kube-api-qps"),
        paste("MPA024"),
        serves_pytorch("after"),
    ),
    Row(
        "MPA025 a comma in --enable-scheme is no list",
        lambda c: c.install(
            "training-operator-1.9.0", edit=flags("--enable-scheme=tfjob,pytorchjob")
        ),
        ids("MPA025"),
        exits(TRAINING_OPERATOR, 2, 'invalid value "tfjob,pytorchjob"'),
        paste("MPA025"),
        serves_pytorch("after"),
    ),
    Row(
        "MPA026 a scheme given twice stops training-operator",
        lambda c: c.install(
            "training-operator-1.9.0",
            edit=flags("--enable-scheme=PyTorchJob", "--enable-scheme=pytorchjob"),
        ),
        ids("MPA026"),
        exits(TRAINING_OPERATOR, 1, "unable to create controller"),
        paste("MPA026"),
        serves_pytorch("after"),
    ),
    Row(
        "MPA027 a stray word hides the flags behind it",
        lambda c: c.install(
            "training-operator-1.9.0", edit=flags("--zap-devel", "false", "--enable-scheme=tfjob")
        ),
        ids("MPA027"),
        says(TRAINING_OPERATOR, "pytorchjob-controller"),
        paste("MPA027"),
        lambda c: _starts_only(c, "tfjob-controller"),
    ),
    Row(
        "MPA031 a job outside of the one namespace that is watched is ignored",
        lambda c: _waits(c, _scoped),
        ids("MPA031"),
        in_turn(
            lambda c: c.submit(mpijob("inside", "mpi-operator")),
            reaches("inside", "Running", "mpi-operator"),
            unnoticed("waits"),
        ),
        paste("MPA031"),
        reaches("waits", "Running"),
    ),
    Row(
        "MPA033 a lock in a namespace that is not there is never taken",
        lambda c: _waits(c, flags(LOG, "--lock-namespace=elsewhere")),
        ids("MPA033"),
        in_turn(says(MPI_OPERATOR, "Error initially creating lease lock"), unnoticed("waits")),
        paste("MPA033"),
        reaches("waits", "Running"),
    ),
    Row(
        "MPA037 metrics on the port of the health check stop mpi-operator",
        lambda c: c.install("mpi-operator-0.8.0", edit=flags(LOG, LOCK, "--monitoring-port=8080")),
        ids("MPA037"),
        exits(MPI_OPERATOR, 255, "listen tcp :8080: bind: address already in use"),
        paste("MPA037"),
        runs_a_job,
        shows=ids("MPA047"),
    ),
    Row(
        "MPA039 two replicas that elect no leader both work",
        lambda c: c.install("training-operator-1.9.0", edit=_twice),
        ids("MPA039"),
        lambda c: _workers(c, 2),
        paste("MPA039"),
        in_turn(lambda c: _workers(c, 1), serves_pytorch("after")),
    ),
    Row(
        "MPA043 a gang scheduler without its CRD stops every MPIJob",
        lambda c: _waits(c, flags(LOG, LOCK, "--gang-scheduling=volcano")),
        ids("MPA043"),
        in_turn(says(MPI_OPERATOR, "failed to list *v1beta1.PodGroup"), unnoticed("waits")),
        paste("MPA043"),
        reaches("waits", "Running"),
    ),
]

SLOW = [
    Row(
        "MPA003 training-operator beside a CRD without v1 restarts every two minutes",
        in_turn(
            lambda c: c.install("mpi-operator-0.8.0"),
            lambda c: c.install("training-operator-1.9.0", keep=but_mpijobs),
        ),
        ids("MPA003 MPA028"),
        in_turn(
            serves_pytorch("meanwhile"),
            exits(
                TRAINING_OPERATOR,
                1,
                "timed out waiting for cache to be synced for Kind *v1.MPIJob",
                seconds=180,
            ),
        ),
        paste("MPA003"),
        in_turn(serves_pytorch("after"), lambda c: _leaves_out(c, "mpijob-controller"), runs_a_job),
    )
]


def _on_crd(cluster: Cluster, release: str) -> None:
    """Install mpi-operator 0.8.0 on the CRD of another release."""
    cluster.apply([definition(release)])
    cluster.install("mpi-operator-0.8.0", keep=but_mpijobs)


def _waits(cluster: Cluster, edit: Edit) -> None:
    """Install mpi-operator 0.8.0, edited, and submit a job."""
    cluster.install("mpi-operator-0.8.0", edit=edit)
    cluster.submit(mpijob("waits"))


def _elsewhere(name: str) -> Body:
    """Return a job that MultiKueue runs in another cluster."""
    return with_field(mpijob(name), "kueue.x-k8s.io/multikueue", *MANAGED_BY)


def _declared(cluster: Cluster) -> None:
    """Wait until the API server uses the new schema."""
    path = "/apis/kubeflow.org/v2beta1/namespaces/team-a/mpijobs"

    def declared() -> bool:
        tried = cluster.admin.create(f"{path}?dryRun=All", _elsewhere("kept"))
        return "managedBy" in tried["spec"]["runPolicy"]

    eventually(declared, "managedBy is declared")


def _restart(cluster: Cluster) -> None:
    """Restart mpi-operator: the watch that it holds shows jobs in the schema that it began with.

    The old pod is gone before the new one comes, so that it leads no longer.
    """
    scale = ("-n", "mpi-operator", "scale", "deployment/mpi-operator")
    cluster.kubectl(*scale, "--replicas=0")
    eventually(lambda: not cluster.names("pods", "mpi-operator"), "the old pod is gone", SETTLED)
    cluster.kubectl(*scale, "--replicas=1")


def _scoped(deployment: Body) -> None:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "KUBEFLOW_NAMESPACE", "value": "mpi-operator"}]


def _twice(deployment: Body) -> None:
    deployment["spec"]["replicas"] = 2


def _programs(cluster: Cluster) -> list[str]:
    """Return the logs of training-operator's pods."""
    pods = cluster.admin.items("/api/v1/namespaces/kubeflow/pods")
    containers = [cluster.kubelet.container(p) for p in pods]
    return [c.log for c in containers if c]


def _workers(cluster: Cluster, count: int) -> None:
    """Wait until *count* programs of training-operator work, and no other is there."""
    eventually(
        lambda: [("Starting workers" in log) for log in _programs(cluster)] == [True] * count,
        f"{count} training-operators work",
    )


def _starts_only(cluster: Cluster, controller: str) -> None:
    """Watch training-operator's newest program start *controller*, and not that of PyTorchJob."""
    cluster.logged(TRAINING_OPERATOR, "Starting workers")
    cluster.logged(TRAINING_OPERATOR, controller)
    assert "pytorchjob-controller" not in cluster.program(TRAINING_OPERATOR).log


def _leaves_out(cluster: Cluster, controller: str) -> None:
    """Watch training-operator's newest program at work without *controller*."""
    cluster.logged(TRAINING_OPERATOR, "Starting workers")
    assert controller not in cluster.program(TRAINING_OPERATOR).log
