"""MPA041."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.conflict import rivals
from mpiaudit.checks.controller import grounds
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Confidence, Hit, Severity, rule


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
    cmd/mpi-operator.v1/app/options/options.go:71, v2/cmd/mpi-operator/app/server.go:210-214; seen
    with both programs of 0.3.0 on Kubernetes 1.34.
    """
    for old in controllers:
        held = [c for c in controllers if _idles(old, c)]
        if not held:
            continue
        rival = next((c for c in held if grounds.together(c, old)), held[0])
        yield Hit(
            old.at_flag("lock-namespace"),
            f"{old.ref} reconciles v1 and {rival.ref} v2beta1; both lock Endpoints "
            f"{rivals.endpoints_lock(old)}/{rivals.LOCK}",
            also=tuple(c.at_flag("lock-namespace") for c in held),
            effect="one of them is idle, and jobs are run in the version of the other",
            confidence=None if grounds.together(rival, old) else Confidence.LIKELY,
        )


def _idles(old: Controller, other: Controller) -> bool:
    """Return whether *old*, for v1, and *other*, for v2beta1, hold each other up."""
    if grounds.one_object(old, other) or not (old.active and other.active):
        return False
    return (old.reads, other.reads) == ("v1", "v2beta1") and rivals.in_turn(old, other)
