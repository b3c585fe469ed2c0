"""MPA024."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller.unknown_flags import unknown_flags
from mpiaudit.facts.releases import TRAINING_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA024",
    Severity.CRITICAL,
    remedy="Remove the flag, or use the release that has it.",
)
def training_operator_unknown_flag(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """training-operator is given a flag that its release does not have.

    It prints its usage and exits with code 2, again and again: MPIJob v1 is down, and with it
    PyTorchJob, TFJob and every other kind it serves. Arguments that outlive an image are the usual
    cause: ``--enable-gang-scheduling`` ended with 1.5, ``--monitoring-port`` with 1.7, the
    ``--webhook-*`` flags came with 1.8 and ``--kube-api-qps`` with 1.9.1.

    Detected by the table of flags of each release, controller-runtime's ``--zap-*`` included.

    Wrong when: the image is a fork with flags of its own, or the tag names no release; then only
    flags that no release ever had are reported, with less confidence. A newer release than those
    we know may have new flags, which are not reported.

    Source: kubeflow/training-operator v1.5.0 to v1.9.0 and kubeflow/trainer v1.9.4
    cmd/training-operator.v1/main.go:88-118; exit code 2 seen with training-operator 1.9.0 on
    Kubernetes 1.34.
    """
    for controller in controllers:
        if controller.product == TRAINING_OPERATOR:
            yield from unknown_flags(controller)
