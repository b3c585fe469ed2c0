"""MPA096."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mpiaudit.checks.evidence import listing, surety
from mpiaudit.checks.job import gang
from mpiaudit.checks.semantics import held_to_v2beta1
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.inventory.job import Job
from mpiaudit.inventory.view import mapping
from mpiaudit.rule import Hit, Severity, rule

KUEUE_LABEL = "kueue.x-k8s.io/queue-name"

OF_VOLCANO = frozenset({"minAvailable", "queue", "minResources", "priorityClass"})
OF_OTHERS = frozenset({"minAvailable", "minResources", "scheduleTimeoutSeconds"})
"""The fields that reach the PodGroup, by the kind of PodGroup."""

ALL = OF_VOLCANO | OF_OTHERS


@rule(
    "MPA096",
    Severity.LOW,
    remedy="Start mpi-operator with --gang-scheduling, or remove the fields.",
)
def scheduling_policy_ignored(
    jobs: tuple[Job, ...], controllers: tuple[Controller, ...], crd: Crd | None = None
) -> Iterator[Hit]:
    """Fields of the schedulingPolicy that mpi-operator does not pass to any scheduler.

    Pods are started one by one, or without the queue and the priority that the job asks for.
    Without ``--gang-scheduling`` mpi-operator makes no PodGroup. With ``volcano`` it leaves out
    ``scheduleTimeoutSeconds``, with another scheduler ``queue`` and ``priorityClass``.

    Wrong when: Kueue queues the job, which reads ``priorityClass`` itself, the job is finished
    or runs as v1, or the controller that runs it, or its flags, are not known (none of them
    reported).

    Source: kubeflow/mpi-operator v0.8.0 pkg/controller/podgroup.go:98-140,212-260;
    kubernetes-sigs/kueue v0.10.0 pkg/controller/jobs/mpijob/mpijob_controller.go (PriorityClass).
    """
    for job in held_to_v2beta1(jobs, crd, controllers):
        policy = mapping(job.policy.get("schedulingPolicy"))
        operator = gang.operator_of(job, controllers) if policy else None
        if operator is None or job.finished or job.multikueue:
            continue
        lost = _lost(job, operator, policy)
        if not lost:
            continue
        places = [job.at("spec", "runPolicy", "schedulingPolicy", name) for name in lost]
        why = f"--{gang.FLAG}={operator.gang}" if operator.gang else f"no --{gang.FLAG}"
        yield Hit(
            places[0],
            f"schedulingPolicy sets {listing(lost)}; {operator.title} has {why}",
            also=(*places[1:], operator.at_flag(gang.FLAG)),
            confidence=surety(job, operator),
        )


def _lost(job: Job, operator: Controller, policy: Mapping[str, object]) -> list[str]:
    """Return the fields of *policy* that do nothing, in their order."""
    passed: frozenset[str] = frozenset()
    if operator.gang:
        passed = OF_VOLCANO if operator.gang == gang.VOLCANO else OF_OTHERS
    if KUEUE_LABEL in job.identity.labels:
        passed |= {"priorityClass"}
    return [n for n, v in policy.items() if n in ALL - passed and v not in (None, "", {})]
