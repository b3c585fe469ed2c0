"""MPA023."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks.controller.unknown_flags import unknown_flags
from mpiaudit.facts.releases import MPI_OPERATOR
from mpiaudit.inventory.controller import Controller
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA023",
    Severity.CRITICAL,
    remedy="Remove the flag, or use the release that has it.",
)
def mpi_operator_unknown_flag(controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """mpi-operator is given a flag that its release does not have.

    It prints its usage and exits with code 2, again and again, and no MPIJob is reconciled.
    Left-overs are the usual cause: ``--kubectl-delivery-image`` is gone from the v2beta1 program,
    ``--enable-gang-scheduling`` became ``--gang-scheduling=NAME`` in 0.2.3, ``--cluster-domain``
    came with 0.7.0. ``--kubeflow-namespace`` never existed: it is ``--namespace``, or the
    environment variable ``KUBEFLOW_NAMESPACE``.

    Detected by the table of flags of each release and program, klog's included; ``latest`` and
    ``master`` of upstream's image are taken for the newest.

    Wrong when: the image is a fork with flags of its own, or the tag names no release; then only
    flags that no release ever had are reported, with less confidence, and so it is in a Deployment
    without a namespace, the base of a kustomization that may set the tag. A node may still run an
    old ``latest`` (reported as a fault of the next pull). A newer release than those we know may
    have new flags, which are not reported.

    Source: kubeflow/mpi-operator v0.2.3, v0.3.0, v0.4.0, v0.7.0 and v0.8.0
    cmd/mpi-operator/app/options/options.go (v0.2.3 and v0.3.0: cmd/mpi-operator.v1); exit code 2
    seen with mpi-operator 0.8.0 on Kubernetes 1.34.
    """
    for controller in controllers:
        if controller.product == MPI_OPERATOR:
            yield from unknown_flags(controller)
