"""Controllers that act on the same MPIJobs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.version import Version

from mpiaudit.facts.releases import MPI_OPERATOR, TRAINING_OPERATOR
from mpiaudit.inventory import program
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

LOCK = "mpi-operator"
"""The default of mpi-operator's ``--lock-namespace``, and the name of its lock.

kubeflow/mpi-operator v0.3.0 cmd/mpi-operator.v1/app/options/options.go:71 and
v2/cmd/mpi-operator/app/options/options.go.
"""

LOCKS_ENDPOINTS = (0, 3)
"""The one release line that has a program for v1 and one for v2beta1; both lock Endpoints.

kubeflow/mpi-operator v0.3.0 cmd/mpi-operator.v1/app/server.go:213-217 and
v2/cmd/mpi-operator/app/server.go:210-214.
"""


def reading(controllers: Iterable[Controller], version: str) -> list[Controller]:
    """Return the active controllers that reconcile *version*."""
    return [c for c in controllers if c.active and c.reads == version]


def beside(controller: Controller, others: Iterable[Controller]) -> tuple[Controller, ...]:
    """Return those of *others* that watch a namespace which *controller* watches as well."""
    return tuple(o for o in others if o is not controller and controller.overlaps(o))


def endpoints_lock(controller: Controller) -> str | None:
    """Return the namespace in which a program of mpi-operator 0.3 locks Endpoints.

    None for every other program, and where that namespace is unknown.
    """
    release = controller.release
    if controller.product != MPI_OPERATOR or release is None or controller.flags is None:
        return None
    if release.release[:2] != LOCKS_ENDPOINTS:
        return None
    given = controller.value("lock-namespace")
    return program.namespace(LOCK if given is None else given)


def in_turn(one: Controller, other: Controller) -> bool:
    """Return whether a lock that both take keeps them from working at one time."""
    lock = endpoints_lock(one)
    return lock is not None and lock == endpoints_lock(other)


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
