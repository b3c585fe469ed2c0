"""MPA038."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mpiaudit.checks.rbac import locks, rights
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.neighbour import Lease
from mpiaudit.inventory.rbac import Binding, Role
from mpiaudit.rule import Hit, Severity, rule

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


@rule(
    "MPA038",
    Severity.CRITICAL,
    remedy="Add a Role for leases in training-operator's namespace, or drop --leader-elect.",
    symptom_of=("MPA054",),
)
def leader_elect_without_leases(
    controllers: tuple[Controller, ...],
    roles: tuple[Role, ...],
    bindings: tuple[Binding, ...],
    leases: tuple[Lease, ...],
    now: datetime | None = None,
) -> Iterator[Hit]:
    """training-operator elects a leader without the right to: it reconciles nothing.

    No release's ClusterRole allows Leases, so ``--leader-elect`` alone stops all its kinds. The
    process stays up and logs "Error retrieving lease lock" for ever, naming the Lease
    ``1ca428e5.training-operator.kubeflow.org``.

    Detected by the flag and the rights of its ServiceAccount: get, create and update on leases
    in its own namespace. Where the Lease exists, create is not asked for.

    Wrong when: a Role of its own grants it (not reported), MPIJob is turned off (not reported),
    roles and bindings were not read as whole lists (not judged), or another authorizer than RBAC
    grants the rights (a Lease renewed within the minute before the reading: not reported).

    Source: kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go:90-92 and
    manifests/base/rbac/role.yaml; seen with training-operator 1.9.0 on Kubernetes 1.34.
    """
    for controller in controllers:
        if controller.product != TRAINING_OPERATOR or not rights.judged(controller):
            continue
        if controller.value("leader-elect") not in _TRUE:
            continue
        space = controller.namespace
        wanted = locks.wanted(locks.TRAINING_LOCK, space, leases)
        lacks = rights.missing(controller, wanted, space, roles, bindings)
        if not lacks or locks.renewed(locks.TRAINING_LOCK, space, leases, now):
            continue
        yield Hit(
            controller.at_flag("leader-elect"),
            f"{controller.title} has --leader-elect; its ServiceAccount {space}/"
            f"{rights.account(controller)} may not {locks.verbs(lacks)} leases in {space}",
            also=rights.places(controller, space, roles, bindings),
            effect="it never leads: no job of any of its kinds is reconciled",
            fix=rights.grant(controller, locks.ALL, space),
        )
