"""Predictions about a cluster where nobody takes the jobs, or their pods, or the rights to them."""

# ruff: noqa: PLW0108 - the table stands above what it names

from cluster.client import Body, eventually
from cluster.cluster import SETTLED, Cluster, fired
from cluster.jobs import mpijob
from cluster.predictions.row import (
    Row,
    but_mpijobs,
    flags,
    ids,
    in_turn,
    paste,
    reaches,
    runs_a_job,
    serves_pytorch,
    unnoticed,
)
from cluster.releases import definition

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/mpi-operator/leases/mpi-operator"
ACCOUNT = "system:serviceaccount:mpi-operator:mpi-operator"
OTHERS = flags("--enable-scheme=pytorchjob")
FLAGS = ("-alsologtostderr", "--lock-namespace=mpi-operator")

POD_GROUPS: Body = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "podgroups.scheduling.x-k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
    },
    "spec": {
        "group": "scheduling.x-k8s.io",
        "names": {"kind": "PodGroup", "plural": "podgroups"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
"""Named as by kubernetes-sigs/scheduler-plugins; its fields do not matter here."""

ROWS = [
    Row(
        "MPA029 MPA030 a job is accepted and waits where training-operator has left MPIJob",
        in_turn(lambda c: _left(c), lambda c: c.submit(mpijob("waits"))),
        ids("MPA029"),
        in_turn(serves_pytorch("beside"), unnoticed("waits")),
        lambda c: c.install("mpi-operator-0.8.0"),
        reaches("waits", "Running"),
    ),
    Row(
        "MPA042 no gang scheduler is called none",
        in_turn(
            lambda c: c.apply([POD_GROUPS]),
            lambda c: c.install("mpi-operator-0.8.0", edit=flags(*FLAGS, "--gang-scheduling=none")),
            lambda c: c.submit(mpijob("pi")),
        ),
        ids("MPA042"),
        lambda c: _scheduled_by(c, "pi", "none"),
        in_turn(paste("MPA042"), lambda c: _restarted(c)),
        in_turn(
            lambda c: c.submit(mpijob("after")),
            lambda c: _scheduled_by(c, "after", "default-scheduler"),
            reaches("after", "Running"),
        ),
    ),
    Row(
        "MPA051 whoever has the account of a controller that is gone has its rights",
        lambda c: c.install("mpi-operator-0.8.0", keep=lambda d: d["kind"] != "Deployment"),
        ids("MPA051"),
        lambda c: _may_make_pods(c, allowed=True),
        paste("MPA051"),
        in_turn(
            lambda c: _may_make_pods(c, allowed=False),
            lambda c: c.install("mpi-operator-0.8.0"),
            runs_a_job,
        ),
    ),
]


def _left(cluster: Cluster) -> None:
    """Install training-operator without MPIJob on the CRD of mpi-operator; nobody waits yet."""
    cluster.apply([definition("mpi-operator-0.8.0")])
    cluster.install("training-operator-1.9.0", edit=OTHERS, keep=but_mpijobs)
    assert "MPA030" in fired(cluster.scan())


def _scheduled_by(cluster: Cluster, job: str, scheduler: str) -> None:
    """Wait until *job* has its three pods, and see for which scheduler they are."""

    def schedulers() -> list[str]:
        pods = cluster.admin.items("/api/v1/namespaces/team-a/pods")
        own = [p for p in pods if p["metadata"]["name"].startswith(f"{job}-")]
        return [p["spec"]["schedulerName"] for p in own]

    eventually(lambda: len(schedulers()) == 3, f"{job} has three pods")
    assert schedulers() == [scheduler] * 3


def _restarted(cluster: Cluster) -> None:
    """Wait until the new mpi-operator is the only one, and end the old one's lease for it."""
    pods = "/api/v1/namespaces/mpi-operator/pods"

    def restarted() -> bool:
        containers = [p["spec"]["containers"][0] for p in cluster.admin.items(pods)]
        return [c["args"] for c in containers] == [list(FLAGS)]

    eventually(restarted, "mpi-operator is restarted", SETTLED)
    cluster.admin.delete(LEASE)


def _may_make_pods(cluster: Cluster, *, allowed: bool) -> None:
    """Wait until whoever has mpi-operator's ServiceAccount may make pods anywhere, or may not."""
    action = {"namespace": "default", "verb": "create", "resource": "pods"}
    question = {"spec": {"user": ACCOUNT, "resourceAttributes": action}}
    eventually(
        lambda: cluster.admin.create(REVIEWS, question)["status"]["allowed"] is allowed,
        f"{ACCOUNT} may make pods: {allowed}",
    )
