"""Predictions about the CRD: its stored versions, its age, its conversion and its end."""

# ruff: noqa: PLW0108 - the table stands above what it names

import pytest

from cluster.client import Body, RefusedError, eventually
from cluster.cluster import SETTLED, Cluster
from cluster.container import Program
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
from cluster.sweep import CRDS, MPIJOBS

CRD = f"{CRDS}/{MPIJOBS}"
MANAGED_BY = ("spec", "runPolicy", "managedBy")
JOB = "/apis/kubeflow.org/v2beta1/namespaces/team-a/mpijobs/{}"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/mpi-operator/leases/mpi-operator"
NEWEST = "docker.io/mpioperator/mpi-operator:0.8.2"
"""The image of the fixes of MPA020 and MPA052; 0.8.0 stands in for it."""

LATEST = "mpioperator/mpi-operator:latest"
UNCONVERTED = {"strategy": "None", "webhook": None}

ROWS = [
    Row(
        "MPA005 a CRD without what was once stored is refused",
        lambda c: _migrated(c),
        ids("MPA005"),
        in_turn(reaches("pi", "Running"), lambda c: _refused_without_v1(c)),
        paste("MPA005"),
        in_turn(lambda c: c.apply([definition("mpi-operator-0.8.0")]), runs_a_job),
    ),
    Row(
        "MPA010 mpi-operator 0.4.0 runs a job that is reserved for another cluster",
        lambda c: _old_on_new(c),
        ids("MPA010 MPA052"),
        in_turn(lambda c: c.submit(_elsewhere("taken")), reaches("taken", "Running")),
        in_turn(
            lambda c: _runs(c, NEWEST, "mpi-operator-0.8.0"),
            paste("MPA052"),
            lambda c: _replaced(c, NEWEST),
        ),
        in_turn(lambda c: c.submit(_elsewhere("left")), runs_a_job, unnoticed("left")),
    ),
    Row(
        "MPA020 the tag latest brings a release that is not that of the CRD",
        lambda c: _floating(c),
        ids("MPA020"),
        in_turn(
            says(MPI_OPERATOR, "Version: v0.4.0"),
            lambda c: _pulled(c),
            says(MPI_OPERATOR, "Version: v0.8.0"),
        ),
        in_turn(
            lambda c: _runs(c, NEWEST, "mpi-operator-0.8.0"),
            paste("MPA020"),
            lambda c: _replaced(c, NEWEST),
        ),
        in_turn(says(MPI_OPERATOR, "Version: v0.8.0"), runs_a_job),
    ),
    Row(
        "MPA013 a conversion webhook that is not there hides every job",
        in_turn(lambda c: _by_webhook(c), lambda c: c.submit(_legacy(mpijob("pi")))),
        ids("MPA013"),
        in_turn(says(MPI_OPERATOR, "conversion webhook for"), lambda c: _unseen(c, "pi")),
        lambda c: c.admin.merge(CRD, {"spec": {"conversion": UNCONVERTED}}),
        reaches("pi", "Running"),
    ),
    Row(
        "MPA014 a CRD that is being deleted takes no job",
        in_turn(lambda c: _held(c, "pi"), lambda c: c.admin.delete(CRD)),
        ids("MPA014"),
        lambda c: _takes_none(c),
        in_turn(paste("MPA014"), lambda c: _anew(c, "pi")),
        runs_a_job,
    ),
]


def _merged(*, stores: str) -> Body:
    """Return a CRD that serves v2beta1 of 0.8.0 and v1 of 1.9.0, and *stores* one of them."""
    crd = definition("mpi-operator-0.8.0")
    crd["spec"]["versions"] += definition("training-operator-1.9.0")["spec"]["versions"]
    for version in crd["spec"]["versions"]:
        version["storage"] = version["name"] == stores
    return crd


def _migrated(cluster: Cluster) -> None:
    """Install mpi-operator where v1 was stored, and leave an old job there."""
    cluster.apply([_merged(stores="v1")])
    cluster.submit(mpijob("pi"))
    cluster.apply([_merged(stores="v2beta1")])
    cluster.install("mpi-operator-0.8.0", keep=but_mpijobs)


def _refused_without_v1(cluster: Cluster) -> None:
    with pytest.raises(AssertionError, match=r"status.storedVersions\[0\]"):
        cluster.apply([definition("mpi-operator-0.8.0")])


def _old_on_new(cluster: Cluster) -> None:
    """Install mpi-operator 0.4.0 on the CRD of 0.8.0, which declares ``managedBy``."""
    cluster.apply([definition("mpi-operator-0.8.0")])
    cluster.install("mpi-operator-0.4.0", keep=but_mpijobs)


def _elsewhere(name: str) -> Body:
    """Return a job that MultiKueue runs in another cluster."""
    return with_field(mpijob(name), "kueue.x-k8s.io/multikueue", *MANAGED_BY)


def _floating(cluster: Cluster) -> None:
    """Install mpi-operator 0.4.0 under a tag that will move."""

    def edit(deployment: Body) -> None:
        deployment["spec"]["template"]["spec"]["containers"][0]["image"] = LATEST

    cluster.install("mpi-operator-0.4.0", edit=edit)
    _runs(cluster, LATEST, "mpi-operator-0.4.0")


def _pulled(cluster: Cluster) -> None:
    """Move the tag, and have the pod replaced, as on another node."""
    _runs(cluster, LATEST, "mpi-operator-0.8.0")
    (old,) = cluster.names("pods", "mpi-operator")
    cluster.admin.delete(f"/api/v1/namespaces/mpi-operator/pods/{old}")
    eventually(
        lambda: cluster.names("pods", "mpi-operator") not in (set(), {old}), "there is a new pod"
    )


def _replaced(cluster: Cluster, image: str) -> None:
    """Wait until the new mpi-operator is the only one, and end the old one's lease for it."""
    pods = "/api/v1/namespaces/mpi-operator/pods"

    def replaced() -> bool:
        images = [p["spec"]["containers"][0]["image"] for p in cluster.admin.items(pods)]
        return images == [image]

    eventually(replaced, "mpi-operator is replaced", SETTLED)
    cluster.admin.delete(LEASE)


def _runs(cluster: Cluster, image: str, release: str) -> None:
    """Have *image* run mpi-operator of *release*."""
    cluster.kubelet.images[image] = Program(release, "/opt/mpi-operator")


def _legacy(job: Body) -> Body:
    return {**job, "apiVersion": "kubeflow.org/v1"}


def _by_webhook(cluster: Cluster) -> None:
    """Install mpi-operator on a CRD that stores v1 and is converted by nobody."""
    service = {"namespace": "nowhere", "name": "converter"}
    webhook = {"clientConfig": {"service": service}, "conversionReviewVersions": ["v1"]}
    crd = _merged(stores="v1")
    crd["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    cluster.apply([crd])
    cluster.install("mpi-operator-0.8.0", keep=but_mpijobs)


def _unseen(cluster: Cluster, name: str) -> None:
    """Make sure that the job is there, and that nobody has done anything about it."""
    assert "status" not in cluster.job(name, version="v1")
    assert cluster.names("pods") == set()


def _held(cluster: Cluster, name: str) -> None:
    """Install mpi-operator, and submit a job that something holds."""
    cluster.install("mpi-operator-0.8.0")
    cluster.submit(with_field(mpijob(name), ["testbed/hold"], "metadata", "finalizers"))


def _takes_none(cluster: Cluster) -> None:
    """Watch the API server refuse a new job, and mpi-operator leave the old one alone."""
    cluster.logged(MPI_OPERATOR, "Started workers")
    path = JOB.format("").rstrip("/")
    with pytest.raises(RefusedError, match="custom resource definition is terminating"):
        cluster.admin.create(path, mpijob("new"))
    unnoticed("pi")(cluster)


def _anew(cluster: Cluster, name: str) -> None:
    """Let the held job go, and install the CRD anew."""
    assert f"name: {name}" in (cluster.folder / "mpijobs-backup.yaml").read_text()
    cluster.admin.merge(JOB.format(name), {"metadata": {"finalizers": None}})
    eventually(lambda: cluster.admin.find(CRD) is None, "the CRD is gone")
    cluster.apply([definition("mpi-operator-0.8.0")])
