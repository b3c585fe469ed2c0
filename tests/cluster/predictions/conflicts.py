"""Predictions about two controllers that act on the same jobs."""

# ruff: noqa: PLW0108 - the table stands above what it names

import json

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster
from cluster.container import Program
from cluster.jobs import mpijob, with_field
from cluster.predictions.row import (
    Row,
    but_mpijobs,
    ids,
    in_turn,
    offers,
    paste,
    reaches,
    serves_pytorch,
)
from cluster.releases import definition

ROWS = [
    Row(
        "MPA060 two controllers build two launchers of one job",
        in_turn(lambda c: both(c), lambda c: c.submit(mpijob("pi"))),
        ids("MPA004 MPA060"),
        lambda c: two_launchers(c),
        in_turn(paste("MPA060"), lambda c: alone(c), paste("MPA062")),
        in_turn(reaches("pi", "Running"), lambda c: one_launcher(c)),
        shows=ids("MPA062 MPA063 MPA064 MPA065 MPA066 MPA067"),
        stays=ids("MPA004 MPA067"),
    ),
    Row(
        "MPA028 training-operator runs MPIJob too, unless it lists its kinds without it",
        lambda c: both(c),
        ids("MPA028 MPA060"),
        in_turn(lambda c: c.submit(mpijob("pi")), lambda c: two_launchers(c)),
        in_turn(paste("MPA028"), lambda c: alone(c)),
        in_turn(
            serves_pytorch("beside"),
            lambda c: c.submit(mpijob("new")),
            reaches("new", "Running"),
            lambda c: _alone_on(c, "new"),
        ),
    ),
    Row(
        "MPA076 a status written in v1 takes managedFields and v2beta1's fields from a job",
        in_turn(lambda c: both(c), lambda c: _authored(c)),
        ids("MPA004 MPA060"),
        in_turn(lambda c: two_launchers(c), lambda c: _loses_its_fields(c)),
        in_turn(
            *(paste("MPA060"), lambda c: alone(c), lambda c: _deleted(c)),
            *(paste("MPA004"), lambda c: _authored(c)),
        ),
        lambda c: _keeps_its_fields(c),
        shows=ids("MPA076"),
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

KEYS = "/home/mpiuser/.ssh"
"""Where a job wants its keys; v1 has no such field."""

NEWEST = "docker.io/mpioperator/mpi-operator:0.8.2"
"""The image of MPA048's fix."""


def both(
    cluster: Cluster,
    operator: str = "mpi-operator-0.8.0",
    trainer: str = "training-operator-1.9.0",
) -> None:
    """Install two controllers on a CRD that serves both: v2beta1 of 0.8.0, and v1 of *trainer*."""
    crd = definition("mpi-operator-0.8.0")
    (legacy,) = definition(trainer)["spec"]["versions"]
    crd["spec"]["versions"].append({**legacy, "storage": False})
    cluster.apply([crd])
    cluster.install(operator, keep=but_mpijobs)
    cluster.install(trainer, keep=but_mpijobs)


def launchers(cluster: Cluster, name: str) -> tuple[bool, bool]:
    """Return whether a job has a launcher of training-operator, and one of mpi-operator."""
    launcher = f"{name}-launcher"
    return launcher in cluster.names("pods"), launcher in cluster.names("jobs", group="batch/v1")


def two_launchers(cluster: Cluster) -> None:
    """Wait until the job ``pi`` has two launchers, and Events of two controllers."""
    eventually(lambda: launchers(cluster, "pi") == (True, True), "both launchers are there")
    eventually(
        lambda: {"mpijob-controller", "mpi-job-controller"} <= sources(cluster, "pi"), "both say so"
    )


def sources(cluster: Cluster, name: str) -> set[str]:
    """Return the controllers that have sent Events about a job."""
    events = cluster.admin.items("/api/v1/namespaces/team-a/events")
    target = ("MPIJob", name)
    about = [e for e in events if _target(e) == target]
    return {e["source"].get("component", "") for e in about}


def _target(event: Body) -> tuple[str, str]:
    return event["involvedObject"]["kind"], event["involvedObject"]["name"]


def alone(cluster: Cluster) -> None:
    """Wait until training-operator has been replaced by one without MPIJob."""
    pods = "/api/v1/namespaces/kubeflow/pods"

    def replaced() -> bool:
        found = cluster.admin.items(pods)
        return len(found) == 1 and "args" in found[0]["spec"]["containers"][0]

    eventually(replaced, "the old training-operator is gone", SETTLED)


def one_launcher(cluster: Cluster) -> None:
    """Wait until the job ``pi`` has mpi-operator's launcher and no other."""
    eventually(lambda: launchers(cluster, "pi") == (False, True), "one launcher is left")


def _authored(cluster: Cluster) -> None:
    """Apply a job whose keys are mounted elsewhere, as kubectl does."""
    cluster.namespace("team-a")
    job = with_field(mpijob("pi"), KEYS, "spec", "sshAuthMountPath")
    cluster.kubectl("apply", "--validate=false", "-f", "-", stdin=json.dumps(job))


def _deleted(cluster: Cluster) -> None:
    """Delete the job while v1 is served: the children of v1 go with it only then."""
    cluster.admin.delete("/apis/kubeflow.org/v2beta1/namespaces/team-a/mpijobs/pi")
    eventually(lambda: not cluster.names("pods"), "the job is gone", SETTLED)


def _loses_its_fields(cluster: Cluster) -> None:
    """Wait until a status in v1 is written; the rule's fix shows what its author had applied."""
    eventually(lambda: "managedFields" not in cluster.job("pi")["metadata"], "no managedFields")
    assert cluster.job("pi")["spec"]["sshAuthMountPath"] == "/root/.ssh"
    (fix,) = offers(cluster, "MPA076")
    assert f"sshAuthMountPath: {KEYS}" in cluster.shell(fix)


def _keeps_its_fields(cluster: Cluster) -> None:
    cluster.reaches("pi", "Running")
    job = cluster.job("pi")
    assert {m["manager"] for m in job["metadata"]["managedFields"]} >= {"mpi-operator"}
    assert job["spec"]["sshAuthMountPath"] == KEYS


def _alone_on(cluster: Cluster, name: str) -> None:
    assert launchers(cluster, name) == (False, True)


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
