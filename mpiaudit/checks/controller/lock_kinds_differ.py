"""MPA040."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from mpiaudit.checks import fixes
from mpiaudit.checks.controller import grounds
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Hit, Severity, rule

LEASES_SINCE = Version("0.4")
"""Before it the lock is an Endpoints object of the same name.

kubeflow/mpi-operator v0.3.0 v2/cmd/mpi-operator/app/server.go, v0.4.0
cmd/mpi-operator/app/server.go.
"""


@rule("MPA040", Severity.HIGH, remedy="Remove the older mpi-operator.")
def lock_kinds_differ(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """mpi-operator 0.3 and a later one both lead: their locks are of different kinds.

    0.3 locks an Endpoints object and every later release a Lease, both called ``mpi-operator``.
    So neither sees the other, whatever ``--lock-namespace`` says, and both reconcile every MPIJob
    of v2beta1. It comes of an install beside the old one instead of over it, as from namespace
    ``kubeflow`` to ``mpi-operator``.

    Detected by the releases and scopes of two active mpi-operators that both read v2beta1. One
    that reads v1 beside one that reads v2beta1 is another finding.

    Wrong when: they watch different namespaces, or one is scaled to 0 (not reported). Two
    manifests of one name are taken for versions of one Deployment (not reported); others may
    belong to different clusters (likely, not certain, unless they are in one file).

    Source: kubeflow/mpi-operator v0.3.0 v2/cmd/mpi-operator/app/server.go (``EndpointsLock``),
    v0.4.0 cmd/mpi-operator/app/server.go (``LeaseLock``); seen with the v1 program of 0.3.0 and
    mpi-operator 0.8.0 on Kubernetes 1.34, which held both locks at once.
    """
    leaders = [
        c
        for c in controllers
        if c.product == MPI_OPERATOR and c.active and c.release and c.reads == "v2beta1"
    ]
    for old in leaders:
        rivals = [c for c in leaders if _rivals(old, c)]
        if not rivals:
            continue
        rival = next((c for c in rivals if grounds.together(c, old)), rivals[0])
        yield Hit(
            old.in_container("image"),
            f"{old.ref} is {old.title} and locks Endpoints; {rival.ref} is {rival.title} "
            "and locks a Lease",
            also=tuple(c.in_container("image") for c in rivals),
            effect="both lead: every MPIJob is reconciled twice",
            fix=fixes.stop(old, f"{rival.ref} goes on alone"),
            confidence=None
            if grounds.together(rival, old) and rival.upstream and old.upstream
            else Confidence.LIKELY,
        )


def _rivals(old: Controller, other: Controller) -> bool:
    """Return whether *old* is of 0.3, and *other* a later one that watches what it watches."""
    if old.release is None or other.release is None or grounds.one_object(old, other):
        return False
    return old.release < LEASES_SINCE <= other.release and old.overlaps(other)
