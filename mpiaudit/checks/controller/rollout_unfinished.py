"""MPA230."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.facts.releases import TRAINER
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Fix, Hit, Severity, rule


@rule(
    "MPA230",
    Severity.LOW,
    remedy="Wait until the rollout has ended, and scan again.",
)
def rollout_unfinished(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """The controller is being rolled out: what runs is not yet what its manifest says.

    Until the new pod is ready the old one stays, and it keeps the lock until it ends: MPIJobs are
    worked on by the release from before. A rollout whose new pod never gets ready stays like this
    for good. What is said of this controller elsewhere is about the release that is coming.

    Detected by the counts in its status, as ``kubectl rollout status`` does.

    Wrong when: the status is from before the last change and nobody has looked since.

    Source: kubernetes/kubernetes v1.34.4
    staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go; seen with mpi-operator
    0.6.0 and 0.8.0 on Kubernetes 1.34.
    """
    for controller in controllers:
        if not controller.rolling or not controller.replicas or controller.product == TRAINER:
            continue
        former = " and ".join(controller.former)
        yield Hit(
            controller.at("status"),
            f"not all pods of {controller.title} are of the template in force"
            + (f"; ready ones run {former}" if former else ""),
            fix=Fix("waits until it has ended; changes nothing", _watch(controller)),
        )


def _watch(controller: Controller) -> str:
    workload = f"{controller.ref.kind.lower()}/{controller.name}"
    return f"kubectl -n {controller.namespace} rollout status {workload}"
