"""MPA061."""

from __future__ import annotations

from collections.abc import Iterator

from mpiaudit.checks import evidence, fixes
from mpiaudit.checks.conflict import rivals
from mpiaudit.inventory.controller import Controller
from mpiaudit.inventory.crd import Crd
from mpiaudit.rule import Hit, Severity, rule


@rule(
    "MPA061",
    Severity.CRITICAL,
    remedy="Remove the mpi-operator that works on v1: training-operator has MPIJob since 1.4.",
)
def two_v1_controllers(crd: Crd | None, controllers: tuple[Controller, ...]) -> Iterator[Hit]:
    """mpi-operator and training-operator both reconcile MPIJob v1.

    Kubeflow 1.5 moved MPIJob into training-operator; an upgrade from 1.4 that leaves
    ``apps/mpi-job`` behind keeps the old operator. Both make children of the same names, so
    each exists once, made by whoever was faster; either may write the status, and mpi-operator
    sends the Event MPIJobRunning again and again. Nothing locks one of them out.

    Found from the programs: mpi-operator's ``/opt/mpi-operator.v1`` and a training-operator
    with MPIJob enabled, in a common namespace, over a CRD that serves v1.

    Wrong when: training-operator is 1.3, which has no MPIJob, as in Kubeflow 1.4 (not
    reported), one is scaled to 0, or they watch different namespaces. Manifests may not be
    applied together: likely, then.

    Source: kubeflow/mpi-operator v0.3.0 Dockerfile (the binary of v1), kubeflow/training-operator
    v1.4.0 pkg/controller.v1/register_controller.go:37; seen with mpi-operator 0.3.0 and
    training-operator 1.7.0 on Kubernetes 1.34: eleven such Events in six seconds. Warnings that a
    pod "already exists" come from both, but from training-operator alone as well.
    """
    if crd is None or "v1" not in crd.served:
        return
    for controller, others in rivals.pairs(controllers):
        for operator in (o for o in others if o.reads == "v1"):
            yield Hit(
                operator.in_container(),
                f"{operator.title} and {controller.title} ({fixes.why_enabled(controller)}) both "
                f"reconcile v1 in {rivals.scope(operator, controller)}",
                also=(controller.in_container(), crd.at("spec", "versions")),
                effect="both write the children and the status of every MPIJob",
                fix=fixes.stop(operator, f"MPIJob stays with {controller.title}"),
                confidence=evidence.surety(crd, operator, controller),
            )
