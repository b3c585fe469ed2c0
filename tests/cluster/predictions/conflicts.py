"""Predictions about two controllers that act on the same jobs."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster
from cluster.container import Program
from cluster.jobs import mpijob
from cluster.predictions.row import Row, but_mpijobs, ids, in_turn, paste, reaches
from cluster.releases import definition

ROWS = [
    Row(
        "MPA060 two controllers build two launchers of one job",
        in_turn(lambda c: both(c), lambda c: c.submit(mpijob("pi"))),
        ids("MPA004 MPA060"),
        lambda c: _two_launchers(c),
        in_turn(paste("MPA060"), lambda c: _alone(c), paste("MPA062")),
        in_turn(reaches("pi", "Running"), lambda c: _one_launcher(c)),
        shows=ids("MPA062 MPA063 MPA064 MPA065 MPA066 MPA067"),
        stays=ids("MPA004 MPA067"),
    ),
    Row(
        "MPA048 mpi-operator 0.4.0 takes the workers of a namesake for its own",
        lambda c: _namesakes(c),
        ids("MPA048"),
        lambda c: _workers_come_and_go(c),
        in_turn(lambda c: _stand_in(c), paste("MPA048")),
        in_turn(reaches("same", "Running", "team-a"), reaches("same", "Running", "team-b")),
    ),
]

NEWEST = "docker.io/mpioperator/mpi-operator:0.8.2"
"""The image of MPA048's fix."""


def both(cluster: Cluster) -> None:
    """Install mpi-operator 0.8.0 and training-operator 1.9.0 on a CRD that serves both."""
    crd = definition("mpi-operator-0.8.0")
    (legacy,) = definition("training-operator-1.9.0")["spec"]["versions"]
    crd["spec"]["versions"].append({**legacy, "storage": False})
    cluster.apply([crd])
    cluster.install("mpi-operator-0.8.0", keep=but_mpijobs)
    cluster.install("training-operator-1.9.0", keep=but_mpijobs)


def launchers(cluster: Cluster, name: str) -> tuple[bool, bool]:
    """Return whether a job has a launcher of training-operator, and one of mpi-operator."""
    launcher = f"{name}-launcher"
    return launcher in cluster.names("pods"), launcher in cluster.names("jobs", group="batch/v1")


def _two_launchers(cluster: Cluster) -> None:
    eventually(lambda: launchers(cluster, "pi") == (True, True), "both launchers are there")
    eventually(
        lambda: {"mpijob-controller", "mpi-job-controller"} <= _sources(cluster), "both say so"
    )


def _sources(cluster: Cluster) -> set[str]:
    events = cluster.admin.items("/api/v1/namespaces/team-a/events")
    about = [e for e in events if e["involvedObject"]["kind"] == "MPIJob"]
    return {e["source"].get("component", "") for e in about}


def _alone(cluster: Cluster) -> None:
    """Wait until training-operator has been replaced by one without MPIJob."""
    pods = "/api/v1/namespaces/kubeflow/pods"

    def replaced() -> bool:
        found = cluster.admin.items(pods)
        return len(found) == 1 and "args" in found[0]["spec"]["containers"][0]

    eventually(replaced, "the old training-operator is gone", SETTLED)


def _one_launcher(cluster: Cluster) -> None:
    eventually(lambda: launchers(cluster, "pi") == (False, True), "one launcher is left")


def _namesakes(cluster: Cluster) -> None:
    cluster.install("mpi-operator-0.4.0")
    cluster.submit(mpijob("same", "team-a", workers=3))
    cluster.submit(mpijob("same", "team-b", workers=1))


def _workers_come_and_go(cluster: Cluster) -> None:
    """Watch workers of the larger job being made again and again."""
    seen: set[str] = set()

    def more_than_asked_for() -> bool:
        pods: list[Body] = cluster.admin.items("/api/v1/namespaces/team-a/pods")
        seen.update(p["metadata"]["uid"] for p in pods if "-worker-" in p["metadata"]["name"])
        return len(seen) > 4

    eventually(more_than_asked_for, "more workers were made than the job has", SETTLED)


def _stand_in(cluster: Cluster) -> None:
    """Run 0.8.0 for the patch release that the fix pins, of the same minor."""
    cluster.kubelet.images[NEWEST] = Program("mpi-operator-0.8.0", "/opt/mpi-operator")
