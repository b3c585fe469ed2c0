"""MPA033."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mpiaudit.checks.controller import repairs
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.neighbour import Lease, Namespace
from mpiaudit.rule import Confidence, Hit, Severity, rule

LOCK = "mpi-operator"
"""The name of the Lease, in every release since 0.4.

kubeflow/mpi-operator v0.4.0 cmd/mpi-operator/app/server.go:215.
"""

STALE = timedelta(seconds=60)
"""A leader renews its Lease every few seconds; after 15 it has lost it."""

STALE_IN_EXPORT = timedelta(minutes=15)
"""An export takes its time: the Lease may be read long before the last object."""


@rule(
    "MPA033",
    Severity.CRITICAL,
    remedy="Give --lock-namespace a namespace that exists and in which it may write Leases.",
    symptom_of=("MPA034", "MPA054"),
)
def mpi_operator_never_leads(
    controllers: tuple[Controller, ...],
    namespaces: tuple[Namespace, ...] = (),
    leases: tuple[Lease, ...] = (),
    now: datetime | None = None,
    listed: frozenset[str] = frozenset(),
) -> Iterator[Hit]:
    """mpi-operator cannot take its lock, so it reconciles nothing.

    Its pod is Running and Ready and answers on ``/healthz``, yet every MPIJob stays without status,
    pods or events. It waits for a Lease in ``--lock-namespace``, which is ``mpi-operator`` unless
    set, wherever the operator itself runs; ``manifests/base`` installs it into ``kubeflow`` and
    sets nothing. The log says ``namespaces "mpi-operator" not found`` every five seconds.

    Detected by a lock namespace that is not among the namespaces, or, where it exists, by a Ready
    operator whose Lease is absent or has not been renewed.

    Wrong when: the namespaces were not listed (not judged); the operator is not Ready, or less
    than a minute old (its Lease is not judged). A Lease is old by the operator's clock, which
    may be wrong (reported with less confidence).

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:206-211,
    cmd/mpi-operator/app/options/options.go:77, manifests/base/kustomization.yaml; seen with
    mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    present = {n.name for n in namespaces}
    for controller in controllers:
        lock = controller.lock_namespace
        if controller.product != MPI_OPERATOR or not controller.active or not lock:
            continue
        if "Namespace" in listed and lock not in present:
            yield Hit(
                controller.at_flag("lock-namespace"),
                f"{controller.title} in {controller.namespace} locks in namespace {lock}, "
                "which does not exist",
                effect=_EFFECT,
                fix=repairs.create_namespace(lock),
                confidence=None if controller.upstream else Confidence.LIKELY,
            )
        elif now and _settled(controller, now) and "Lease" in listed:
            yield from _unheld(controller, lock, leases, now)


_EFFECT = "it never leads: Ready, but no MPIJob is reconciled"


def _settled(controller: Controller, now: datetime) -> bool:
    """Return whether it has been Ready long enough to hold its lock."""
    created = controller.identity.created
    return bool(controller.ready and created and now - created > STALE)


def _unheld(
    controller: Controller, lock: str, leases: tuple[Lease, ...], now: datetime
) -> Iterator[Hit]:
    """Yield the hit where no one holds the Lease."""
    lease = next((x for x in leases if (x.namespace, x.name) == (lock, LOCK)), None)
    patience = STALE if controller.ref.live else STALE_IN_EXPORT
    if lease and (lease.renewed is None or now - lease.renewed <= patience):
        return
    if lease and lease.renewed:
        state = f"was last renewed at {lease.renewed:%Y-%m-%d %H:%M:%S} UTC"
    else:
        state = "does not exist"
    yield Hit(
        controller.at_flag("lock-namespace"),
        f"{controller.title} in {controller.namespace} is Ready, "
        f"but its Lease {lock}/{LOCK} {state}",
        also=(lease.at("spec", "renewTime"),) if lease else (),
        effect=_EFFECT,
        fix=repairs.may_lock(controller, lock),
        confidence=Confidence.LIKELY,
    )
