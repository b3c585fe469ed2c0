"""A control plane for one module alone: for what another test must not meet."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cluster import bed
from cluster.client import Client, eventually
from cluster.plane import RELEASE, Plane
from cluster.releases import definition
from cluster.sweep import CRDS

MPIJOBS = "/apis/kubeflow.org/v2beta1/mpijobs"


@contextmanager
def alone(folder: Path, release: str = RELEASE) -> Iterator[tuple[Plane, Client]]:
    """Start a control plane in *folder*, and stop it however its use ends.

    It skips the test where there are no programs to start.
    """
    bed.unshare()
    for name in ("etcd", f"kube-apiserver-{release}", f"kube-controller-manager-{RELEASE}"):
        bed.program(name)
    plane = Plane(folder, release)
    try:
        plane.start()
        with closing(plane.client()) as admin:
            yield plane, admin
    finally:
        plane.stop()


def define(admin: Client) -> None:
    """Define MPIJob as mpi-operator 0.8.0 does, and wait until it is served."""
    admin.create(CRDS, definition("mpi-operator-0.8.0"))
    eventually(lambda: admin.find(MPIJOBS), "MPIJobs are served")
