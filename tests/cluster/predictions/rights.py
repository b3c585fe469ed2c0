"""Predictions about rights that a controller lacks."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster
from cluster.jobs import mpijob
from cluster.predictions.resumes import resume, suspended
from cluster.predictions.row import (
    MPI_OPERATOR,
    TRAINING_OPERATOR,
    Row,
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
from cluster.releases import shipped

SECOND = "second/mpi-operator"

ROWS = [
    Row(
        "MPA034 an operator that may not write its Lease never leads",
        in_turn(lambda c: _without(c, "leases"), lambda c: c.submit(mpijob("waits"))),
        ids("MPA034"),
        in_turn(says(MPI_OPERATOR, "Error retrieving lease lock"), unnoticed("waits")),
        paste("MPA034"),
        reaches("waits", "Running"),
    ),
    Row(
        "MPA035 an operator that may not read PriorityClasses exits",
        lambda c: _without(c, "priorityclasses"),
        ids("MPA035"),
        exits(MPI_OPERATOR, 255, "Unable to sync cache for informer priorityClassInformer"),
        paste("MPA035"),
        runs_a_job,
    ),
    Row(
        "MPA036 a resume is refused once",
        lambda c: c.install("mpi-operator-0.8.0"),
        ids("MPA036"),
        in_turn(
            lambda c: suspended(c, "refused"),
            lambda c: resume(c, "refused"),
            says(MPI_OPERATOR, "jobs/status"),
        ),
        paste("MPA036"),
        in_turn(reaches("refused", "Running"), lambda c: _resumed_in_peace(c, "granted")),
    ),
    Row(
        "MPA038 training-operator elects no leader without a right to Leases",
        lambda c: c.install("training-operator-1.9.0", edit=flags("--leader-elect")),
        ids("MPA038"),
        says(TRAINING_OPERATOR, "error retrieving resource lock"),
        paste("MPA038"),
        serves_pytorch("after"),
    ),
    Row(
        "MPA054 a second install takes the rights of the first",
        in_turn(
            lambda c: c.install("mpi-operator-0.8.0"),
            lambda c: _install_second(c, keeps_first=False),
        ),
        ids("MPA054 MPA032"),
        says(MPI_OPERATOR, "mpijobs.kubeflow.org is forbidden"),
        in_turn(paste("MPA054"), paste("MPA032")),
        in_turn(lambda c: _one_leads(c), runs_a_job),
    ),
    Row(
        "MPA032 two operators with two locks both lead",
        in_turn(
            lambda c: c.install("mpi-operator-0.8.0"),
            lambda c: _install_second(c, keeps_first=True),
        ),
        ids("MPA032"),
        in_turn(
            says(MPI_OPERATOR, '"Successfully acquired lease" lock="mpi-operator/mpi-operator"'),
            says(SECOND, '"Successfully acquired lease" lock="second/mpi-operator"'),
            lambda c: c.submit(mpijob("twice")),
            lambda c: eventually(lambda: _doubled(c, "twice"), "both say the same of it"),
        ),
        paste("MPA032"),
        in_turn(lambda c: _one_leads(c), runs_a_job, lambda c: _said_once(c, "healthy")),
    ),
]


def _without(cluster: Cluster, plural: str) -> None:
    """Install mpi-operator 0.8.0, whose ClusterRole says nothing of *plural*."""
    cluster.install("mpi-operator-0.8.0", keep=_is_no_role)
    role = next(d for d in shipped("mpi-operator-0.8.0") if not _is_no_role(d))
    role["rules"] = [r for r in role["rules"] if plural not in r["resources"]]
    cluster.apply([role])


def _is_no_role(document: Body) -> bool:
    return (document["kind"], document["metadata"]["name"]) != ("ClusterRole", "mpi-operator")


def _install_second(cluster: Cluster, *, keeps_first: bool) -> None:
    """Install mpi-operator 0.8.0 in the namespace ``second``, as its manifests would."""
    moved = [_moved(d) for d in shipped("mpi-operator-0.8.0")]
    for document in moved:
        if document["kind"] == "ClusterRoleBinding" and keeps_first:
            (subject,) = document["subjects"]
            document["subjects"].append({**subject, "namespace": "mpi-operator"})
    cluster.apply(moved)


def _moved(document: Body) -> Body:
    """Return *document* as a kustomization with ``namespace: second`` would have it."""
    metadata = document["metadata"]
    if document["kind"] == "Namespace":
        metadata["name"] = "second"
    if "namespace" in metadata:
        metadata["namespace"] = "second"
    for subject in document.get("subjects", ()):
        subject["namespace"] = "second"
    if document["kind"] == "Deployment":
        flags("-alsologtostderr", "--lock-namespace=second")(document)
    return document


def _doubled(cluster: Cluster, name: str) -> bool:
    """Return whether an Event about a job exists twice, from two controllers."""
    events = cluster.events(name)
    return len(events) > len(set(events))


def _said_once(cluster: Cluster, name: str) -> None:
    assert not _doubled(cluster, name)


def _one_leads(cluster: Cluster) -> None:
    """Wait until one of the two operators is left."""

    def left() -> int:
        return sum(len(cluster.names("pods", space)) for space in ("mpi-operator", "second"))

    eventually(lambda: left() == 1, "one operator is left", SETTLED)


def _resumed_in_peace(cluster: Cluster, name: str) -> None:
    before = cluster.program(MPI_OPERATOR).log.count("jobs/status")
    suspended(cluster, name)
    resume(cluster, name)
    cluster.reaches(name, "Running")
    assert cluster.program(MPI_OPERATOR).log.count("jobs/status") == before
