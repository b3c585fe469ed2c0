"""Controllers that act on the same MPIJobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.job import Job

OWN_NAME = {
    MPI_OPERATOR: "kubeflow.org/mpi-operator",
    TRAINING_OPERATOR: "kubeflow.org/training-operator",
}
"""The ``runPolicy.managedBy`` by which each product knows its own jobs.

kubeflow/mpi-operator v0.6.0 pkg/apis/kubeflow/v2beta1/types.go;
kubeflow/training-operator v1.9.0 pkg/apis/kubeflow.org/v1/common_types.go.
"""

HONOURS_SINCE = {MPI_OPERATOR: Version("0.6"), TRAINING_OPERATOR: Version("1.9")}
"""The release since which each product leaves jobs alone that are managed by another."""


def reading(controllers: Iterable[Controller], version: str) -> list[Controller]:
    """Return the active controllers that reconcile *version*."""
    return [c for c in controllers if c.active and c.reads == version]


def beside(controller: Controller, others: Iterable[Controller]) -> tuple[Controller, ...]:
    """Return those of *others* that watch a namespace which *controller* watches as well."""
    return tuple(o for o in others if o is not controller and controller.overlaps(o))


def scope(*controllers: Controller) -> str:
    """Return where all of *controllers* act, in words."""
    named = sorted({c.watches for c in controllers if c.watches})
    return f"namespace {named[0]}" if named else "all namespaces"


def honours(controller: Controller) -> bool | None:
    """Return whether it leaves jobs alone that another one manages; None where unknown."""
    if controller.release is None:
        return None
    since = HONOURS_SINCE.get(controller.product)
    return since is not None and Version(controller.release.base_version) >= since


def contested(job: Job, controllers: Iterable[Controller]) -> bool:
    """Return whether two different controllers may act on *job* today.

    A controller that may or may not reconcile MPIJobs counts.
    """
    present = [c for c in controllers if c.replicas > 0 and c.covers(job.namespace) is not False]
    if any(c.mpi_enabled is None for c in present):
        return True
    return len({(c.product, c.reads) for c in present if c.active}) > 1


def pairs(controllers: Iterable[Controller]) -> Iterator[tuple[Controller, tuple[Controller, ...]]]:
    """Yield each training-operator that reconciles MPIJobs, with the mpi-operators beside it."""
    active = [c for c in controllers if c.active]
    for controller in active:
        rivals = beside(controller, (c for c in active if c.product == MPI_OPERATOR))
        if controller.product == TRAINING_OPERATOR and rivals:
            yield controller, rivals
