"""MPA032."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import fixes
from mpiaudit.checks.controller import grounds
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.model import Location
from mpiaudit.rule import Confidence, Hit, Severity, rule


@rule("MPA032", Severity.HIGH, remedy="Keep one mpi-operator, or give both one lock namespace.")
def two_leaders(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """Two mpi-operators watch the same namespaces and both lead.

    The lock is a Lease in ``--lock-namespace``, so two installations with different lock namespaces
    do not see each other. Both reconcile every MPIJob: children exist once, but each event comes
    twice, and jobs that are fine get ``MPIJobFailed`` warnings that end in "already exists".
    Installing the second also replaces the ClusterRole and the binding that the first one uses.

    Detected by the lock namespaces and the scopes of all active mpi-operators of v2beta1.

    Wrong when: both have one lock namespace, which is how two stand by for each other, or watch
    different namespaces (not reported). Two manifests of one name are taken for overlays or
    versions of one Deployment (not reported); other manifests may belong to different clusters
    (reported with less confidence unless they are in one file).

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:206-211 and
    cmd/mpi-operator/app/options/options.go:77; seen with two mpi-operators 0.8.0 on Kubernetes
    1.34.
    """
    leaders = [
        c
        for c in controllers
        if c.product == MPI_OPERATOR and c.active and c.lock_namespace is not None
    ]
    for index, controller in enumerate(leaders):
        rivals = [c for c in leaders[:index] if _rivals(c, controller)]
        if not rivals:
            continue
        rival = next((c for c in rivals if grounds.together(c, controller)), rivals[0])
        yield Hit(
            _lock(controller),
            f"{_named(controller)} and {_named(rival)} both watch "
            f"{controller.watches or rival.watches or 'every namespace'}",
            also=tuple(_lock(c) for c in rivals),
            effect="both lead: every MPIJob is reconciled twice",
            fix=fixes.stop(controller, f"{rival.ref} goes on alone"),
            confidence=None
            if grounds.together(rival, controller) and rival.release and controller.release
            else Confidence.LIKELY,
        )


def _rivals(one: Controller, other: Controller) -> bool:
    if grounds.one_object(one, other):
        return False
    return one.lock_namespace != other.lock_namespace and one.overlaps(other)


def _lock(controller: Controller) -> Location:
    """Return what sets the lock namespace: the flag, or the container that leaves it out."""
    return controller.at_flag("lock-namespace")


def _named(controller: Controller) -> str:
    return f"{controller.ref} (locks in {controller.lock_namespace})"
