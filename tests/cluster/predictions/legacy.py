"""Predictions about v1: its jobs, its controllers, and what is left over from them."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster
from cluster.jobs import mpijob
from cluster.predictions.conflicts import launchers
from cluster.predictions.jobs import misspelt
from cluster.predictions.row import (
    MPI_OPERATOR,
    Row,
    but_mpijobs,
    exits,
    ids,
    in_turn,
    paste,
    reaches,
    runs_a_job,
)

DELIVERY = "--kubectl-delivery-image=registry.test/kubectl-delivery:1"
"""Without it the launcher of mpi-operator 0.3.0 has an init container without an image."""

ROWS = [
    Row(
        "MPA022 the image of 0.8.0 does not hold the program of v1",
        lambda c: c.install("mpi-operator-0.8.0", edit=_as_v1),
        ids("MPA022"),
        in_turn(exits(MPI_OPERATOR, 128, ""), lambda c: _cannot_start(c)),
        paste("MPA022"),
        runs_a_job,
    ),
    Row(
        "MPA061 two controllers of v1 work on one job",
        in_turn(lambda c: _both_v1(c), lambda c: c.submit(legacy(mpijob("pi")))),
        ids("MPA061"),
        lambda c: _both_at_work(c, "pi"),
        paste("MPA061"),
        in_turn(
            lambda c: _operator_stops(c),
            lambda c: c.submit(legacy(mpijob("after"))),
            reaches("after", "Running"),
            lambda c: _trains_alone(c, "after"),
        ),
    ),
    Row(
        "MPA060 mpi-operator 0.3.0 for v1 leads beside 0.4.0 with the same lock namespace",
        in_turn(lambda c: _both_ages(c), lambda c: c.submit(mpijob("pi"))),
        ids("MPA060"),
        lambda c: eventually(lambda: launchers(c, "pi") == (True, True), "pi has two launchers"),
        in_turn(paste("MPA060"), lambda c: _one_operator(c)),
        in_turn(
            lambda c: c.submit(mpijob("after")),
            reaches("after", "Running"),
            lambda c: eventually(lambda: launchers(c, "after") == (False, True), "one launcher"),
        ),
        shows=ids("MPA062"),
        stays=ids("MPA062"),
    ),
    Row(
        "MPA084 training-operator refuses a job with a replica that it does not know",
        in_turn(
            lambda c: c.install("training-operator-1.9.0"),
            lambda c: c.submit(legacy(misspelt(mpijob("pi")))),
            lambda c: c.submit(legacy(mpijob("beside"))),
        ),
        ids("MPA084"),
        in_turn(lambda c: _refused(c, "pi"), reaches("beside", "Running")),
        paste("MPA084"),
        reaches("pi", "Running"),
    ),
]


def legacy(job: Body) -> Body:
    """Return *job* as v1."""
    return {**job, "apiVersion": "kubeflow.org/v1"}


def _both_v1(cluster: Cluster) -> None:
    """Install mpi-operator 0.3.0, its program of v1, beside training-operator 1.7.0."""
    cluster.install("training-operator-1.7.0")
    cluster.install("mpi-operator.v1-0.3.0", edit=_delivers, keep=but_mpijobs)
    _may_all(cluster)


def _both_ages(cluster: Cluster) -> None:
    """Install mpi-operator 0.3.0, its program of v1, beside 0.4.0: Endpoints are no Lease."""
    cluster.install("mpi-operator-0.4.0", keep=but_mpijobs)
    cluster.install("mpi-operator.v1-0.3.0", edit=_beside)
    _may_all(cluster)


def _beside(deployment: Body) -> None:
    """Give the v1 program a name of its own; both lock in the namespace ``mpi-operator``."""
    _delivers(deployment)
    spec, name = deployment["spec"], "mpi-operator-v1"
    deployment["metadata"]["name"] = name
    for labels in (spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]):
        labels["app"] = name


def _one_operator(cluster: Cluster) -> None:
    eventually(lambda: len(cluster.names("pods", "mpi-operator")) == 1, "one is left", SETTLED)


def _may_all(cluster: Cluster) -> None:
    """Grant the v1 program all rights: its kustomization has those of the v2beta1 program."""
    grant = ("--clusterrole=cluster-admin", "--serviceaccount=mpi-operator:mpi-operator")
    cluster.kubectl("create", "clusterrolebinding", "mpi-operator-v1", *grant)


def _as_v1(deployment: Body) -> None:
    deployment["spec"]["template"]["spec"]["containers"][0]["command"] = ["/opt/mpi-operator.v1"]


def _delivers(deployment: Body) -> None:
    _as_v1(deployment)
    deployment["spec"]["template"]["spec"]["containers"][0]["args"].append(DELIVERY)


def _cannot_start(cluster: Cluster) -> None:
    def last() -> Body:
        (pod,) = cluster.admin.items("/api/v1/namespaces/mpi-operator/pods")
        statuses: list[Body] = pod["status"].get("containerStatuses") or []
        ended: list[Body] = [s["lastState"]["terminated"] for s in statuses if s.get("lastState")]
        return ended[0] if ended else {}

    ended = eventually(last, "the pod says how it ended")
    assert ended["reason"] == "StartError"
    assert "stat /opt/mpi-operator.v1: no such file or directory" in ended["message"]


def _speak_of(cluster: Cluster, job: str) -> set[str]:
    """Return the components that have said anything of *job*."""
    about = f"involvedObject.kind=MPIJob,involvedObject.name={job}"
    events = cluster.admin.items(f"/api/v1/namespaces/team-a/events?fieldSelector={about}")
    return {event["source"]["component"] for event in events}


def _both_at_work(cluster: Cluster, job: str) -> None:
    """Wait until both have looked at the job; its pods exist once, each made by the faster."""
    both = {"mpi-job-controller", "mpijob-controller"}
    cluster.reaches(job, "Running")
    eventually(lambda: _speak_of(cluster, job) == both, "both speak of it", SETTLED)
    assert cluster.names("pods") == {"pi-launcher", "pi-worker-0", "pi-worker-1"}


def _operator_stops(cluster: Cluster) -> None:
    eventually(lambda: not cluster.names("pods", "mpi-operator"), "mpi-operator stops", SETTLED)


def _trains_alone(cluster: Cluster, job: str) -> None:
    assert _speak_of(cluster, job) == {"mpijob-controller"}


def _refused(cluster: Cluster, job: str) -> None:
    """Watch training-operator refuse *job* again and again, and make nothing of it."""

    def again() -> bool:
        path = "/api/v1/namespaces/team-a/events"
        return any(
            event["reason"] == "MPIJobFailedValidation" and event["count"] > 1
            for event in cluster.admin.items(path)
            if event["involvedObject"]["name"] == job
        )

    eventually(again, f"{job} is refused twice", SETTLED)
    assert not {name for name in cluster.names("pods") if name.startswith(job)}
