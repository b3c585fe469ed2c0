"""MPA041."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller import grounds
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory import program
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Hit, Severity, rule

SHARED = "mpi-operator"
"""The default of ``--lock-namespace`` in both programs, and the name of the lock.

kubeflow/mpi-operator v0.3.0 cmd/mpi-operator.v1/app/options/options.go:71 and
v2/cmd/mpi-operator/app/options/options.go.
"""

ONLY = (0, 3)
"""The one release line that has a program for v1 and one for v2beta1."""


@rule(
    "MPA041",
    Severity.HIGH,
    remedy="Migrate the v1 jobs and remove that program; a lock of its own would let both "
    "reconcile every job.",
)
def one_lock_for_two_versions(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """mpi-operator for v1 and mpi-operator for v2beta1 share a lock: only one of them works.

    The image of 0.3.0 has a program for each version, and both lock the Endpoints object
    ``mpi-operator`` in ``--lock-namespace``, which is ``mpi-operator`` unless set. Whichever comes
    first leads; the other is Ready, and idle until the first one ends. Which one that is changes
    with each restart, and with it the version in which jobs are run.

    Detected by two active Deployments of mpi-operator 0.3, of which one reads v1 and the other
    v2beta1, with one lock namespace.

    Wrong when: the lock namespace comes from a variable (not judged). Two manifests of one name
    are taken for versions of one Deployment (not reported); others may belong to different
    clusters (likely, not certain, unless they are in one file).

    Source: kubeflow/mpi-operator v0.3.0 cmd/mpi-operator.v1/app/server.go:57,213-217,
    cmd/mpi-operator.v1/app/options/options.go:71, v2/cmd/mpi-operator/app/server.go.
    """
    locked = [
        (c, lock)
        for c in controllers
        if c.product == MPI_OPERATOR and c.active and (lock := _lock(c)) is not None
    ]
    for old, lock in locked:
        rivals = [c for c, held in locked if held == lock and _shares(old, c)]
        if not rivals:
            continue
        rival = next((c for c in rivals if grounds.together(c, old)), rivals[0])
        yield Hit(
            old.at_flag("lock-namespace"),
            f"{old.ref} reconciles v1 and {rival.ref} v2beta1; both lock Endpoints {lock}/{SHARED}",
            also=tuple(c.at_flag("lock-namespace") for c in rivals),
            effect="one of them is idle, and jobs are run in the version of the other",
            confidence=None if grounds.together(rival, old) else Confidence.LIKELY,
        )


def _lock(controller: Controller) -> str | None:
    """Return the lock namespace of a program of 0.3; None for others, and where unknown."""
    release = controller.release
    if release is None or release.release[:2] != ONLY or controller.flags is None:
        return None
    given = controller.value("lock-namespace")
    return program.namespace(SHARED if given is None else given)


def _shares(old: Controller, other: Controller) -> bool:
    if grounds.one_object(old, other):
        return False
    return (old.reads, other.reads) == ("v1", "v2beta1")
