"""MPA034."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mpiaudit.checks.rbac import locks, rights
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.neighbour import Lease
from mpiaudit.inventory.rbac import Binding, Role
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA034",
    Severity.CRITICAL,
    remedy="Let mpi-operator get, create and update Leases in its lock namespace.",
    symptom_of=("MPA054",),
)
def lease_forbidden(
    controllers: tuple[Controller, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
    leases: tuple[Lease, ...],
    now: datetime | None = None,
) -> Iterator[Hit]:
    """mpi-operator may not write its Lease, so it never leads.

    Since 0.4 the lock is a Lease; the ClusterRole of an older install, kept over the upgrade,
    knows only Endpoints. The pod is Running and Ready, the log repeats "Error retrieving lease
    lock ... is forbidden", and every MPIJob stays without status, pods or events.

    Detected by the rights of its ServiceAccount: get, create and update on leases in the lock
    namespace, by a role there or a ClusterRole. Where the Lease exists, create is not asked for.

    Wrong when: roles and bindings were not read as whole lists (not judged), the lock namespace
    is unknown (not judged), another authorizer than RBAC grants the rights (a Lease that was
    renewed within the minute before the reading disproves it: not reported).

    Source: kubeflow/mpi-operator v0.8.0 cmd/mpi-operator/app/server.go:206-211 and
    manifests/base/cluster-role.yaml; v0.3.0 manifests/base/cluster-role.yaml has no leases.
    """
    for controller in controllers:
        space = controller.lock_namespace
        if controller.product != MPI_OPERATOR or not space or not rights.judged(controller):
            continue
        wanted = locks.wanted(locks.MPI_LOCK, space, leases)
        lacks = rights.missing(controller, wanted, space, roles, bindings)
        if not lacks or locks.renewed(locks.MPI_LOCK, space, leases, now):
            continue
        yield Hit(
            controller.at_flag("lock-namespace"),
            f"ServiceAccount {controller.namespace}/{rights.account(controller)} of "
            f"{controller.title} may not {locks.verbs(lacks)} leases in {space}",
            also=rights.places(controller, space, roles, bindings),
            effect="it never leads: Ready, but no MPIJob is reconciled",
            fix=rights.grant(controller, locks.ALL, space),
        )
