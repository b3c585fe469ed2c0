"""MPA039."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller import grounds, repairs
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Hit, Severity, rule

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


@rule("MPA039", Severity.CRITICAL, remedy="Run one replica, or turn leader election on.")
def replicas_without_election(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """training-operator runs several replicas without leader election.

    Leader election is off unless ``--leader-elect`` is given, so every replica reconciles every
    job. They race for the same pods, count restarts and failures each for itself, and overwrite
    one another's status.

    Detected by ``spec.replicas``, not by the number of pods, which a rollout raises for a while.

    Wrong when: leader election is on, or the flags are unknown (not reported); MPIJob is turned
    off, for then the replicas only race for other kinds (not reported).

    Source: kubeflow/trainer v1.9.4 cmd/training-operator.v1/main.go:90-92 (default false); no
    release's manifests/base/rbac/role.yaml allows Leases, so turning it on takes a Role as well.
    """
    for controller in controllers:
        if controller.product != TRAINING_OPERATOR or not controller.active:
            continue
        if controller.replicas < 2 or controller.flags is None:  # noqa: PLR2004 - one is no race
            continue
        if controller.value("leader-elect") in _TRUE:
            continue
        yield Hit(
            controller.at("spec", "replicas"),
            f"{controller.title} has {controller.replicas} replicas and no --leader-elect",
            also=(controller.in_container("args"),),
            effect="every replica reconciles every job",
            fix=repairs.one_replica(controller),
            confidence=grounds.sureness(controller),
        )
