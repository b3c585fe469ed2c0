"""The Leases by which the controllers elect a leader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mpiaudit.inventory.neighbour import Lease
from mpiaudit.inventory.rbac import Access

MPI_LOCK = "mpi-operator"
"""kubeflow/mpi-operator v0.4.0 cmd/mpi-operator/app/server.go:215."""

TRAINING_LOCK = "1ca428e5.training-operator.kubeflow.org"
"""kubeflow/training-operator v1.9.0 cmd/training-operator.v1/main.go."""

FRESH = timedelta(minutes=1)
"""A leader renews its Lease every few seconds; after 15 it has lost it."""

_GROUP = "coordination.k8s.io"

ALL = tuple(Access(verb, _GROUP, "leases") for verb in ("get", "create", "update"))
"""What an election takes, of any Lease."""


def wanted(name: str, namespace: str, leases: Iterable[Lease]) -> list[Access]:
    """Return what the election by one Lease takes: create only where it is not there yet."""
    there = any((lease.namespace, lease.name) == (namespace, name) for lease in leases)
    verbs = ("get", "update") if there else ("get", "create", "update")
    return [Access(v, _GROUP, "leases", "" if v == "create" else name) for v in verbs]


def renewed(name: str, namespace: str, leases: Iterable[Lease], now: datetime | None) -> bool:
    """Return whether somebody holds the Lease, and so may write it."""
    return now is not None and any(
        lease.renewed is not None and now - lease.renewed <= FRESH
        for lease in leases
        if (lease.namespace, lease.name) == (namespace, name)
    )


def verbs(lacks: Iterable[Access]) -> str:
    """Return ``get or update``."""
    return " or ".join(access.verb for access in lacks)
